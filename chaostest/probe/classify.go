package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
)

// lookError is an error of the probe: it could not ask the service.
type lookError struct{ error }

func (e lookError) Unwrap() error { return e.error }

// classify returns how the service failed. It is false if the error is not the
// service's but the probe's own: it could not look.
func classify(err error) (Class, bool) {
	if _, ok := errors.AsType[lookError](err); ok {
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

// classifyStatus is the class of an HTTP status that was not expected.
func classifyStatus(code int) Class {
	switch code / 100 {
	case http.StatusMultipleChoices / 100:
		return Status3xx
	case http.StatusBadRequest / 100:
		return Status4xx
	case http.StatusInternalServerError / 100:
		return Status5xx
	}
	return StatusOther
}
