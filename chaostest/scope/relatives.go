package scope

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// relatives holds what is live in all scopes of this process. The faults of a test are also
// over its subtests, which may have scopes of their own, and those of a subtest are over the
// loads of its test.
type relatives struct {
	mu         sync.Mutex
	injections []*Injection
	exposures  map[*exposure]bool
}

var everywhere = &relatives{exposures: map[*exposure]bool{}}

// member is a scope in one of its tests.
type member struct {
	scope *Scope
	test  string
}

func (s *Scope) member() member { return member{s, s.t.Name()} }

// related reports whether the two share a scope or a test, or one is in a subtest of the
// other's.
func (m member) related(other member) bool {
	return m.scope == other.scope || m.test == other.test && m.test != "" ||
		strings.HasPrefix(m.test, other.test+"/") || strings.HasPrefix(other.test, m.test+"/")
}

func (r *relatives) add(i *Injection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.injections = append(r.injections, i)
	for e := range r.exposures {
		if e.of.related(i.of) {
			e.add(i)
		}
	}
}

// drop forgets an injection that has ended.
func (r *relatives) drop(i *Injection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.injections = slices.DeleteFunc(r.injections, func(other *Injection) bool { return other == i })
}

// refuse forgets an injection that was never live.
func (r *relatives) refuse(i *Injection) {
	r.drop(i)
	r.mu.Lock()
	defer r.mu.Unlock()
	for e := range r.exposures {
		e.remove(i)
	}
}

// live are the injections on which a test relies.
func (r *relatives) live(of member) []*Injection {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.liveLocked(of)
}

func (r *relatives) liveLocked(of member) (all []*Injection) {
	for _, i := range r.injections {
		if i.of.related(of) && i.Active() {
			all = append(all, i)
		}
	}
	return all
}

// expose begins an exposure, which grows until it is closed.
func (r *relatives) expose(of member) (e *exposure, end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e = &exposure{of: of, all: r.liveLocked(of)}
	r.exposures[e] = true
	return e, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.exposures, e)
	}
}

// use notes that a test measures or judges something, and so relies on what is live.
func (r *relatives) use(of member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, i := range r.injections {
		if i.of.related(of) {
			i.used.Store(&now)
		}
	}
}

// usedSince reports whether a test has relied on the injection after a time.
func (r *relatives) usedSince(i *Injection, at time.Time) bool {
	if used := i.used.Load(); used != nil && used.After(at) {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for e := range r.exposures {
		if e.of.related(i.of) && e.judgedAfter(at) {
			return true
		}
	}
	return false
}
