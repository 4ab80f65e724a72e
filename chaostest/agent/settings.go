package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// settings holds what decides which sources the toolchain builds, and how. It is found
// without running the toolchain.
type settings struct {
	tool string

	Program, Architecture string
	// Tool is the path of the go command with its size and time, which differ for another
	// release. Release is the Go release of the running program, because a wrapper around
	// the go command may choose one.
	Tool    string
	Release string
	// Module and Workspace are the paths of the go.mod and the go.work for this directory.
	// They are empty if there are none.
	Module, Workspace string
	// Environment holds the variables that change a build. EnvironmentFile is the content
	// of the file that `go env -w` writes.
	Environment     map[string]string
	EnvironmentFile string
}

// variables lists the environment variables that change a build.
var variables = []string{
	"GO111MODULE", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOFIPS140", "GOFLAGS", "GOMODCACHE", "GOPATH", "GOROOT", "GOTOOLCHAIN", "GOWORK",
}

func settingsHere(program, architecture string) (settings, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return settings{}, fmt.Errorf("%w: install Go, or name a ready image in CHAOSGATE_AGENT_IMAGE", err)
	}
	s := settings{tool: tool, Program: program, Architecture: architecture, Release: runtime.Version(), Environment: map[string]string{}}
	if s.Tool, err = identify(tool); err != nil {
		return settings{}, err
	}
	here, err := os.Getwd()
	if err != nil {
		return settings{}, err
	}
	s.Module = above(here, "go.mod")
	switch workspace := os.Getenv("GOWORK"); workspace {
	case "off":
	case "", "auto":
		s.Workspace = above(here, "go.work")
	default:
		s.Workspace = workspace
	}
	for _, name := range variables {
		s.Environment[name] = os.Getenv(name)
	}
	s.EnvironmentFile, err = environmentFile()
	return s, err
}

// name identifies the settings: equal settings have equal names.
func (s settings) name() string {
	encoded, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:12])
}

func identify(tool string) (string, error) {
	path, err := filepath.EvalSymlinks(tool)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d %s", path, info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano)), nil
}

// above finds the file with this name in the directory, or in the nearest one above it.
func above(dir, name string) string {
	for {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

func environmentFile() (string, error) {
	path := os.Getenv("GOENV")
	switch path {
	case "off":
		return "", nil
	case "":
		config, err := os.UserConfigDir()
		if err != nil {
			return "", nil //nolint:nilerr // the toolchain has no such file then, either
		}
		path = filepath.Join(config, "go", "env")
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(content), err
}
