package userspace_test

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// stream is iperf3's report on one TCP stream.
type stream struct {
	BitsPerSecond float64 `json:"bits_per_second"`
	Bytes         float64
	Retransmits   int
}

// iperf runs one TCP stream for some seconds from one namespace to another, and returns what
// was sent and received. options go to the client.
func iperf(from, to *namespace, address string, seconds int, options ...string) (sent, received stream) {
	GinkgoHelper()
	needTool("iperf3")
	server := to.command("iperf3", "--server", "--one-off", "--forceflush", "--bind", address)
	out, err := server.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(server.Start()).To(Succeed())
	DeferCleanup(func() {
		_ = server.Process.Kill() // it has ended already, unless the client failed
		_ = server.Wait()
	})
	var output strings.Builder
	for one := make([]byte, 1); !strings.Contains(output.String(), "listening on"); {
		_, err := io.ReadFull(out, one)
		Expect(err).NotTo(HaveOccurred(), "iperf3 printed: %s", &output)
		output.Write(one)
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
