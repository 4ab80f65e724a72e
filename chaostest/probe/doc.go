// Package probe looks at services from outside: one look is a Sample, the
// samples of a span are a Window, and Run makes a Window by looking at a
// constant rate. Start does so while the test goes on: its Stream has a window at
// any time. RunFleet and StartFleet load services that should be alike on one
// schedule, for a FleetWindow. Matchers judge samples and windows, never the live
// service.
//
// Series and FleetSeries take samples that were measured by other means, and Fold
// keeps what is counted of a window that grows.
package probe
