package look

import "net/http"

// Class is how a look ended. The classes are stable, because records have them.
type Class string

// The classes of looks.
const (
	// OK: the service answered as expected.
	OK Class = "ok"
	// TimedOut: there was no complete answer within the probe's timeout.
	TimedOut Class = "timeout"
	// Refused: nothing listens on the port.
	Refused Class = "refused"
	// Reset: the connection was reset or closed before the answer was complete.
	Reset Class = "reset"
	// Unreachable: there is no route to the service, or its name does not resolve.
	Unreachable Class = "unreachable"
	// Status3xx to Status5xx: an unexpected HTTP status, by its first digit.
	// StatusOther is any other unexpected status, such as 204 instead of 200.
	Status3xx   Class = "status 3xx"
	Status4xx   Class = "status 4xx"
	Status5xx   Class = "status 5xx"
	StatusOther Class = "status other"
	// Garbled: the answer breaks the protocol.
	Garbled Class = "garbled"
	// ExitCode: the command ended with an exit code other than 0.
	ExitCode Class = "exit code"
	// NotRunning: the service's container does not run.
	NotRunning Class = "not running"
)

// OfStatus is the class of an HTTP status that was not expected.
func OfStatus(code int) Class {
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
