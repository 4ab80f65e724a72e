package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

var pingTime = regexp.MustCompile(`time=([\d.]+) ms`)

// ping measures round trips from the host to the container.
func ping(ctx context.Context, t *bench, to netip.Addr) []time.Duration {
	output, err := exec.CommandContext(ctx, "ping", "-c", "200", "-i", "0.02", "-W", "2", to.String()).Output()
	if err != nil {
		t.Fatalf("ping %s: %v: is iputils-ping installed?", to, err)
	}
	var all []time.Duration
	for _, found := range pingTime.FindAllSubmatch(output, -1) {
		value, err := strconv.ParseFloat(string(found[1]), 64)
		t.must(err)
		all = append(all, time.Duration(value*1e6))
	}
	if len(all) == 0 {
		t.Fatalf("ping %s: no answers: %s", to, output)
	}
	return all
}

// where is the container's first process and one of its IPv4 addresses.
func where(ctx context.Context, t *bench, s *scope.Service) (int, netip.Addr) {
	state, err := s.State(ctx)
	t.must(err)
	for _, all := range state.Addresses {
		for _, a := range all {
			if a.Is4() {
				found, err := docker.Testcontainer(s.Target).Inspect(ctx)
				t.must(err)
				return found.State.Pid, a
			}
		}
	}
	t.Fatalf("container %s has no IPv4 address", s.Name())
	return 0, netip.Addr{}
}

func delayAccuracy(ctx context.Context, t *bench, x *scope.Scope, image string) []row {
	s := x.Run(ctx, docker.Image(image))
	_, to := where(ctx, t, s)
	plain := ping(ctx, t, to)
	rows := []row{times("ping, no fault", plain, "")}
	// ping prints three digits: from 100 ms on they are whole milliseconds.
	for _, delay := range []time.Duration{5 * time.Millisecond, 99 * time.Millisecond} {
		slow := x.Inject(ctx, fault.Delay(delay), scope.On(s))
		got := ping(ctx, t, to)
		off := make([]time.Duration, len(got))
		for n, d := range got {
			off[n] = d - delay - quantile(plain, 0.5)
		}
		path := slow.Attestations()[0].Path
		slow.Revert(ctx)
		rows = append(rows, row{
			what: fmt.Sprintf("delay %s (%s): error of the round trip", delay, path),
			p50:  ms(quantile(off, 0.5)), p95: ms(quantile(off, 0.95)), n: len(off),
			beside: fmt.Sprintf("p99 %s; netem itself about 0.1 ms", ms(quantile(off, 0.99))),
		})
	}
	return rows
}

func stream(ctx context.Context, t *bench, x *scope.Scope, image string) []row {
	net := scope.Network(ctx, x, docker.Bridge())
	server := x.Run(ctx, docker.Image(image, net.As("server")))
	sender := x.Run(ctx, docker.Image(image, net.As("sender")))
	serverPID, to := where(ctx, t, server)
	senderPID, _ := where(ctx, t, sender)
	measure := func() float64 {
		// One connection is served, then the server ends.
		listening := exec.CommandContext(ctx, "nsenter", "-t", fmt.Sprint(serverPID), "-n", "iperf3", "-s", "-1", "--forceflush")
		output, err := listening.StdoutPipe()
		t.must(err)
		t.must(listening.Start())
		defer func() { _ = listening.Wait() }()
		// Wait until the server says that it listens.
		var said bytes.Buffer
		for buffer := make([]byte, 256); !bytes.Contains(said.Bytes(), []byte("Server listening")); {
			n, err := output.Read(buffer)
			t.must(err)
			said.Write(buffer[:n])
		}
		result, err := exec.CommandContext(ctx, "nsenter", "-t", fmt.Sprint(senderPID), "-n", "iperf3", "-c", to.String(), "-t", "3", "-J").Output()
		t.must(err)
		var answer struct {
			End struct {
				Received struct {
					Bits float64 `json:"bits_per_second"`
				} `json:"sum_received"`
			} `json:"end"`
		}
		t.must(json.Unmarshal(result, &answer))
		return answer.End.Received.Bits / 1e9
	}
	plain := measure()
	slow := x.Inject(ctx, fault.Delay(5*time.Millisecond), scope.On(sender), scope.Via(fault.UserSpacePath))
	delayed := measure()
	slow.Revert(ctx)
	gbit := func(v float64) string { return fmt.Sprintf("%.2f Gbit/s", v) }
	return []row{
		{what: "one TCP stream, plain veth", p50: gbit(plain), n: 1},
		{
			what: "one TCP stream, 5 ms, user-space path", p50: gbit(delayed), n: 1,
			beside: fmt.Sprintf("%.0f %% of the plain veth in the same run", 100*delayed/plain),
		},
	}
}
