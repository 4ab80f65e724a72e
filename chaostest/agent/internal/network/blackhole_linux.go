package network

import (
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// blackHole drops packets in the classifier. It works on any kind of link.
type blackHole struct{ fault.BlackHoleFault }

var _ packetFault = blackHole{}

func (blackHole) paths() []dataPath { return []dataPath{classifierAlone{classifier.Lose}} }

func (blackHole) preference() uint16 { return losePreference }

// clash is always empty: a dropped packet meets no other fault.
func (blackHole) clash(packetFault) string { return "" }

func (blackHole) seed() (uint64, bool) { return 0, false }

func (blackHole) effect(classifier.Counters, pathCounts) (bool, string) {
	return true, "lost in the black hole"
}
