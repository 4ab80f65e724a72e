package userspace_test

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// stream is what iperf3 says of one TCP stream.
type stream struct {
	BitsPerSecond float64 `json:"bits_per_second"`
	Bytes         float64
	Retransmits   int
}

// iperf runs one TCP stream for some seconds from one namespace to another,
// with further options for the client, and returns what arrived.
func iperf(from, to *namespace, address string, seconds int, options ...string) (sent, received stream) {
	GinkgoHelper()
	needTool("iperf3")
	server := to.command("iperf3", "--server", "--one-off", "--forceflush", "--bind", address)
	out, err := server.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(server.Start()).To(Succeed())
	DeferCleanup(func() {
		_ = server.Process.Kill() // has ended already, unless the client failed
		_ = server.Wait()
	})
	var said strings.Builder
	for one := make([]byte, 1); !strings.Contains(said.String(), "listening on"); {
		_, err := io.ReadFull(out, one)
		Expect(err).NotTo(HaveOccurred(), "iperf3 said: %s", &said)
		said.Write(one)
	}
	report := from.run("iperf3", append([]string{"--client", address, "--json", "--time", strconv.Itoa(seconds)}, options...)...)
	_, err = io.Copy(io.Discard, out)
	Expect(err).NotTo(HaveOccurred())
	var result struct {
		End struct {
			Sent     stream `json:"sum_sent"`
			Received stream `json:"sum_received"`
		}
	}
	Expect(json.Unmarshal([]byte(report), &result)).To(Succeed(), report)
	return result.End.Sent, result.End.Received
}
