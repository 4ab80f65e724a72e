// Package injectors is the agent's list of what it can do: a handler for every
// fault of the catalogue, and the programs that the handlers run as workers.
package injectors
