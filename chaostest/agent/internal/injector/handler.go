package injector

import (
	"context"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Handler does the faults of one kind.
type Handler struct {
	kind  fault.Kind
	apply func(context.Context, Request[fault.Fault], *Journal) (Live, error)
}

// Handle makes the handler of the fault F from the function that applies it.
//
// Before each step that changes anything, apply writes the step's undo into the
// journal. When apply fails its caller unwinds the journal, so that nothing
// half-applied is left. An error that is a *fault.UnsupportedError, or that
// comes from a check, means that nothing was touched. Apply is called from one
// goroutine at a time for each target, and from several for several targets.
func Handle[F fault.Fault](apply func(context.Context, Request[F], *Journal) (Live, error)) Handler {
	var none F
	return Handler{kind: none.Kind(), apply: func(ctx context.Context, r Request[fault.Fault], journal *Journal) (Live, error) {
		f, ok := r.Fault.(F)
		if !ok {
			return nil, fmt.Errorf("inject %s: it is a %T, and the handler of kind %s takes a %T", r.Fault, r.Fault, none.Kind(), none)
		}
		return apply(ctx, Request[F]{ID: r.ID, Target: r.Target, Fault: f, Filter: r.Filter, Path: r.Path, Lease: r.Lease}, journal)
	}}
}

// Kind is the kind of faults that the handler does.
func (h Handler) Kind() fault.Kind { return h.kind }

// Apply applies the request's fault, as Handle says.
func (h Handler) Apply(ctx context.Context, request Request[fault.Fault], journal *Journal) (Live, error) {
	return h.apply(ctx, request, journal)
}

// Find picks the handler of a fault.
func Find(all []Handler, f fault.Fault) (Handler, error) {
	for _, h := range all {
		if h.kind == f.Kind() {
			return h, nil
		}
	}
	return Handler{}, fmt.Errorf("inject %s: this agent has no injector for it: use an agent of the library's version", f)
}
