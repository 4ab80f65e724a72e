package images

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// errNoDebian says that this machine can provide no suitable packages.
var errNoDebian = errors.New("this machine has no Debian packages for the Docker Engine's architecture")

// debian makes a root file system with the server's programs and the libraries that they
// load, from packages of the Debian or Ubuntu of this machine. It installs nothing here
// and needs no root. A minimal system made by mmdebstrap would be seven times as large
// and take twice as long.
func (s server) debian(ctx context.Context, architecture string) ([]byte, error) {
	for _, tool := range []string{"apt-get", "dpkg", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%w: %w", errNoDebian, err)
		}
	}
	// Debian calls amd64 and arm64 what Go calls them.
	have, err := output(ctx, "dpkg", "--print-architecture")
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(have) != architecture {
		return nil, fmt.Errorf("%w: packages are for %s, the engine runs %s", errNoDebian, strings.TrimSpace(have), architecture)
	}
	work, err := os.MkdirTemp("", "chaosgate-"+s.name+"-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	root := filepath.Join(work, "root")
	if err := s.unpack(ctx, work, root); err != nil {
		return nil, err
	}
	files, err := programFiles(root, s.programs)
	if err != nil {
		return nil, err
	}
	for name, content := range s.files {
		files = append(files, entry{path: name, mode: 0o644, content: []byte(content)})
	}
	// Programs with glibc look users up by name.
	files = append(files, entry{path: "/etc/passwd", mode: 0o644, content: []byte("root:x:0:0:root:/:/bin/false\n")},
		entry{path: "/etc/group", mode: 0o644, content: []byte("root:x:0:\n")})
	return tarball(files)
}

// unpack fetches the packages and all their dependencies, as if none were installed.
func (s server) unpack(ctx context.Context, work, root string) error {
	archives := filepath.Join(work, "archives")
	if err := os.MkdirAll(filepath.Join(archives, "partial"), 0o755); err != nil {
		return err
	}
	nothingInstalled := filepath.Join(work, "status")
	if err := os.WriteFile(nothingInstalled, nil, 0o644); err != nil {
		return err
	}
	fetch := append([]string{
		"install", "--download-only", "--yes", "--quiet", "--no-install-recommends",
		"-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=",
		"-o", "Dir::State::status=" + nothingInstalled, "-o", "Dir::Cache::archives=" + archives,
	}, s.packages...)
	if _, err := output(ctx, "apt-get", fetch...); err != nil {
		if os.Geteuid() != 0 {
			return fmt.Errorf("%w: run `apt-get update` as root", err)
		}
		if _, updateErr := output(ctx, "apt-get", "update", "--quiet"); updateErr != nil {
			return errors.Join(err, updateErr)
		}
		if _, err := output(ctx, "apt-get", fetch...); err != nil {
			return err
		}
	}
	packages, err := filepath.Glob(filepath.Join(archives, "*.deb"))
	if err != nil {
		return err
	}
	for _, p := range slices.Sorted(slices.Values(packages)) {
		if _, err := output(ctx, "dpkg-deb", "--extract", p, root); err != nil {
			return err
		}
	}
	return nil
}

func output(ctx context.Context, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("run %s %s: %w\n%s", name, strings.Join(arguments, " "), err, out)
	}
	return string(out), nil
}
