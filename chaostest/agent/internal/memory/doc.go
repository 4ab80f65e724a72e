// Package memory is the agent's injector for memory: it brings a container's working
// set to a share of its limit with a worker inside the container's cgroup.
package memory
