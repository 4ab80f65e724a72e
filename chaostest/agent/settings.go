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

// settings are what decides which sources the toolchain would build, and how, as
// far as it is known without running it.
type settings struct {
	tool string

	Program, Architecture string
	// Tool is the go command with its size and its age: another release is another
	// one. Release is that of the running program, which a wrapper around the go
	// command may choose.
	Tool    string
	Release string
	// Module and Workspace are the go.mod and the go.work that hold here; empty
	// where there is none.
	Module, Workspace string
	// Environment holds the variables that change a build, and EnvironmentFile the
	// content of the file that `go env -w` writes.
	Environment     map[string]string
	EnvironmentFile string
}

// variables change what is built.
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

// name tells settings apart: the same ones have the same name.
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

// above is the file of that name in the directory or the nearest one above it.
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
			return "", nil //nolint:nilerr // then the toolchain has no such file either
		}
		path = filepath.Join(config, "go", "env")
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(content), err
}
