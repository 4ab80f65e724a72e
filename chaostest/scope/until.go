package scope

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Matcher judges a window, as the matchers of package matchers do. It returns an error while
// it cannot decide.
type Matcher interface {
	Match(actual any) (matches bool, err error)
}

// Until ends the load as soon as all the matchers have decided about its window, whether
// they match or not. For is then how long it may last at most:
//
//	sold := scope.Load(ctx, s, checkout, scope.PerSecond(50), scope.For(time.Minute).Until(KeepErrorRateBelow(1*Percent)))
//
// The statistical matchers hold their alpha however often they look, so a load that they end
// proves as much as a longer one.
func (s Span) Until(matchers ...Matcher) Span {
	if len(matchers) == 0 {
		s.err = errors.New("Until has no matcher: give one, such as Until(KeepErrorRateBelow(1 * Percent))")
	}
	for n, m := range matchers {
		if v := reflect.ValueOf(m); m == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			s.err = fmt.Errorf("matcher %d of Until is nil: leave it out", n+1)
		}
	}
	s.until = slices.Concat(s.until, matchers)
	return s
}

// decided reports whether all matchers have decided.
func (l load) decided(window any) bool {
	for _, m := range l.until {
		if _, err := m.Match(window); err != nil {
			return false
		}
	}
	return true
}
