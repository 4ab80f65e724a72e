package docker

import (
	"archive/tar"
	"bytes"
	"io"
	"sync"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// agentConn is the agent's standard input and output over the attached
// connection; what it writes to standard error is kept for messages.
type agentConn struct {
	attached client.HijackedResponse
	output   *io.PipeReader
	closed   sync.Once
	done     chan struct{}

	mu          sync.Mutex
	diagnostics []byte
}

func newAgentConn(attached client.HijackedResponse) *agentConn {
	output, input := io.Pipe()
	c := &agentConn{attached: attached, output: output, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		_, err := stdcopy.StdCopy(input, (*diagnostics)(c), attached.Reader)
		if err == nil {
			err = io.EOF
		}
		_ = input.CloseWithError(err) // it never fails
	}()
	return c
}

func (c *agentConn) Read(p []byte) (int, error)  { return c.output.Read(p) }
func (c *agentConn) Write(p []byte) (int, error) { return c.attached.Conn.Write(p) }

// Close ends the agent's input, and with it the agent.
func (c *agentConn) Close() error {
	c.closed.Do(func() {
		c.attached.Close()
		_ = c.output.Close() // it never fails
		<-c.done
	})
	return nil
}

func (c *agentConn) Diagnostics() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.diagnostics)
}

type diagnostics agentConn

// Write keeps the last 4 KiB.
func (d *diagnostics) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	const keep = 4096
	d.diagnostics = append(d.diagnostics, p...)
	if extra := len(d.diagnostics) - keep; extra > 0 {
		d.diagnostics = append([]byte(nil), d.diagnostics[extra:]...)
	}
	return len(p), nil
}

// rootfs is a root file system that holds one program, in tar form.
func rootfs(name string, content []byte) io.Reader {
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	// Writing to memory cannot fail, and the header is a valid one.
	_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg})
	_, _ = w.Write(content)
	_ = w.Close()
	return &buffer
}
