package scope

import "sync"

// history is what the running spec has injected, loaded and judged.
type history struct {
	mu         sync.Mutex
	spec       string
	injections []*Injection
	// windows counts the loads of each probe.
	windows map[string]int
	// samples holds the judgements on each probe's single samples.
	samples map[string]*sampleJudgements
}

// begins reports whether the spec is a new one, and then forgets the last one.
func (h *history) begins(spec string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec {
		return false
	}
	h.spec, h.injections, h.windows, h.samples = spec, nil, nil, nil
	return true
}

func (h *history) ends(spec string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec {
		h.spec = ""
	}
}

// number is the number of the probe's next load in the spec, from 1.
func (h *history) number(probe string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.windows == nil {
		h.windows = map[string]int{}
	}
	h.windows[probe]++
	return h.windows[probe]
}

// release returns a number when its spec ends, so that another attempt at the spec
// counts its loads from 1 again.
func (h *history) release(spec, probe string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec && h.windows[probe] > 0 {
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
}

func (h *history) all() []*Injection {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*Injection(nil), h.injections...)
}
