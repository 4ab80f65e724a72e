package look

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
)

// Failure is an error of the prober: it could not ask the service.
type Failure struct{ Err error }

// Error is the text of the error inside.
func (f Failure) Error() string { return f.Err.Error() }

// Unwrap returns the error inside.
func (f Failure) Unwrap() error { return f.Err }

// Classify returns how the service failed. It is false if the error is not the service's
// but the prober's: it could not look.
func Classify(err error) (Class, bool) {
	if _, ok := errors.AsType[Failure](err); ok {
		return "", false
	}
	for _, ours := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, ours) {
			return "", false // this process or machine is out of sockets or memory
		}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return TimedOut, true
	}
	for _, c := range []struct {
		err   error
		class Class
	}{
		{syscall.ECONNREFUSED, Refused},
		{syscall.ECONNRESET, Reset},
		{syscall.ECONNABORTED, Reset},
		{syscall.EPIPE, Reset},
		{io.EOF, Reset},
		{io.ErrUnexpectedEOF, Reset},
		{syscall.EHOSTUNREACH, Unreachable},
		{syscall.ENETUNREACH, Unreachable},
		{syscall.EHOSTDOWN, Unreachable},
	} {
		if errors.Is(err, c.err) {
			return c.class, true
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return Unreachable, true
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return "", false // the network's answers are above; the rest comes from this machine
	}
	return Garbled, true
}
