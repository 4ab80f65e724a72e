package scope

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// history is what the running spec has injected, loaded and judged, and what others own
// and is still there.
type history struct {
	mu    sync.Mutex
	spec  string
	run   string // of the spec; empty if it is not known
	ended bool   // its cleanups have begun
	// injections are those of the spec, and all others that are live.
	injections []*Injection
	// loads run until their owners end.
	loads []*running
	// carried are the IDs of the injections and loads that are in the spec's report.
	carried map[string]bool
	// names are those of the services, by the IDs of their containers.
	names map[string]named
	// windows counts the loads of each probe, and setup those that the spec's groups made.
	windows, setup map[string]int
	// samples holds the judgements on each probe's single samples.
	samples map[string]*sampleJudgements
	// concerned are the services that the running test has to do with, in the order in which
	// it first had.
	concerned []concern
	began     time.Time // the running test
	bodyEnded time.Time // of the last test
	told      bool      // the logs of the running test were shown
}

// begins reports whether the run of the spec is a new one, and then forgets what has ended.
func (h *history) begins(spec, run string, started time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec && h.run == run && (!h.ended || run != "") {
		return false
	}
	if h.spec != spec {
		h.setup = nil
	}
	h.spec, h.run, h.ended = spec, run, false
	h.windows, h.samples, h.carried = maps.Clone(h.setup), nil, nil // another attempt does not repeat the setup
	h.began, h.told = started, false
	if h.bodyEnded.After(started) {
		h.began = h.bodyEnded // of the attempt before
	}
	h.forgetConcerns()
	h.injections = slices.DeleteFunc(h.injections, func(i *Injection) bool { return !i.open() })
	h.forgetNames(Test)
	return true
}

func (h *history) ends(spec string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = h.ended || h.spec == spec
}

// number is the number of the probe's next load in the spec, from 1. The owner is whose the
// load is.
func (h *history) number(probe string, owner Owner) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.windows == nil {
		h.windows = map[string]int{}
	}
	if h.setup == nil {
		h.setup = map[string]int{}
	}
	h.windows[probe]++
	if owner != Test {
		h.setup[probe]++
	}
	return h.windows[probe]
}

// release returns a number when its spec ends, so that another attempt at the spec
// counts its loads from 1 again.
func (h *history) release(spec, probe string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec && h.run == "" && h.windows[probe] > 0 {
		h.windows[probe]--
	}
}

// judgementsOf holds the judgements on the probe's samples in the spec. Fresh says that
// it was made just now.
func (h *history) judgementsOf(spec, probe string) (j *sampleJudgements, fresh bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if j = h.samples[probe]; j != nil && j.spec == spec {
		return j, false
	}
	if h.samples == nil {
		h.samples = map[string]*sampleJudgements{}
	}
	j = &sampleJudgements{spec: spec, probe: probe}
	h.samples[probe] = j
	return j, true
}

func (h *history) add(i *Injection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.injections = append(h.injections, i)
	everywhere.add(i)
}

// remove forgets an injection that was refused.
func (h *history) remove(i *Injection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.injections = slices.DeleteFunc(h.injections, func(other *Injection) bool { return other == i })
	everywhere.refuse(i)
}

func (h *history) all() []*Injection {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.injections)
}

func (h *history) addLoad(l *running) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.loads = append(h.loads, l)
}

func (h *history) running() []*running {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.loads)
}

// dropLoad forgets a load, and reports whether it was there.
func (h *history) dropLoad(l *running) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := slices.Index(h.loads, l)
	if at < 0 {
		return false
	}
	h.loads = slices.Delete(h.loads, at, at+1)
	return true
}

// idle reports that nothing is live and no load runs.
func (h *history) idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.loads) == 0 && !slices.ContainsFunc(h.injections, (*Injection).open)
}

// of returns the owner's loads and live injections, the last first.
func (h *history) of(owner Owner) (loads []*running, injections []*Injection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range slices.Backward(h.loads) {
		if l.owner.within(owner) {
			loads = append(loads, l)
		}
	}
	for _, i := range slices.Backward(h.injections) {
		if i.owner.within(owner) && i.open() {
			injections = append(injections, i)
		}
	}
	return loads, injections
}

// carry marks an injection or a load as one in the spec's report, and reports whether that is new.
func (h *history) carry(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.carried[id] {
		return false
	}
	if h.carried == nil {
		h.carried = map[string]bool{}
	}
	h.carried[id] = true
	return true
}
