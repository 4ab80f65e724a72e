package matchers

import (
	"errors"
	"fmt"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// windows returns the windows to judge: at least one, and each only once.
func (m *matchBaseline) windows(actual any) ([]*probe.Window, error) {
	windows, ok := actual.([]*probe.Window)
	if w, one := actual.(*probe.Window); one {
		windows, ok = []*probe.Window{w}, true
	}
	if !ok || len(windows) == 0 {
		return nil, fmt.Errorf("expects a *probe.Window, such as Load returns, or several runs' as []*probe.Window.  Got:\n%s", typeOf(actual))
	}
	for i, w := range windows {
		if err := measured(w); err != nil {
			return nil, err
		}
		if first := slices.IndexFunc(windows[:i], func(other *probe.Window) bool { return sameSamples(w, other) }); first >= 0 {
			return nil, fmt.Errorf("window %d is window %d again: give one window of each run", i+1, first+1)
		}
		if first := windows[0]; w.Probe() != first.Probe() {
			return nil, fmt.Errorf("the windows are of %s and of %s: compare each with its own", first.Probe(), w.Probe())
		}
	}
	return windows, nil
}

// measured refuses a window that has nothing to compare.
func measured(w *probe.Window) error {
	if w == nil || w.N() == 0 && !grows(w) {
		return errors.New("the window has no sample: load for longer or at a higher rate")
	}
	if err := w.Validate(); err != nil {
		return fmt.Errorf("window of %s: %w", w.Probe(), err)
	}
	return nil
}

// grows reports whether more samples will come.
func grows(w *probe.Window) bool { return w.Growing() && !w.Final() }

// sameSamples reports whether two windows are one measurement, which must count once. In
// makes a second window of the same samples.
func sameSamples(a, b *probe.Window) bool {
	return a == b || a.N() > 0 && a.N() == b.N() && a.Start().Equal(b.Start()) && slices.Equal(a.Samples(), b.Samples())
}

// summaries returns the metrics of the windows. They must all be the same window of
// different runs.
func summaries(windows []*probe.Window) ([]baseline.Window, error) {
	now := make([]baseline.Window, len(windows))
	for i, w := range windows {
		now[i] = baseline.Summarise(w.Record())
		if now[i].Number < 1 {
			return nil, errors.New("it is not known which window of its spec this is (it never is for a part cut by Slice): give the whole window, or give its number with In")
		}
		if now[i].Spec == "" {
			return nil, errors.New("it is not known which spec this window belongs to (one loaded before the suite belongs to none): load it in the spec, or name the spec with In")
		}
		if first := now[0]; !same(first, now[i]) {
			return nil, fmt.Errorf("the windows are number %d of the spec %q and number %d of %q: compare each with its own", first.Number, first.Spec, now[i].Number, now[i].Spec)
		}
	}
	return now, nil
}

func same(a, b baseline.Window) bool {
	return a.Probe == b.Probe && a.Spec == b.Spec && a.Number == b.Number
}

// acceptedOf returns the runs that have the window, each with this window alone. It also
// returns their suite, because the window itself does not know it.
func acceptedOf(runs []baseline.Run, now baseline.Window) (accepted []baseline.Run, suite string, err error) {
	for _, run := range runs {
		for _, w := range run.Windows {
			if !same(w, now) {
				continue
			}
			if len(accepted) > 0 && suite != w.Suite {
				return nil, "", fmt.Errorf("the baseline has the spec %q in two suites, %q and %q: give one of them another text", w.Spec, suite, w.Suite)
			}
			suite, run.Windows = w.Suite, []baseline.Window{w}
			accepted = append(accepted, run)
		}
	}
	return accepted, suite, nil
}
