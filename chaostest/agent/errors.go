package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/creachadair/jrpc2"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// errGone is in an error when the agent no longer answers.
var errGone = errors.New("the agent is gone")

// explain turns what the protocol says into what happened.
func (c *Client) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	answer, ok := errors.AsType[*jrpc2.Error](err)
	switch {
	case !ok || answer.Code == jrpc2.Cancelled:
		gone := fmt.Errorf("%w (%w): was its container killed, or is the Docker Engine gone? Faults end with their lease, after %s", errGone, err, wire.Lease)
		if said := strings.TrimSpace(c.conn.Diagnostics()); said != "" {
			gone = fmt.Errorf("%w; its last words: %s", gone, said)
		}
		return gone
	case answer.Code == wire.CodeUnsupported:
		var unsupported fault.UnsupportedError
		if json.Unmarshal(answer.Data, &unsupported) == nil {
			return &unsupported
		}
	}
	return errors.New(answer.Message)
}
