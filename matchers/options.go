package matchers

// DefaultAlpha is the level of the statistical matchers where Alpha sets none.
const DefaultAlpha = 0.05

// Option changes how a statistical matcher judges.
type Option func(*objective)

// Alpha sets the level at which a matcher judges, above 0 and at most 0.5;
// DefaultAlpha otherwise. Over all looks at a growing window together, a service
// that keeps its objective is found violating with at most this probability, and
// so is one found keeping it whose rate is five times what is allowed.
func Alpha(alpha float64) Option { return func(o *objective) { o.alpha = alpha } }
