package look

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Settle is how long a new TCP connection is watched for being closed. An engine's proxy
// accepts connections to a published port, and closes them if nothing listens in the
// container. That takes well below a millisecond.
const Settle = 50 * time.Millisecond

// tcp connects once, and closes the connection. The latency does not include Settle.
func (l *Looker) tcp(ctx context.Context, address string, a *Answer) error {
	began := time.Now()
	connection, err := l.dial(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close() //nolint:errcheck // nothing was written that a failing close could lose
	stood := time.Now()
	if err := connection.SetReadDeadline(stood.Add(Settle)); err != nil {
		return Failure{err}
	}
	_, err = connection.Read(make([]byte, 1))
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		a.Class, a.Detail = Reset, fmt.Sprintf("connected, and closed at once (%v): does anything listen?", err)
		return nil
	}
	a.Class, a.Detail, a.Latency, a.Complete = OK, "connected", stood.Sub(began), true
	return nil
}
