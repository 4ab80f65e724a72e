package gate

import "github.com/chaosgate/chaosgate/matchers/baseline"

// LeftOut returns which windows of accepted runs need not come in these: those of specs
// that were skipped, or did not pass and so have a verdict of their own. If only some
// packages were asked for, it is those of other suites as well.
func LeftOut(runs []Run, everything bool) func(baseline.Key) bool {
	suites, specs := map[string]bool{}, map[specKey]bool{}
	for _, run := range runs {
		for _, s := range run.Specs {
			suites[s.Suite] = true
			if s.isSpec() && s.Finding.Verdict != Pass {
				specs[s.key()] = true
			}
		}
	}
	return func(k baseline.Key) bool {
		return specs[specKey{k.Suite, k.Spec}] || !everything && !suites[k.Suite]
	}
}
