package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// AgentImageVariable is the name of an environment variable. It names a ready image of
// the agent, for machines without a Go toolchain.
const AgentImageVariable = "CHAOSGATE_AGENT_IMAGE"

// agentImage is the image to start an agent from.
type agentImage struct {
	ref string
	// binary and digest are the program to make the image from. They are empty if the
	// environment names a ready image.
	binary, digest string
}

// agentImage is the image that the environment names, or an image of the program that
// build makes. Its tag is the program's digest, so each program has one image.
func (d *Driver) agentImage(ctx context.Context, build driver.AgentBuilder) (agentImage, error) {
	if ref := os.Getenv(AgentImageVariable); ref != "" {
		return agentImage{ref: ref}, nil
	}
	architecture, err := d.architecture(ctx)
	if err != nil {
		return agentImage{}, err
	}
	binary, digest, err := build(ctx, architecture)
	if err != nil {
		return agentImage{}, err
	}
	const short = 16
	return agentImage{ref: "chaosgate-agent:" + digest[:min(short, len(digest))], binary: binary, digest: digest}, nil
}

// provide makes the image. It is called if the daemon does not have it.
func (i agentImage) provide(ctx context.Context, d *Driver) error {
	if i.binary == "" {
		return fmt.Errorf("agent image %s (from %s): the daemon does not have it: pull it first, or unset the variable to build the agent", i.ref, AgentImageVariable)
	}
	content, err := os.ReadFile(i.binary)
	if err != nil {
		return fmt.Errorf("read the agent's binary: %w", err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != i.digest {
		return fmt.Errorf("read the agent's binary: %s was changed after it was built: remove it to have it built again", i.binary)
	}
	return d.importImage(ctx, i.ref, rootfs("chaosgate-agent", content),
		`ENTRYPOINT ["/chaosgate-agent"]`, "LABEL "+OwnLabel+"=agent")
}
