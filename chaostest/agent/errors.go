package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/creachadair/jrpc2"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// ErrGone is what an error is when the agent no longer answers.
var ErrGone = errors.New("the agent is gone")

// codeFailed and codeUnsupported tell the agent's own errors from those of the
// protocol.
const (
	codeFailed      jrpc2.Code = 1
	codeUnsupported jrpc2.Code = 2
)

// WireError puts an error into a form that arrives as the same kind of error.
func WireError(err error) error {
	if unsupported, ok := errors.AsType[*fault.UnsupportedError](err); ok {
		return jrpc2.Errorf(codeUnsupported, "%s", err).WithData(unsupported)
	}
	return jrpc2.Errorf(codeFailed, "%s", err)
}

// explain turns what the protocol says into what happened.
func (c *Client) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	wire, ok := errors.AsType[*jrpc2.Error](err)
	switch {
	case !ok || wire.Code == jrpc2.Cancelled:
		gone := fmt.Errorf("%w (%w): was its container killed, or is the Docker Engine gone? Faults end with their lease, after %s", ErrGone, err, Lease)
		if said := strings.TrimSpace(c.conn.Diagnostics()); said != "" {
			gone = fmt.Errorf("%w; its last words: %s", gone, said)
		}
		return gone
	case wire.Code == codeUnsupported:
		var unsupported fault.UnsupportedError
		if json.Unmarshal(wire.Data, &unsupported) == nil {
			return &unsupported
		}
	}
	return errors.New(wire.Message)
}
