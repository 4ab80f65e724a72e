package images

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// module is the module whose testdata holds the services.
const module = "github.com/chaosgate/chaosgate"

// service is a Go program of testdata/services.
type service struct {
	name    string
	variant string // a build tag, and part of the image's tag
	ports   []string
}

func (s service) image(ctx context.Context) (ref string, err error) {
	err = withEngine(ctx, func(e engine) error {
		ref, err = s.make(ctx, e)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make the image of the service %s: %w", strings.TrimSpace(s.name+" "+s.variant), err)
	}
	return ref, nil
}

func (s service) make(ctx context.Context, e engine) (string, error) {
	source, err := servicesDir(ctx)
	if err != nil {
		return "", err
	}
	// Processes that ask at the same time build one after the other, and all but the
	// first find everything ready.
	dir, unlock, err := lock(strings.Join(slices.DeleteFunc([]string{s.name, s.variant, e.architecture}, func(part string) bool { return part == "" }), "-"))
	if err != nil {
		return "", err
	}
	defer unlock()

	binary := filepath.Join(dir, s.name)
	if err := goBuild(ctx, source, binary, "./"+s.name, s.variant, e.architecture); err != nil {
		return "", err
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return "", fmt.Errorf("read the built program: %w", err)
	}
	entrypoint, err := json.Marshal([]string{"/" + s.name})
	if err != nil {
		return "", err
	}
	rootfs, err := tarball([]entry{{path: "/" + s.name, mode: 0o755, content: program}})
	if err != nil {
		return "", err
	}
	changes := []string{"ENTRYPOINT " + string(entrypoint)}
	for _, port := range s.ports {
		changes = append(changes, "EXPOSE "+port)
	}
	return e.loadOnce(ctx, s.name, s.variant, rootfs, changes)
}

// goBuild builds a static Linux program. The Go build cache makes a second call
// cheap.
func goBuild(ctx context.Context, source, binary, pkg, tags, architecture string) error {
	command := exec.CommandContext(ctx, "go", "build", "-C", source, "-tags="+tags, "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, pkg)
	// The service must not be built with GOFLAGS and GOWORK of a test run, such as -race.
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture, "GOFLAGS=", "GOWORK=off")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("build %s for linux/%s: %w\n%s", pkg, architecture, err, stderr.String())
	}
	return nil
}

// servicesDir finds the source of the services. A checkout has it, but the module on a
// proxy does not.
func servicesDir(ctx context.Context) (string, error) {
	command := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("find the module %s: %w\n%sinstall Go, and run inside a checkout of it", module, err, stderr.String())
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "testdata", "services")
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return "", fmt.Errorf("find the services' source: %w: run inside a checkout of %s", err, module)
	}
	return dir, nil
}
