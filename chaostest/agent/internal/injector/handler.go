package injector

import (
	"context"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Handler applies the faults of one kind.
type Handler struct {
	kind  fault.Kind
	apply func(context.Context, Request[fault.Fault], *Journal) (Live, error)
}

// Handle makes a handler for faults of type F from the function that applies them.
//
// Before each step that changes something, apply writes the undo step into the
// journal. When apply fails, the caller unwinds the journal, so that nothing is
// left half-applied. An error that is a *fault.UnsupportedError, or that comes from
// a check, means that nothing was touched. For each target, apply is called from
// one goroutine at a time. For several targets it may run at the same time.
func Handle[F fault.Fault](apply func(context.Context, Request[F], *Journal) (Live, error)) Handler {
	var none F
	return Handler{kind: none.Kind(), apply: func(ctx context.Context, r Request[fault.Fault], journal *Journal) (Live, error) {
		f, ok := r.Fault.(F)
		if !ok {
			return nil, fmt.Errorf("inject %s: it is a %T, and the handler of kind %s takes a %T", r.Fault, r.Fault, none.Kind(), none)
		}
		return apply(ctx, Request[F]{
			ID: r.ID, Target: r.Target, Fault: f, Filter: r.Filter, Path: r.Path, ComeAndGo: r.ComeAndGo, Lease: r.Lease,
		}, journal)
	}}
}

// Kind is the kind of faults that the handler applies.
func (h Handler) Kind() fault.Kind { return h.kind }

// Apply applies the request's fault. See Handle.
func (h Handler) Apply(ctx context.Context, request Request[fault.Fault], journal *Journal) (Live, error) {
	return h.apply(ctx, request, journal)
}

// Find picks the handler for a fault.
func Find(all []Handler, f fault.Fault) (Handler, error) {
	for _, h := range all {
		if h.kind == f.Kind() {
			return h, nil
		}
	}
	return Handler{}, fmt.Errorf("inject %s: this agent has no injector for it: use an agent of the library's version", f)
}
