// Package injectortest is the conformance suite for every fault of the catalogue.
// All faults must behave alike when they are refused, canceled or reverted, when
// their lease lapses, and when their target or their agent dies. A site knows where
// a fault is applied, how it shows there, and what its errors say.
package injectortest
