package server_test

import (
	"bufio"
	"encoding/json"
	"io"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
)

// A host that comes back after its lease has lapsed was not dead: it had no processor time.
func TestALapseOfAHostThatLivesIsStarvation(t *testing.T) {
	g := NewWithT(t)
	book := &ledger{}
	host, _ := serve(t, book, 300*time.Millisecond)
	answers := bufio.NewReader(host)
	ask := func(message string) wire.RevertResult {
		_, err := io.WriteString(host, message+"\n")
		g.Expect(err).NotTo(HaveOccurred())
		for {
			line, err := answers.ReadBytes('\n')
			g.Expect(err).NotTo(HaveOccurred())
			var answer struct {
				ID     int
				Result wire.RevertResult
			}
			g.Expect(json.Unmarshal(line, &answer)).To(Succeed())
			if answer.ID > 0 { // no notification
				return answer.Result
			}
		}
	}
	renew := func() { _, _ = io.WriteString(host, `{"jsonrpc":"2.0","method":"renew"}`+"\n") }
	params := pause(t, "2")
	inject := func(id string) {
		ask(`{"jsonrpc":"2.0","id":1,"method":"inject","params":{"id":"` + id + `","targetID":"x","targetName":"x","filter":{},"fault":` + string(params.Fault) + `}}`)
	}
	inject("1")
	for range 5 {
		time.Sleep(100 * time.Millisecond) // the pace of a host that is well
		renew()
	}
	kept := ask(`{"jsonrpc":"2.0","id":2,"method":"revert","params":{"id":"1"}}`)
	g.Expect(kept.Evidence).To(And(HaveField("LeaseLapsed", false), HaveField("Starved", "")))

	inject("2")
	g.Eventually(book.count).WithTimeout(5*time.Second).Should(Equal(0), "the host is silent")
	renew()
	lapsed := ask(`{"jsonrpc":"2.0","id":3,"method":"revert","params":{"id":"2"}}`)
	g.Expect(lapsed.Evidence.LeaseLapsed).To(BeTrue())
	g.Expect(lapsed.Evidence.Starved).To(MatchRegexp(`^the agent and its host live, but up to \S+ went by between two renewals, and the lease is 300ms$`))
}
