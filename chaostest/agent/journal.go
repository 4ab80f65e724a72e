package agent

import (
	"encoding/json"

	"github.com/creachadair/jrpc2/channel"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
)

// journaling takes the undo steps out of the agent's messages, in order. A step is recorded
// before the answer that follows it is read.
type journaling struct {
	channel.Channel
	write func(wire.JournalStep)
}

// Recv returns the next message that is not an undo step.
func (j journaling) Recv() ([]byte, error) {
	for {
		message, err := j.Channel.Recv()
		if err != nil {
			return message, err
		}
		var notification struct {
			Method string           `json:"method"`
			Params wire.JournalStep `json:"params"`
		}
		// The protocol reports a message that cannot be read.
		if json.Unmarshal(message, &notification) != nil || notification.Method != wire.NotifyJournal {
			return message, nil
		}
		j.write(notification.Params)
	}
}
