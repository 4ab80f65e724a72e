package scope

import (
	"errors"
	"fmt"
	"reflect"
)

// Matcher judges a window, as the matchers of package matchers do. It returns an error while
// it cannot decide.
type Matcher interface {
	Match(actual any) (decided bool, err error)
}

// LoadOption changes a load. It comes from Until.
type LoadOption func(*load) error

// Until ends a load as soon as all the matchers have decided about its window, whether
// they match or not. For is then how long it may last at most:
//
//	sold := scope.Load(ctx, s, checkout, scope.PerSecond(50), scope.For(time.Minute), scope.Until(KeepErrorRateBelow(1*Percent)))
//
// The statistical matchers hold their alpha however often they look, so a load that they end
// proves as much as a longer one.
func Until(matchers ...Matcher) LoadOption {
	return func(l *load) error {
		if len(matchers) == 0 {
			return errors.New("Until has no matcher: give one, such as Until(KeepErrorRateBelow(1 * Percent))")
		}
		for n, m := range matchers {
			if v := reflect.ValueOf(m); m == nil || v.Kind() == reflect.Pointer && v.IsNil() {
				return fmt.Errorf("matcher %d of Until is nil: leave it out", n+1)
			}
		}
		l.until = append(l.until, matchers...)
		return nil
	}
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

// set applies the options.
func (l *load) set(options []LoadOption) error {
	for n, option := range options {
		if option == nil {
			return fmt.Errorf("option %d of %d is nil: leave it out", n+1, len(options))
		}
		if err := option(l); err != nil {
			return err
		}
	}
	return nil
}
