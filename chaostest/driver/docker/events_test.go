package docker

import "testing"

func TestAStopSignalHasSeveralSpellings(t *testing.T) {
	for name, want := range map[string]int{"SIGQUIT": 3, "QUIT": 3, "sigterm": 15, "9": 9, "SIGRTMIN+3": 37, "": 0, "SIGODD": 0} {
		if got := signalNumber(name); got != want {
			t.Errorf("%q is %d, want %d", name, got, want)
		}
	}
}
