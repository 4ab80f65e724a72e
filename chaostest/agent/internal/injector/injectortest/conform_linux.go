package injectortest

import (
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Conform checks that a fault does what every fault must do.
func Conform(t *testing.T, handlers Handlers, f fault.Fault) {
	needSupport(t, handlers, f)
	for name, check := range map[string]func(*subject, fault.Fault){
		"reverted, twice":                  revertedTwice,
		"refused":                          refused,
		"canceled before it begins":        canceledBefore,
		"canceled at its first step":       canceledHalfWay,
		"not applied without an undo step": unwritten,
		"its lease lapses":                 lapsed,
		"the target dies":                  targetDied,
		"the agent is killed":              agentKilled,
		"applied twice":                    func(s *subject, f fault.Fault) { overlapping(s, f, f) },
		"its lease is renewed":             renewed,
	} {
		t.Run(name, func(t *testing.T) { check(newSubject(t, handlers, f), f) })
	}
	if onPackets(f) {
		for name, check := range map[string]func(*subject, fault.Fault){
			"somebody removes it":               removed,
			"its network leaves and comes back": reconnected,
			"another agent applies it":          metAnother,
		} {
			t.Run(name, func(t *testing.T) { check(newSubject(t, handlers, f), f) })
		}
	}
	for _, entry := range fault.Catalogue {
		if onPackets(entry.Example) != onPackets(f) || entry.Kind == f.Kind() {
			continue
		}
		t.Run("before a "+string(entry.Kind), func(t *testing.T) { overlapping(newSubject(t, handlers, f), f, entry.Example) })
	}
}
