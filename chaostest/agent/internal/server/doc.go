// Package server is the agent's end of the protocol. It passes each request to the handler
// of its fault, and ends every fault when the host is done, gone or silent.
package server
