package docker

import (
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
)

func TestTheNameOfAContainerIsTheSameInEachRun(t *testing.T) {
	const id = "0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123"
	compose := map[string]string{composeService: "db", composeNumber: "1"}
	second := map[string]string{composeService: "db", composeNumber: "2"}
	for name, c := range map[string]struct {
		ref, own, image string
		labels          map[string]string
		aliases         map[string][]string
		want            string
	}{
		"the user's name":                  {ref: "my-db", own: "my-db", image: "postgres:17", want: "my-db"},
		"the user's name in Compose":       {ref: "shop-db-1", own: "shop-db-1", labels: compose, want: "shop-db-1"},
		"by ID, with a name of its own":    {ref: id, own: "my-db", image: "postgres:17", want: "my-db"},
		"by a short ID, in Compose":        {ref: id[:12], own: "shop-db-1", labels: compose, want: "db"},
		"a replica in Compose":             {ref: id, own: "shop-db-2", labels: second, want: "db-2"},
		"by ID, with the engine's name":    {ref: id, own: "happy_fermi", image: "acme/shop:dev", want: "shop"},
		"by the engine's name":             {ref: "trusting_brattain4", own: "trusting_brattain4", image: "acme/shop@sha256:12", want: "shop"},
		"with an alias":                    {ref: id, own: "happy_fermi", image: "acme/shop:dev", aliases: map[string][]string{"n": {id[:12], "happy_fermi", "shop", "store"}}, want: "shop"},
		"with aliases on several networks": {ref: id, own: "happy_fermi", aliases: map[string][]string{"1f": {"b"}, "2f": {"a", "z"}}, want: "a"},
		"with a UUID for a name":           {ref: "db-3f9c2a1b-77d0-4c6e", own: "db-3f9c2a1b-77d0-4c6e", image: "postgres:17", want: "postgres"},
		"with a time for a name":           {ref: "db-1732789234", own: "db-1732789234", image: "postgres:17", want: "postgres"},
		"with a short number of its own":   {ref: id, own: "db-3f2a9c1b", image: "postgres:17", want: "postgres"},
		"with a port in its name":          {ref: "db-5432", own: "db-5432", image: "postgres:17", want: "db-5432"},
		"with a year in its name":          {ref: "defaced-decade-2026", own: "defaced-decade-2026", image: "postgres:17", want: "defaced-decade-2026"},
		"of an image that a run has built": {ref: id, own: "happy_fermi", image: "3f9c2a1b-77d0-4c6e-9f3a-0123456789ab:3f9c2a1b", want: "container"},
		"of an image without a name":       {ref: id, own: "happy_fermi", image: "sha256:0123456789ab", want: "container"},
	} {
		found := container.InspectResponse{
			ID: id, Name: "/" + c.own, Config: &container.Config{Image: c.image, Labels: c.labels},
			NetworkSettings: &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{}},
		}
		for n, aliases := range c.aliases {
			found.NetworkSettings.Networks[n] = &network.EndpointSettings{Aliases: aliases}
		}
		if got := attachedName(c.ref, found); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestTheNameOfAContainerToStart(t *testing.T) {
	for want, request := range map[string]testcontainers.ContainerRequest{
		"db":        {Image: "postgres:17", Networks: []string{"9c"}, NetworkAliases: map[string][]string{"9c": {"db", "database"}}},
		"my-db":     {Image: "postgres:17", Name: "my-db"},
		"postgres":  {Image: "docker.io/library/postgres:17", Name: "db-3f9c2a1b-77d0-4c6e"},
		"built":     {FromDockerfile: testcontainers.FromDockerfile{Context: "/src/built"}},
		"repo":      {FromDockerfile: testcontainers.FromDockerfile{Context: "/src/built", Repo: "acme/repo"}},
		"container": {Image: "sha256:0123456789ab"},
	} {
		if got := requestedName(&testcontainers.GenericContainerRequest{ContainerRequest: request}); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
