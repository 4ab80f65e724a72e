package record

import (
	"math"
	"slices"
)

// Count is one number of an injection's evidence.
type Count struct {
	// Name says what is counted: "packets".
	Name string `json:"name"`
	// Unit is "B", "s" or "share", or empty if the name says it.
	Unit  string `json:"unit,omitempty"`
	Value Float  `json:"value"`
	// Merge says how the values of several targets become one.
	Merge Rule `json:"merge"`
}

// Rule is how the values of a count merge.
type Rule string

// The rules.
const (
	Sum Rule = "sum"
	Max Rule = "max"
	Min Rule = "min"
)

// merge merges two values. The result is NaN if this version does not know the rule.
func (r Rule) merge(a, b Float) Float {
	switch r {
	case Sum:
		return a + b
	case Max:
		return max(a, b)
	case Min:
		return min(a, b)
	}
	return Float(math.NaN())
}

// Value is the value of the count with that name, or NaN if there is none.
func (e Evidence) Value(name string) Float {
	for _, c := range e.Counts {
		if c.Name == name {
			return c.Value
		}
	}
	return Float(math.NaN())
}

// mergeCounts merges counts of the same name by their rule. A count that only one side
// has stays as it is.
func mergeCounts(a, b []Count) []Count {
	merged := slices.Clone(a)
	for _, c := range b {
		at := slices.IndexFunc(merged, func(m Count) bool { return m.Name == c.Name })
		if at < 0 {
			merged = append(merged, c)
			continue
		}
		merged[at].Value = c.Merge.merge(merged[at].Value, c.Value)
	}
	return merged
}
