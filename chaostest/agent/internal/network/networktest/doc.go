// Package networktest makes hosts for tests of network faults. A host is a process in a new
// network namespace, and cables join hosts.
package networktest
