// Package process is the agent's injector for processes. It freezes a container with
// the cgroup freezer.
package process
