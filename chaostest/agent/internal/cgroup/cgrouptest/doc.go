// Package cgrouptest makes cgroups and targets for tests, and looks at them with
// code of its own, so that what the injectors say is checked from outside.
package cgrouptest
