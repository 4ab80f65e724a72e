package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// AgentImageVariable names the environment variable with an image of the agent
// to use instead of building one, for machines without a Go toolchain.
const AgentImageVariable = "CHAOSGATE_AGENT_IMAGE"

// capabilities are all that the agent's container gets, each for a reason.
var capabilities = []string{
	"NET_ADMIN",  // qdiscs, filters and TAP devices in a target's network namespace
	"NET_RAW",    // put held packets back on a target's interface (AF_PACKET)
	"SYS_ADMIN",  // setns into a target's network namespace; load the BPF classifier
	"SYS_PTRACE", // open /proc/PID/ns/net of a target
}

// StartAgent starts the agent's container: an image from scratch with one static
// binary, no network, the host's PID and cgroup namespaces, a read-only root,
// and the four capabilities above.
func (d *Driver) StartAgent(ctx context.Context, build driver.AgentBuilder) (driver.AgentConn, error) {
	image, err := d.agentImage(ctx, build)
	if err != nil {
		return nil, err
	}
	labels := testcontainers.GenericLabels()
	labels[OwnLabel] = "agent"
	created, err := d.client.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{
			Image:       image,
			Labels:      labels,
			OpenStdin:   true,
			StdinOnce:   true, // the end of our connection is the end of the agent's input
			AttachStdin: true, AttachStdout: true, AttachStderr: true,
		},
		HostConfig: &container.HostConfig{
			AutoRemove:     true,
			NetworkMode:    "none",
			PidMode:        "host",
			CgroupnsMode:   container.CgroupnsModeHost,
			UsernsMode:     "host", // BPF is for the first user namespace only
			ReadonlyRootfs: true,
			CapDrop:        []string{"ALL"},
			CapAdd:         capabilities,
			// AppArmor's profile for containers forbids looking at processes under
			// another profile, and targets may have any.
			SecurityOpt: []string{"apparmor=unconfined"},
			Binds:       []string{"/sys/fs/cgroup:/sys/fs/cgroup:rw"},
			LogConfig:   container.LogConfig{Type: "none"},
			Resources: container.Resources{
				Devices: []container.DeviceMapping{{PathOnHost: "/dev/net/tun", PathInContainer: "/dev/net/tun", CgroupPermissions: "rwm"}},
			},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("create the agent's container from %s: %w", image, err)
	}
	conn, err := d.attachAndStart(ctx, created.ID)
	if err != nil {
		// AutoRemove covers only containers that have run.
		_, _ = d.client.ContainerRemove(context.WithoutCancel(ctx), created.ID, client.ContainerRemoveOptions{Force: true})
		return nil, err
	}
	return conn, nil
}

func (d *Driver) attachAndStart(ctx context.Context, id string) (driver.AgentConn, error) {
	attached, err := d.client.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return nil, fmt.Errorf("attach to the agent's container: %w", err)
	}
	if _, err := d.client.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		attached.Close()
		return nil, fmt.Errorf("start the agent's container: %w: the agent needs /dev/net/tun, /sys/fs/cgroup and the capabilities %v", err, capabilities)
	}
	return newAgentConn(id, attached.HijackedResponse), nil
}

// agentImage is the image named by the environment, or one made of the binary
// that build makes; its tag is the binary's hash, so that it is made once for each content.
func (d *Driver) agentImage(ctx context.Context, build driver.AgentBuilder) (string, error) {
	if image := os.Getenv(AgentImageVariable); image != "" {
		ok, err := d.imageExists(ctx, image)
		if err == nil && !ok {
			err = fmt.Errorf("agent image %s (from %s): the daemon does not have it: pull it first, or unset the variable to build the agent", image, AgentImageVariable)
		}
		return image, err
	}
	architecture, err := d.architecture(ctx)
	if err != nil {
		return "", err
	}
	binary, err := build(ctx, architecture)
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return "", fmt.Errorf("read the agent's binary: %w", err)
	}
	sum := sha256.Sum256(content)
	image := "chaosgate-agent:" + hex.EncodeToString(sum[:8])
	ok, err := d.imageExists(ctx, image)
	if err != nil || ok {
		return image, err
	}
	return image, d.importImage(ctx, image, rootfs("chaosgate-agent", content),
		`ENTRYPOINT ["/chaosgate-agent"]`, "LABEL "+OwnLabel+"=agent")
}
