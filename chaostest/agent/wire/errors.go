package wire

import (
	"errors"

	"github.com/creachadair/jrpc2"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// The codes of the agent's errors. The protocol's errors have other codes.
const (
	CodeFailed      jrpc2.Code = 1
	CodeUnsupported jrpc2.Code = 2
)

// Error encodes an error for the host, so that the host can return an error of the same
// kind.
func Error(err error) error {
	if unsupported, ok := errors.AsType[*fault.UnsupportedError](err); ok {
		return jrpc2.Errorf(CodeUnsupported, "%s", err).WithData(unsupported)
	}
	return jrpc2.Errorf(CodeFailed, "%s", err)
}
