// Package process is the agent's room for processes: it freezes a container with
// the cgroup freezer.
package process
