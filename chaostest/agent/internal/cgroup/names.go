package cgroup

import "strings"

// idLength is the length of a container's ID: every engine uses a SHA-256 in hexadecimal.
const idLength = 64

// ContainerIn is the ID of the container in the name of a cgroup, such as "ID",
// "docker-ID.scope" or "slice:cri-containerd:ID". It is empty for any other name. It is
// empty for "crio-conmon-ID.scope" too: that group holds the monitor of the container.
// The ID wanted is also recognised if it does not look like one.
func ContainerIn(component, wanted string) (id string) {
	name := strings.TrimSuffix(component, ".scope")
	id = wanted
	if !strings.HasSuffix(name, wanted) {
		if id = name[max(len(name)-idLength, 0):]; len(id) < idLength || strings.Trim(id, "0123456789abcdef") != "" {
			return ""
		}
	}
	before := strings.TrimSuffix(name, id)
	if before != "" && (strings.Contains(before, "conmon") || !strings.ContainsAny(before[len(before)-1:], "-:")) {
		return ""
	}
	return id
}

// engineGroup is the group that the engine has made for a container, from the path of a
// process in it: the path up to the first name that is the container's. What follows are
// groups that the container has made itself, as images with systemd, Docker or Kubernetes
// inside do. Podman and CRI-O make a group "container" themselves, below the one with
// the ID. It is false when the path does not name the container.
func engineGroup(path, id string) (group string, named bool) {
	for at := 0; at < len(path); {
		end := at + 1 + strings.IndexByte(path[at+1:]+"/", '/')
		component := path[at+1 : end]
		if ContainerIn(component, id) != id {
			at = end
			continue
		}
		const inner = "/container"
		made := strings.HasPrefix(component, "libpod-") || strings.HasPrefix(component, "crio-")
		if made && strings.HasPrefix(path[end:]+"/", inner+"/") {
			end += len(inner)
		}
		return path[:end], true
	}
	return "", false
}
