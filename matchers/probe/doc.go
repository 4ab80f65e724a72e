// Package probe looks at services from outside: one look is a Sample, the
// samples of a span are a Window, and Run makes a Window by looking at a
// constant rate. Matchers judge samples and windows, never the live service.
package probe
