// Package process is the agent's injector for processes: it freezes a container with
// the cgroup freezer.
package process
