package network

import (
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// delay holds packets back. netem and the user-space path do it equally well, but netem
// needs less processor time.
type delay struct{ fault.DelayFault }

var _ packetFault = delay{}

func (d delay) paths() []dataPath {
	return []dataPath{
		netemPath{tc.Netem{Delay: d.Delay, Jitter: d.Jitter}},
		userSpacePath{delay: d.Delay, jitter: d.Jitter},
	}
}

func (d delay) preference() uint16 { return holdPreference }

func (d delay) clash(other packetFault) string {
	if takesDataPath(other) {
		return "would delay the same packets as"
	}
	return ""
}

func (d delay) seed() (uint64, bool) { return d.Seed, d.Jitter > 0 }

// effect is true after the first packet has left. Until then all packets are held, and may
// still be lost.
func (d delay) effect(_ classifier.Counters, carried pathCounts) (bool, string) {
	return carried.sent > 0, "delayed"
}
