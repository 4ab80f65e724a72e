package wire

import (
	"errors"

	"github.com/creachadair/jrpc2"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// The codes that tell the agent's own errors from those of the protocol.
const (
	CodeFailed      jrpc2.Code = 1
	CodeUnsupported jrpc2.Code = 2
)

// Error puts an error into a form that arrives as the same kind of error.
func Error(err error) error {
	if unsupported, ok := errors.AsType[*fault.UnsupportedError](err); ok {
		return jrpc2.Errorf(CodeUnsupported, "%s", err).WithData(unsupported)
	}
	return jrpc2.Errorf(CodeFailed, "%s", err)
}
