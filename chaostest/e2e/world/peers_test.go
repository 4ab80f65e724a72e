package world_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// trip is how long a packet takes from a container to db. All containers share one clock.
func trip(ctx context.Context, from *Service) time.Duration {
	GinkgoHelper()
	endpoint, _, err := from.Endpoint(ctx, "8080/tcp")
	Expect(err).NotTo(HaveOccurred())
	query := url.Values{"network": {"udp"}, "address": {"db:7"}, "within": {"5s"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+endpoint+"/ask?"+query.Encode(), nil)
	Expect(err).NotTo(HaveOccurred())
	response, err := http.DefaultClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	Expect(response.StatusCode).To(Equal(http.StatusOK))
	var times struct{ Sent, Received int64 }
	Expect(json.NewDecoder(response.Body).Decode(&times)).To(Succeed())
	return time.Duration(times.Received - times.Sent)
}

// addressOf is the container's only address.
func addressOf(ctx context.Context, s *Service) string {
	GinkgoHelper()
	state, err := s.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	for _, all := range state.Addresses {
		Expect(all).NotTo(BeEmpty())
		return all[0].String()
	}
	Fail(s.Name() + " is on no network")
	return ""
}

// between starts db, and a shop whose packets db gets late.
func between(ctx context.Context) (net *docker.Network, shop *Service) {
	GinkgoHelper()
	net = Network(ctx)
	db := Attach(ctx, own(ctx, net.As("db")).GetContainerID())
	shop = Attach(ctx, own(ctx, net.As("shop")).GetContainerID())
	Inject(ctx, fault.Delay(200*time.Millisecond), On(db), From(shop))
	Expect(trip(ctx, shop)).To(BeNumerically(">=", 200*time.Millisecond))
	return net, shop
}

var peers = map[string]suite{
	"whose peer moves to another address keeps the fault between the two": {specs: func() {
		It("moves", func(ctx SpecContext) {
			net, shop := between(ctx)
			before := addressOf(ctx, shop)
			command(ctx, "network", "disconnect", net.Name(), shop.ID())
			// Somebody else has the old address now.
			other := Attach(ctx, own(ctx, net.As("other")).GetContainerID())
			command(ctx, "network", "connect", "--alias=shop", net.Name(), shop.ID())
			Expect(addressOf(ctx, shop)).NotTo(Equal(before))
			Eventually(func() time.Duration { return trip(ctx, shop) }).WithTimeout(5 * time.Second).Should(BeNumerically(">=", 200*time.Millisecond))
			Expect(trip(ctx, other)).To(BeNumerically("<", 150*time.Millisecond), "nothing is touched that was not asked for")
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"whose peer is restarted keeps the fault between the two": {specs: func() {
		It("restarts", func(ctx SpecContext) {
			_, shop := between(ctx)
			command(ctx, "restart", "--time=5", shop.ID())
			Eventually(ctx, page(shop).Sample).WithTimeout(10 * time.Second).Should(HaveField("Healthy()", true))
			Eventually(func() time.Duration { return trip(ctx, shop) }).WithTimeout(5 * time.Second).Should(BeNumerically(">=", 200*time.Millisecond))
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},
}
