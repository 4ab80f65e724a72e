package docker

import (
	"cmp"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
)

// Names are part of what a baseline compares, so they must be the same in each run.
const (
	composeService = "com.docker.compose.service"
	composeNumber  = "com.docker.compose.container-number"
)

// engineMade matches names that an engine made up, such as happy_fermi or happy_fermi3.
var engineMade = regexp.MustCompile(`^[a-z]+_[a-z]+[0-9]?$`)

// numbered matches names with a number that differs in each run: a long hexadecimal one, such
// as in a UUID, or a long decimal one, such as a time. hexadecimal finds those that may be short.
var (
	numbered    = regexp.MustCompile(`[0-9a-f]{12,}|[0-9a-f]{8}-[0-9a-f]{4}|[0-9]{6,}`)
	hexadecimal = regexp.MustCompile(`(?:^|[^0-9a-z])([0-9a-f]{8,})(?:[^0-9a-z]|$)`)
)

// madeUp reports whether a program made a name up.
func madeUp(name string) bool {
	if engineMade.MatchString(name) || numbered.MatchString(name) {
		return true
	}
	for _, part := range hexadecimal.FindAllStringSubmatch(name, -1) {
		// A word such as defaced has no digit.
		if strings.ContainsAny(part[1], "0123456789") && strings.ContainsAny(part[1], "abcdef") {
			return true
		}
	}
	return false
}

// unnamed is the name of a container for which nothing better is known.
const unnamed = "container"

// attachedName is the name of a container that was found by ref: the name that the user
// wrote, the service's name in Compose, the container's own name, its first alias, or the
// name of its image.
func attachedName(ref string, found container.InspectResponse) string {
	own := strings.TrimPrefix(found.Name, "/")
	if ref == own && !madeUp(ref) {
		return ref
	}
	if found.Config == nil {
		return cmp.Or(own, unnamed)
	}
	labels := found.Config.Labels
	if service := labels[composeService]; service != "" {
		if number := labels[composeNumber]; number != "" && number != "1" {
			return service + "-" + number // one of several of a scaled service
		}
		return service
	}
	if own != "" && !madeUp(own) {
		return own
	}
	return cmp.Or(firstAlias(found), imageName(found.Config.Image))
}

// ownName is the container's own name, if somebody has chosen it. A container that is made
// later under this name takes the place of this one.
func ownName(ref string, found container.InspectResponse) string {
	own := strings.TrimPrefix(found.Name, "/")
	if ref != own && engineMade.MatchString(own) {
		return ""
	}
	return own
}

// firstAlias is the first alias on the container's networks. Their names may be made up,
// so the aliases themselves have an order.
func firstAlias(found container.InspectResponse) string {
	if found.NetworkSettings == nil {
		return ""
	}
	var aliases []string
	for _, endpoint := range found.NetworkSettings.Networks {
		for _, alias := range endpoint.Aliases {
			if !madeUp(alias) && !strings.HasPrefix(found.ID, alias) {
				aliases = append(aliases, alias)
				break
			}
		}
	}
	if len(aliases) == 0 {
		return ""
	}
	return slices.Min(aliases)
}

// imageName is the last part of an image's reference, without its tag and digest.
func imageName(ref string) string {
	name := ref[strings.LastIndex(ref, "/")+1:]
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	if name == "" || name == "sha256" || madeUp(name) {
		return unnamed
	}
	return name
}

// requestedName is the name of a container that is about to be started: its first alias,
// the name that the user gave it, or the name of its image or of the folder that it is
// built from.
func requestedName(request *testcontainers.GenericContainerRequest) string {
	for _, n := range slices.Concat(request.Networks, slices.Sorted(maps.Keys(request.NetworkAliases))) {
		if aliases := request.NetworkAliases[n]; len(aliases) > 0 {
			return aliases[0]
		}
	}
	if name := request.Name; name != "" && !madeUp(name) {
		return name
	}
	if request.Image == "" {
		if built := imageName(request.Repo); built != unnamed {
			return built
		}
		if whole, err := filepath.Abs(request.Context); err == nil && request.Context != "" {
			return imageName(filepath.Base(whole))
		}
	}
	return imageName(request.Image)
}
