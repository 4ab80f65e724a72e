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

// errGone is wrapped by errors of calls to an agent that no longer answers.
var errGone = errors.New("the agent is gone")

// explain turns an error of the protocol into one that says what happened.
func (c *Client) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	answer, ok := errors.AsType[*jrpc2.Error](err)
	switch {
	case !ok || answer.Code == jrpc2.Cancelled:
		gone := fmt.Errorf("%w (%w): was its container killed, or is the Docker Engine gone? Faults end with their lease, after %s", errGone, err, wire.Lease)
		if output := strings.TrimSpace(c.conn.Diagnostics()); output != "" {
			gone = fmt.Errorf("%w; its last output: %s", gone, output)
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
