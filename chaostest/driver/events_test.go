package driver_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

func TestAnEventSaysWhatIsKnown(t *testing.T) {
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.Local)
	for want, e := range map[string]driver.Event{
		"signal 15 at 12:00:00.000":                   {Kind: driver.EventSignalled, Signal: 15, Stops: true},
		"told to stop at 12:00:00.000":                {Kind: driver.EventSignalled, Stops: true},
		"signalled at 12:00:00.000":                   {Kind: driver.EventSignalled},
		"exit code 3 at 12:00:00.000":                 {Kind: driver.EventEnded, ExitCode: 3},
		"connected to front at 12:00:00.000":          {Kind: driver.EventConnected, Network: "front"},
		"disconnected from a network at 12:00:00.000": {Kind: driver.EventDisconnected},
		"paused at 12:00:00.000":                      {Kind: driver.EventPaused},
	} {
		e.Time = at
		NewWithT(t).Expect(e.String()).To(Equal(want))
	}
}
