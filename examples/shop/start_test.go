package shop_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
)

func TestShop(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Shop")
}

// refs are the references of the images. Each process makes them once.
var refs struct{ redis, catalogue, shop string }

var _ = BeforeSuite(func(ctx SpecContext) {
	build := images.Shop
	if os.Getenv("SHOP_BUILD") == "careless" {
		build = images.ShopCareless
	}
	for ref, make := range map[*string]func(context.Context) (string, error){
		&refs.redis: images.Redis, &refs.catalogue: images.Catalogue, &refs.shop: build,
	} {
		var err error
		*ref, err = make(ctx)
		Expect(err).NotTo(HaveOccurred())
	}
}, NodeTimeout(5*time.Minute))

// start starts the shop and its dependencies.
func start(ctx context.Context) (redis, catalogue, shop *Service) {
	GinkgoHelper()
	net := Network(ctx)
	redis = Run(ctx, refs.redis, net.As("redis"),
		testcontainers.WithWaitStrategy(wait.ForLog("Ready to accept connections")))
	catalogue = Run(ctx, refs.catalogue, net.As("catalogue"))
	shop = Run(ctx, refs.shop, net.As("shop"), testcontainers.WithExposedPorts("8080/tcp"),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			host.NanoCPUs = 500_000_000
			host.Memory = 128 << 20
		}),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/healthz").WithPort("8080/tcp")))
	return redis, catalogue, shop
}
