package network

import (
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// everyFault holds one value of each fault that this package handles.
var everyFault = []packetFault{
	delay{fault.Delay(time.Second, fault.Jitter(time.Millisecond), fault.Seed(7))},
	blackHole{fault.BlackHole()},
}

var _ = Describe("the faults of packets", func() {
	It("all have a handler", func() {
		var handled, described []fault.Kind
		for _, h := range Faults() {
			handled = append(handled, h.Kind())
		}
		for _, f := range everyFault {
			described = append(described, f.Kind())
		}
		Expect(described).To(ConsistOf(handled))
	})

	It("each have a path and an effect, and clash with each other both ways or not at all", func() {
		for _, f := range everyFault {
			Expect(f.paths()).NotTo(BeEmpty(), f.String())
			effective, verb := f.effect(classifier.Counters{Packets: 1}, pathCounts{sent: 1})
			Expect(effective).To(BeTrue(), f.String())
			Expect(verb).NotTo(BeEmpty(), f.String())
			for _, g := range everyFault {
				clashes, clashed := f.clash(g) != "", g.clash(f) != ""
				Expect(clashes).To(Equal(clashed), "%s and %s", f, g)
			}
		}
	})

	It("clash if a packet would have to take two data paths", func() {
		d := everyFault[0]
		Expect(d.clash(d)).To(Equal("would delay the same packets as"))
		Expect(d.clash(blackHole{})).To(BeEmpty())
	})
})

// fakePath is a data path, with or without an obstacle.
type fakePath struct {
	title   string
	blocked *obstacle
}

func (p fakePath) name() string { return p.title }

func (p fakePath) obstacle(*injection, capabilities, []tc.Link) (*obstacle, error) {
	return p.blocked, nil
}

func (fakePath) open(*injection, *interception) (classifier.Outcome, error) {
	return classifier.Outcome{}, nil
}

// overPaths is a fault that the listed paths can carry.
type overPaths struct {
	blackHole
	all []dataPath
}

func (f overPaths) paths() []dataPath { return f.all }

var _ = Describe("the choice of a data path", func() {
	broken := func(name string) dataPath {
		return fakePath{name, &obstacle{needs: name + "'s module", have: name + " has none", do: "load " + name}}
	}
	choose := func(forced fault.Path, all ...dataPath) (string, *injection, error) {
		i := &injection{fault: overPaths{all: all}, path: forced}
		p, err := i.choosePath(capabilities{}, nil)
		if err != nil {
			return "", i, err
		}
		return p.name(), i, nil
	}

	It("is the first one without an obstacle, and notes why the earlier ones are not used", func() {
		chosen, i, err := choose(fault.AutoPath, fakePath{title: "netem"}, fakePath{title: "user space"})
		Expect(err).NotTo(HaveOccurred())
		Expect(chosen).To(Equal("netem"))
		Expect(i.attestation.Notes).To(BeEmpty())
		chosen, i, err = choose(fault.AutoPath, broken("netem"), fakePath{title: "user space"})
		Expect(err).NotTo(HaveOccurred())
		Expect(chosen).To(Equal("user space"))
		Expect(i.attestation.Notes).To(Equal([]string{"netem is not used: it needs netem's module, but netem has none"}))
	})

	It("is the user's if the fault has several", func() {
		chosen, i, err := choose(fault.UserSpacePath, fakePath{title: "netem"}, fakePath{title: "user space"})
		Expect(err).NotTo(HaveOccurred())
		Expect(chosen).To(Equal("user space"))
		Expect(i.attestation.Notes).To(BeEmpty())
		chosen, _, err = choose(fault.NetemPath, fakePath{title: "bpf"})
		Expect(err).NotTo(HaveOccurred())
		Expect(chosen).To(Equal("bpf"), "the fault has only one path")
	})

	DescribeTable("names the obstacle", func(forced fault.Path, all []dataPath, want string) {
		_, _, err := choose(forced, all...)
		Expect(err).To(MatchError(fault.ErrUnsupported))
		Expect(err).To(MatchError(want))
	},
		Entry("of the only one", fault.AutoPath, []dataPath{broken("netem")},
			"black hole: unsupported, because it needs netem's module, but netem has none: load netem"),
		Entry("of all", fault.AutoPath, []dataPath{broken("netem"), broken("user space")},
			"black hole: unsupported, because it needs either netem's module or user space's module, but netem has none, and user space has none: load user space"),
		Entry("of the one that is forced", fault.NetemPath, []dataPath{broken("netem"), fakePath{title: "user space"}},
			"black hole on the netem path: unsupported, because it needs netem's module, but netem has none: load netem"),
		Entry("when the one that is forced cannot carry the fault", fault.UserSpacePath, []dataPath{fakePath{title: "netem"}, fakePath{title: "bpf"}},
			"black hole on the user-space path: unsupported, because it needs a data path that can carry it, but that path cannot: let chaosgate choose the path"),
	)
})

var _ = DescribeTable("without BPF", func(rootless bool, want string) {
	i := &injection{fault: blackHole{fault.BlackHole()}}
	err := i.withoutBPF(errors.New("operation not permitted"), rootless)
	Expect(err).To(MatchError(fault.ErrUnsupported))
	Expect(err).To(MatchError(want))
},
	Entry("on a rootless engine", true, "black hole: unsupported, because it needs BPF classifiers, which a kernel gives to the host's root alone, "+
		"but the engine is rootless: use a rootful engine for the suites with faults on packets"),
	Entry("on another one", false, "black hole: unsupported, because it needs BPF classifiers, but operation not permitted: "+
		"give the agent CAP_BPF or CAP_SYS_ADMIN on a rootful Docker, on Linux 5.4 or newer"),
)
