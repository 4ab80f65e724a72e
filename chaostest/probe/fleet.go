package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Imaged is an optional capability of a Service: it knows the ID of its container's
// image. The ID shows which members of a fleet run old code.
type Imaged interface {
	Image(ctx context.Context) (string, error)
}

// Fleet is several services that should be alike, and a probe for each. It comes from
// FleetOf.
type Fleet struct {
	name     string
	services []Service
	probes   []Probe
	width    time.Duration // of its windows, 0 for DefaultWidth
	err      error
}

// FleetOf makes a fleet of at least two services with different names. The function
// makes a probe for each service. All probes must ask the same, and each must name its
// service in its String:
//
//	replicas := probe.FleetOf(func(s probe.Service) probe.Probe { return probe.HTTP(s, "8080/tcp", "/work") }, a, b, c)
//
// A mistake in the fleet is an error of its load.
func FleetOf[S Service](look func(Service) Probe, services ...S) *Fleet {
	f := &Fleet{}
	var names, probes []string
	for i, s := range services {
		if isNil(s) {
			f.err = fmt.Errorf("service %d of %d is nil: start it first", i+1, len(services))
			break
		}
		names = append(names, s.Name())
		f.services = append(f.services, s)
		if look == nil {
			f.err = errors.New("no probe: give FleetOf a function that makes one for a service")
			break
		}
		p := look(s)
		if isNil(p) {
			f.err = fmt.Errorf("no probe for %s%s: return one for each service", s.Name(), nilText(p))
			break
		}
		f.probes, probes = append(f.probes, p), append(probes, p.String())
	}
	if f.err == nil {
		f.err = checkNames(names)
	}
	if f.err == nil {
		f.err = checkProbes(names, probes)
	}
	f.name = fmt.Sprintf("fleet of %d", len(services))
	if f.err == nil {
		f.name = fleetName(names, probes)
	}
	return f
}

// String names the fleet in messages and records: "fleet of 3: GET
// http://{a,b,c}:8080/work".
func (f *Fleet) String() string { return f.name }

// Windows returns the same fleet with a width other than DefaultWidth for the windows
// in which its members are compared. The width is rounded to a whole number of samples,
// and a load of the fleet must be long enough for one window.
func (f *Fleet) Windows(width time.Duration) *Fleet {
	other := *f
	other.width = width
	return &other
}

// FleetSample is one look at each member of a fleet, in their order.
type FleetSample []Sample

// Sample looks at all members at the same time, once each:
//
//	Eventually(ctx, replicas.Sample).Should(HaveEach(BeLive()))
func (f *Fleet) Sample(ctx context.Context) (FleetSample, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("probe: %w", err)
	}
	round, errs := make(FleetSample, len(f.probes)), make([]error, len(f.probes))
	var all sync.WaitGroup
	for i, p := range f.probes {
		all.Go(func() { round[i], errs[i] = p.Sample(ctx) })
	}
	all.Wait()
	return round, errors.Join(errs...)
}

// Services are the members, and those in whose place their probes look.
func (f *Fleet) Services() []Service {
	all := slices.Clone(f.services)
	for _, p := range f.probes {
		if asking, ok := p.(Asking); ok {
			all = append(all, asking.Services()...)
		}
	}
	return all
}

// check is what is wrong with the fleet.
func (f *Fleet) check() error {
	if f == nil || f.err == nil && len(f.probes) == 0 {
		return errors.New("no fleet: make one with probe.FleetOf")
	}
	return f.err
}

// members lists the members with their images, if they know them. A member that does
// not answer has no image here; its samples show that it is down.
func (f *Fleet) members(ctx context.Context) []Member {
	members := make([]Member, len(f.services))
	for i, s := range f.services {
		members[i].Name = s.Name()
		imaged, ok := s.(Imaged)
		if !ok {
			continue
		}
		if image, err := imaged.Image(ctx); err == nil {
			members[i].Image = image
		}
	}
	return members
}

func checkNames(names []string) error {
	if len(names) < 2 {
		return fmt.Errorf("a fleet of %d: give it 2 members or more", len(names))
	}
	seen := map[string]bool{}
	for _, name := range names {
		switch {
		case name == "":
			return errors.New("a member has no name: give it one")
		case seen[name]:
			return fmt.Errorf("two members are called %q: give each a different name, such as an alias on a network", name)
		}
		seen[name] = true
	}
	return nil
}

// checkProbes refuses two probes with the same name: either both look at one service,
// or reports cannot distinguish them.
func checkProbes(names, probes []string) error {
	seen := map[string]string{}
	for i, p := range probes {
		if other, ok := seen[p]; ok {
			return fmt.Errorf("the probes for %s and %s are both %q: look at the service that the function receives, and name it in the probe's String", other, names[i], p)
		}
		seen[p] = names[i]
	}
	return nil
}

// mostNames is how many members a fleet's name lists.
const mostNames = 5

// fleetName writes the common part of the members' probes once, with the members'
// names in braces: "fleet of 2: GET http://{a,b}:8080/work".
func fleetName(names, probes []string) string {
	short := names
	if len(names) > mostNames {
		short = append(append([]string(nil), names[:mostNames-2]...), "…")
	}
	list := strings.Join(short, ",")
	if before, after, ok := common(names, probes); ok && before+after != "" {
		return fmt.Sprintf("fleet of %d: %s{%s}%s", len(names), before, list, after)
	}
	return fmt.Sprintf("fleet of %d: %s", len(names), list)
}

// common is the text that all probes have before and after the name of their service.
func common(names, probes []string) (before, after string, ok bool) {
	if len(names) == 0 || len(probes) != len(names) {
		return "", "", false
	}
	for at := 0; ; at++ {
		next := strings.Index(probes[0][at:], names[0])
		if next < 0 {
			return "", "", false
		}
		at += next
		before, after = probes[0][:at], probes[0][at+len(names[0]):]
		same := true
		for i, p := range probes {
			same = same && p == before+names[i]+after
		}
		if same {
			return before, after, true
		}
	}
}
