package docker

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// capabilities are all the capabilities of the agent's container, each with its reason.
var capabilities = []string{
	"NET_ADMIN",  // qdiscs, filters and TAP devices in a target's network namespace
	"NET_RAW",    // send delayed packets on a target's interface (AF_PACKET)
	"SYS_ADMIN",  // setns into a target's network namespace; load the BPF classifier; note on a cgroup what a fault has set (trusted.* attributes)
	"SYS_PTRACE", // open /proc/PID/ns/net of a target
	"SYS_NICE",   // run the thread that renews leases before other programs
}

// Host is the engine's machine, on which all its containers run.
type Host struct{ driver *Driver }

var _ driver.Host = (*Host)(nil)

// Host is the machine that the engine runs on.
func (d *Driver) Host() *Host { return &Host{d} }

// ID is the engine's address: "docker unix:///var/run/docker.sock".
func (h *Host) ID() string { return "docker " + h.driver.client.DaemonHost() }

// StartAgent starts the agent's container: an image from scratch with one static
// binary, no network, the host's PID and cgroup namespaces, a read-only root,
// and the capabilities above.
func (h *Host) StartAgent(ctx context.Context, build driver.AgentBuilder) (driver.AgentConn, error) {
	image, err := h.driver.agentImage(ctx, build)
	if err != nil {
		return nil, err
	}
	id, err := h.create(ctx, image.ref)
	if errdefs.IsNotFound(err) {
		if err := image.provide(ctx, h.driver); err != nil {
			return nil, err
		}
		id, err = h.create(ctx, image.ref)
	}
	if err != nil {
		return nil, fmt.Errorf("create the agent's container from %s: %w", image.ref, err)
	}
	conn, err := h.attachAndStart(ctx, id)
	if err != nil {
		// AutoRemove covers only containers that have run.
		_, _ = h.driver.client.ContainerRemove(context.WithoutCancel(ctx), id, client.ContainerRemoveOptions{Force: true})
		return nil, err
	}
	return conn, nil
}

func (h *Host) create(ctx context.Context, image string) (id string, err error) {
	labels := testcontainers.GenericLabels()
	labels[OwnLabel] = "agent"
	created, err := h.driver.client.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{
			Image:       image,
			Labels:      labels,
			OpenStdin:   true,
			StdinOnce:   true, // when our connection closes, the agent's input ends
			AttachStdin: true, AttachStdout: true, AttachStderr: true,
		},
		HostConfig: &container.HostConfig{
			AutoRemove:     true,
			NetworkMode:    "none",
			PidMode:        "host",
			CgroupnsMode:   container.CgroupnsModeHost,
			UsernsMode:     "host", // BPF works in the first user namespace only
			ReadonlyRootfs: true,
			CapDrop:        []string{"ALL"},
			CapAdd:         capabilities,
			// AppArmor's profile for containers forbids access to processes with another
			// profile, and a target may have any profile.
			SecurityOpt: []string{"apparmor=unconfined"},
			Binds:       []string{"/sys/fs/cgroup:/sys/fs/cgroup:rw"},
			LogConfig:   container.LogConfig{Type: "none"},
			Resources: container.Resources{
				// The most that the kernel takes: on a busy machine the agent's few milliseconds
				// come before those of other containers.
				CPUShares: 1 << 18,
				Devices:   []container.DeviceMapping{{PathOnHost: "/dev/net/tun", PathInContainer: "/dev/net/tun", CgroupPermissions: "rwm"}},
			},
		},
	})
	return created.ID, err
}

func (h *Host) attachAndStart(ctx context.Context, id string) (driver.AgentConn, error) {
	attached, err := h.driver.client.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return nil, fmt.Errorf("attach to the agent's container: %w", err)
	}
	if _, err := h.driver.client.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		attached.Close()
		return nil, fmt.Errorf("start the agent's container: %w: the agent needs /dev/net/tun, /sys/fs/cgroup and the capabilities %v", err, capabilities)
	}
	return newAgentConn(attached.HijackedResponse), nil
}
