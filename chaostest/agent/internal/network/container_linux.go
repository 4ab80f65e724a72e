package network

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
)

// inside is a network namespace with processes of the container in it.
type inside struct {
	path string // in the proc file system, of one of the processes
	info os.FileInfo
	pids []int
}

// findNamespace returns the path of the network namespace that the engine has made for the
// container. A process of the container may have moved to another one, and a container in
// the container has its own. The notes say which processes the fault does not reach.
func findNamespace(t injector.Target) (path string, notes []string, err error) {
	host, err := hostNamespace()
	if err != nil {
		return "", nil, fmt.Errorf("find the host's network namespace, to stay out of it: %w: the agent needs the host's PID namespace and CAP_SYS_PTRACE", err)
	}
	all, err := namespacesOf(t)
	if err != nil {
		return "", nil, err
	}
	if os.SameFile(all[0].info, host) {
		return "", nil, fmt.Errorf("container %s has the host's network: a fault there would hit the whole machine: give it a network of its own", t.Name)
	}
	var candidates []inside
	for _, in := range all {
		if !os.SameFile(in.info, host) {
			candidates = append(candidates, in)
		}
	}
	chosen := 0
	if len(candidates) > 1 {
		if chosen, err = engines(candidates); err != nil {
			return "", nil, err
		}
	}
	for _, in := range all {
		if !os.SameFile(in.info, candidates[chosen].info) {
			notes = append(notes, fmt.Sprintf("the fault does not reach %s, in another network namespace", processes(in.pids)))
		}
	}
	return candidates[chosen].path, notes, nil
}

// namespacesOf lists the network namespaces of a container's processes, that of its first
// process first.
func namespacesOf(t injector.Target) ([]inside, error) {
	pids := []int{t.PID}
	if t.ID != "" {
		group, err := cgroup.Of(t.PID, t.ID)
		if err != nil {
			return nil, err
		}
		others, err := group.Processes()
		if err != nil {
			return nil, err
		}
		pids = append(pids, slices.DeleteFunc(others, func(pid int) bool { return pid == t.PID })...)
	}
	var all []inside
	for at, pid := range pids {
		in, err := namespaceOf(pid)
		if errors.Is(err, fs.ErrNotExist) && at > 0 {
			continue // it has ended
		}
		if err != nil {
			return nil, fmt.Errorf("find the network namespace of container %s: %w", t.Name, err)
		}
		known := slices.IndexFunc(all, func(other inside) bool { return os.SameFile(in.info, other.info) })
		if known < 0 {
			all = append(all, in)
		} else {
			all[known].pids = append(all[known].pids, pid)
		}
	}
	return all, nil
}

func namespaceOf(pid int) (inside, error) {
	thread, err := cgroup.Thread("/proc", pid)
	if err != nil {
		return inside{}, err
	}
	in := inside{path: thread + "/ns/net", pids: []int{pid}}
	in.info, err = os.Stat(in.path)
	return in, err
}

// without reports whether a process runs in another namespace.
func (n *namespace) without(pid int) bool {
	in, err := namespaceOf(pid)
	if err != nil {
		return false // it has ended
	}
	stat, known := in.info.Sys().(*syscall.Stat_t)
	return known && stat.Ino != n.kernel.Inode
}

// engines chooses the namespace that the engine has made: the first one with a link whose
// other end is in none of the others. Those who make a namespace inside a container lead its
// links to the container's own namespace. Without such a link it is the first one with an
// address.
func engines(candidates []inside) (chosen int, err error) {
	var open []*tc.Namespace
	defer func() {
		for _, n := range open {
			err = errors.Join(err, n.Close())
		}
	}()
	for _, in := range candidates {
		n, err := tc.Open(in.path)
		if err != nil {
			return 0, err
		}
		open = append(open, n)
	}
	reachable := -1
	for at, n := range open {
		leads, err := n.LeadsOut(open)
		if err != nil {
			return 0, err
		}
		if leads {
			return at, nil
		}
		links, err := n.Links()
		if err != nil {
			return 0, err
		}
		if reachable < 0 && len(addressed(links)) > 0 {
			reachable = at
		}
	}
	return max(reachable, 0), nil
}

// processes names some processes: "process 7 (nginx) and 3 more".
func processes(pids []int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pids[0]))
	text := fmt.Sprintf("process %d", pids[0])
	if err == nil {
		text += " (" + strings.TrimSpace(string(name)) + ")"
	}
	if more := len(pids) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// hostNamespace is the network namespace of the host's first process. If the kernel does
// not let the agent look there, it is that of the first kernel thread.
func hostNamespace() (os.FileInfo, error) {
	first, err := os.Stat("/proc/1/ns/net")
	if err == nil {
		return first, nil
	}
	if name, readErr := os.ReadFile("/proc/2/comm"); readErr == nil && strings.TrimSpace(string(name)) == "kthreadd" {
		return os.Stat("/proc/2/ns/net")
	}
	return nil, err
}
