// Package networktest makes hosts for tests of network faults: processes in
// network namespaces of their own, joined by a cable.
package networktest
