// Package networktest makes hosts for tests of network faults: processes that each
// have a network namespace, joined by a cable.
package networktest
