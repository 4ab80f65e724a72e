// Package server is the agent's end of the protocol: it hands each request to
// the injector of its kernel subject and ends every fault when the host is done,
// gone or silent.
package server
