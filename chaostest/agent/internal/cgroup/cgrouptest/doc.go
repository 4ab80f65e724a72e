// Package cgrouptest makes cgroups and targets for tests. It reads their state with
// separate code, so that the tests check the injectors' reports independently.
package cgrouptest
