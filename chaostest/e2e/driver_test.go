package e2e_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

func TestTheDockerDriverConforms(t *testing.T) {
	if os.Getenv(victimVariable) != "" {
		return // this process is the victim of another test
	}
	g := NewWithT(t)
	image, err := images.Redis(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	engine, err := docker.New(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(engine.Close()).To(Succeed()) })

	name := fmt.Sprintf("chaosgate-conforms-%d", os.Getpid()%1e5)
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts("6379/tcp"), testcontainers.WithWaitStrategy(wait.ForLog("Ready to accept connections")),
		testcontainers.CustomizeRequestOption(func(r *testcontainers.GenericContainerRequest) error { r.Name = name; return nil }),
	}
	redis := scope.New(t, docker.Connect).Run(t.Context(), docker.Image(image, options...))
	drivertest.Conform(t, drivertest.Subject{
		Driver: engine, Target: name, Port: "6379/tcp", Unpublished: "6380/tcp",
		Command: []string{"redis-cli", "--no-such-option"}, Code: 1, Output: "Unrecognized option",
		Say: func(ctx context.Context, text string) error {
			_, _, err := redis.Exec(ctx, "redis-cli", "eval", "redis.log(redis.LOG_WARNING, ARGV[1])", "0", text)
			return err
		},
		Stop:   func(ctx context.Context) error { return docker.Testcontainer(redis.Target).Stop(ctx, nil) },
		Remove: func(ctx context.Context) error { return docker.Testcontainer(redis.Target).Terminate(ctx) },
		Recreate: func(ctx context.Context) error {
			again, err := testcontainers.Run(ctx, image, options...)
			testcontainers.CleanupContainer(t, again)
			return err
		},
	})
}
