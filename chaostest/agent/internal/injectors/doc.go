// Package injectors lists what the agent can do: a handler for every fault of the
// catalogue, and the programs that the handlers run as workers.
package injectors
