package network

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// dataPath is a way to handle packets, with what it does to them. A new data path is one
// file with such a value. Faults name the data paths that can carry them.
type dataPath interface {
	// name is the path's name in attestations and, if a user can force it, in requests.
	name() string
	// obstacle says why an injection cannot take the path, or is nil. It changes nothing.
	obstacle(i *injection, can capabilities, links []tc.Link) (*obstacle, error)
	// open makes the path for an interception. It records each undo step in advance, sets
	// what the interception must know of the path, and returns what the classifier does with
	// a packet that matches.
	open(i *injection, at *interception) (classifier.Outcome, error)
}

// pathCounts counts what became of the packets on a data path.
type pathCounts struct{ sent, held, lost uint64 }

func (a pathCounts) plus(b pathCounts) pathCounts {
	return pathCounts{sent: a.sent + b.sent, held: a.held + b.held, lost: a.lost + b.lost}
}

// obstacle says why a data path cannot be taken here.
type obstacle struct{ needs, have, do string }

// classifierAlone is the path of faults that the classifier does without help.
type classifierAlone struct {
	outcome func(fault.Direction) classifier.Outcome
}

func (classifierAlone) name() string { return "bpf" }

func (classifierAlone) obstacle(*injection, capabilities, []tc.Link) (*obstacle, error) {
	return nil, nil
}

func (p classifierAlone) open(_ *injection, at *interception) (classifier.Outcome, error) {
	return p.outcome(at.direction()), nil
}

// takesDataPath reports whether a fault hands packets to something behind the classifier. A
// packet can be handed on only once.
func takesDataPath(f packetFault) bool {
	for _, p := range f.paths() {
		if _, alone := p.(classifierAlone); !alone {
			return true
		}
	}
	return false
}

// choosePath takes the first path of the fault that has no obstacle, or the path that the
// user forces. A fault with only one path ignores that.
func (i *injection) choosePath(can capabilities, links []tc.Link) (dataPath, error) {
	all := i.fault.paths()
	forced := i.path != fault.AutoPath && len(all) > 1
	var obstacles []*obstacle
	for _, p := range all {
		if forced && p.name() != string(i.path) {
			continue
		}
		o, err := p.obstacle(i, can, links)
		if err != nil {
			return nil, err
		}
		if o == nil {
			return p, nil
		}
		obstacles = append(obstacles, o)
		if !forced {
			i.note("%s is not used: it needs %s, but %s", p.name(), o.needs, o.have)
		}
	}
	return nil, i.unsupported(forced, obstacles)
}

// unsupported is the error if no path can be taken.
func (i *injection) unsupported(forced bool, all []*obstacle) error {
	what := i.fault.String()
	if forced {
		what += " on the " + strings.ReplaceAll(string(i.path), " ", "-") + " path"
	}
	if len(all) == 0 {
		return &fault.UnsupportedError{What: what, Needs: "a data path that can carry it", Have: "that path cannot", Do: "let chaosgate choose the path"}
	}
	var needs, have []string
	for _, o := range all {
		needs, have = append(needs, o.needs), append(have, o.have)
	}
	either := ""
	if len(all) > 1 {
		either = "either "
	}
	return &fault.UnsupportedError{
		What:  what,
		Needs: either + strings.Join(needs, " or "),
		Have:  strings.Join(have, ", and "),
		Do:    all[len(all)-1].do,
	}
}

// needEthernet is the obstacle for paths that hold whole frames.
func needEthernet(links []tc.Link) *obstacle {
	for _, l := range links {
		if !l.Ethernet {
			return &obstacle{"Ethernet links", l.Name + " carries bare IP packets", "use fault.BlackHole, which works on any link"}
		}
	}
	return nil
}

// note adds a note for readers to the attestation, unless it is there already.
func (i *injection) note(format string, values ...any) {
	text := fmt.Sprintf(format, values...)
	i.mu.Lock()
	defer i.mu.Unlock()
	if !slices.Contains(i.attestation.Notes, text) {
		i.attestation.Notes = append(i.attestation.Notes, text)
	}
}
