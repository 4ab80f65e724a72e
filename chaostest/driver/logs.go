package driver

import "time"

// LogLine is a line that a container has written to its standard output or error.
type LogLine struct {
	// Time is on the clock of this process.
	Time time.Time
	// Text is without the end of the line.
	Text string
}

// LongestLogLine is how many bytes of a line a driver reads. It leaves out the rest.
const LongestLogLine = 4096
