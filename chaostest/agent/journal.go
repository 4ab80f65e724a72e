package agent

import (
	"encoding/json"

	"github.com/creachadair/jrpc2/channel"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
)

// journaling takes the agent's undo steps out of what it says, in order: a step
// is written down when the answer that comes after it is read.
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
		var said struct {
			Method string           `json:"method"`
			Params wire.JournalStep `json:"params"`
		}
		// What cannot be read is the protocol's to complain of.
		if json.Unmarshal(message, &said) != nil || said.Method != wire.NotifyJournal {
			return message, nil
		}
		j.write(said.Params)
	}
}
