package world_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// groups are the directories of the container's cgroups, by controller. On cgroup v2 the
// only key is "".
func groups(ctx context.Context, s *Service) map[string]string {
	GinkgoHelper()
	lines, err := os.ReadFile("/proc/" + pid(ctx, s) + "/cgroup")
	Expect(err).NotTo(HaveOccurred())
	dirs := map[string]string{}
	for line := range strings.Lines(string(lines)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		for controller := range strings.SplitSeq(parts[1], ",") {
			dir := filepath.Join("/sys/fs/cgroup", controller, parts[2])
			if _, err := os.Stat(dir); err == nil && strings.Contains(parts[2], s.ID()) {
				dirs[controller] = dir
			}
		}
	}
	Expect(dirs).NotTo(BeEmpty())
	return dirs
}

// number reads one number of a controller's file.
func number(dirs map[string]string, controller, v1, v2, key string) float64 {
	GinkgoHelper()
	dir, file := dirs[controller], v1
	if dir == "" {
		dir, file = dirs[""], v2
	}
	content, err := os.ReadFile(filepath.Join(dir, file))
	Expect(err).NotTo(HaveOccurred())
	text := strings.TrimSpace(string(content))
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, key+" "); ok && key != "" {
			text = strings.TrimSpace(value)
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	Expect(err).NotTo(HaveOccurred())
	return n
}

// used is the processor time of the container, in seconds.
func used(dirs map[string]string) float64 {
	GinkgoHelper()
	if dirs["cpuacct"] != "" {
		return number(dirs, "cpuacct", "cpuacct.usage", "", "") / 1e9
	}
	return number(dirs, "", "", "cpu.stat", "usage_usec") / 1e6
}

// join is a shell command that moves its shell into the container's cgroups, and then
// runs another one there.
func join(ctx context.Context, dirs map[string]string, script string, arguments ...string) *exec.Cmd {
	var moves strings.Builder
	for _, dir := range dirs {
		fmt.Fprintf(&moves, "echo $$ > %s/cgroup.procs; ", dir)
	}
	return exec.CommandContext(ctx, "sh", append([]string{"-c", moves.String() + script, "sh"}, arguments...)...)
}

// tick adds a line to a file again and again, from the container's cgroups.
func tick(ctx context.Context, dirs map[string]string) (ticks func() int) {
	GinkgoHelper()
	file := filepath.Join(GinkgoT().TempDir(), "ticks")
	command := join(context.WithoutCancel(ctx), dirs, `while :; do echo tick >> "$1"; sleep 0.02; done`, file)
	Expect(command.Start()).To(Succeed())
	DeferCleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	ticks = func() int {
		content, _ := os.ReadFile(file)
		return strings.Count(string(content), "\n")
	}
	Eventually(ctx, ticks).Should(BeNumerically(">", 2))
	return ticks
}

// passing counts the ticks of half a second.
func passing(ticks func() int) int {
	before := ticks()
	time.Sleep(500 * time.Millisecond) // what is counted is this span
	return ticks() - before
}

// requota gives the container another quota, as somebody else would. Podman 4 has no such
// request in its API.
func requota(ctx context.Context, s *Service, cores float64) {
	GinkgoHelper()
	output, err := exec.CommandContext(ctx, "docker", "update", fmt.Sprintf("--cpus=%g", cores), s.ID()).CombinedOutput()
	if err == nil {
		return
	}
	Expect(string(output)).To(ContainSubstring("Not Found"))
	needRoot()
	dirs := groups(ctx, s)
	file, value := filepath.Join(dirs["cpu"], "cpu.cfs_quota_us"), fmt.Sprint(int(cores*100_000))
	if dirs["cpu"] == "" {
		file, value = filepath.Join(dirs[""], "cpu.max"), value+" 100000"
	}
	Expect(os.WriteFile(file, []byte(value), 0o600)).To(Succeed())
}

func needRoot() {
	if os.Geteuid() != 0 {
		Skip("needs root to look into other cgroups")
	}
}

var resources = map[string]suite{
	"whose first process lives in a group below the container's has all of it paused": {specs: func() {
		It("pauses", func(ctx SpecContext) {
			s := redis(ctx)
			dirs := groups(ctx, s)
			// docker:dind, systemd and kind's images move their first process like that.
			for controller, dir := range dirs {
				if strings.HasPrefix(controller, "name=") || controller == "cpuset" {
					continue // a new cpuset takes no process before it has processors
				}
				below := filepath.Join(dir, "init")
				Expect(os.Mkdir(below, 0o755)).To(Succeed())
				DeferCleanup(func() { _ = os.Remove(below) })
				Expect(os.WriteFile(filepath.Join(below, "cgroup.procs"), []byte(pid(ctx, s)), 0o600)).To(Succeed())
			}
			ticks := tick(ctx, dirs)
			hung := Inject(ctx, fault.Pause(), On(s))
			Expect(passing(ticks)).To(BeZero(), "a process beside the first one's group goes on")
			Expect(frozen(s)(ctx)).To(BeTrue(), "the first process goes on")
			hung.Revert(ctx)
			Expect(passing(ticks)).To(BeNumerically(">", 2))
			command(ctx, "rm", "--force", s.ID())
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"has its fault over the processes that come later": {specs: func() {
		later := func(ctx context.Context, dirs map[string]string, script string, arguments ...string) {
			GinkgoHelper()
			process := join(ctx, dirs, script, arguments...)
			Expect(process.Start()).To(Succeed())
			DeferCleanup(func() {
				_ = process.Process.Kill()
				_ = process.Wait()
			})
		}
		It("pauses", func(ctx SpecContext) {
			s := redis(ctx)
			file := filepath.Join(GinkgoT().TempDir(), "late")
			hung := Inject(ctx, fault.Pause(), On(s))
			later(ctx, groups(ctx, s), `while :; do echo tick >> "$1"; sleep 0.02; done`, file)
			Consistently(func() error { _, err := os.Stat(file); return err }, "500ms").Should(MatchError(os.ErrNotExist))
			hung.Revert(ctx)
			Eventually(func() ([]byte, error) { return os.ReadFile(file) }).WithTimeout(10 * time.Second).ShouldNot(BeEmpty())
		})
		It("throttles", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(func(h *container.HostConfig) { h.NanoCPUs = 5e8 }))
			dirs := groups(ctx, s)
			Inject(ctx, fault.CPUThrottle(0.2), On(s))
			for range 3 {
				later(ctx, dirs, `while :; do :; done`)
			}
			before, began := used(dirs), time.Now()
			time.Sleep(2 * time.Second) // the span that is measured
			Expect((used(dirs)-before)/time.Since(began).Seconds()).To(BeNumerically("<", 0.12), "a fifth of half a processor")
		})
	}, verdict: gate.Pass, words: "2 specs passed with 2 injections"},

	"that burns a small share of a small quota gets that share, or hears why not": {specs: func() {
		for _, c := range []struct{ cores, share float64 }{{0.1, 0.1}, {0.02, 0.5}} {
			It(fmt.Sprintf("burns %g of %g", c.share, c.cores), func(ctx SpecContext) {
				s := redis(ctx, hostConfig(func(h *container.HostConfig) { h.NanoCPUs = int64(c.cores * 1e9) }))
				dirs := groups(ctx, s)
				idle, began := used(dirs), time.Now()
				time.Sleep(2 * time.Second) // what Redis uses by itself
				idle = (used(dirs) - idle) / time.Since(began).Seconds()
				_, err := TryInject(ctx, fault.CPUBurn(fault.Share(c.share)), On(s))
				if err != nil {
					Expect(err).To(MatchError(ContainSubstring("the burner itself")))
					return
				}
				before, began := used(dirs), time.Now()
				time.Sleep(4 * time.Second) // the span that is measured
				share := (used(dirs) - before) / time.Since(began).Seconds() / c.cores
				Expect(share).To(BeNumerically("~", max(c.share, idle/c.cores), 0.02), "Redis alone uses %.3f", idle/c.cores)
			})
		}
	}, verdict: gate.Pass, words: "2 specs passed"},

	"whose service frees memory just before the end has had the fill": {specs: func() {
		It("frees", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(func(h *container.HostConfig) { h.Memory = 256 << 20 }))
			_, _, err := s.Exec(ctx, "redis-cli", "setrange", "big", strconv.Itoa(60<<20), "x")
			Expect(err).NotTo(HaveOccurred())
			full := Inject(ctx, fault.MemoryFill(80*Percent), On(s))
			time.Sleep(2 * time.Second) // the fault lasts
			_, _, err = s.Exec(ctx, "redis-cli", "del", "big")
			Expect(err).NotTo(HaveOccurred())
			full.Revert(ctx)
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"whose container is full of file cache has its memory filled": {specs: func() {
		It("fills", func(ctx SpecContext) {
			needRoot()
			s := redis(ctx, hostConfig(func(h *container.HostConfig) { h.Memory = 256 << 20 }))
			dirs := groups(ctx, s)
			file := filepath.Join(GinkgoT().TempDir(), "often-read")
			Expect(os.WriteFile(file, make([]byte, 220<<20), 0o600)).To(Succeed())
			// What is in no cache yet is charged to the group that reads it. What is read
			// twice is active cache.
			drop := exec.CommandContext(ctx, "dd", "if="+file, "iflag=nocache", "count=0", "status=none")
			Expect(exec.CommandContext(ctx, "sync", file).Run()).To(Succeed())
			Expect(drop.Run()).To(Succeed())
			output, err := join(ctx, dirs, `cat "$1" "$1" "$1" > /dev/null`, file).CombinedOutput()
			Expect(err).NotTo(HaveOccurred(), "%s", output)
			active := number(dirs, "memory", "memory.stat", "memory.stat", "active_file")
			Expect(active).To(BeNumerically(">", 150<<20), "active file cache")

			Inject(ctx, fault.MemoryFill(60*Percent), On(s))
			anonymous := "anon"
			if dirs["memory"] != "" {
				anonymous = "rss"
			}
			Expect(number(dirs, "memory", "memory.stat", "memory.stat", anonymous)).To(BeNumerically(">=", 0.55*256*(1<<20)))
			Expect(number(dirs, "memory", "memory.stat", "memory.stat", "active_file")).To(BeNumerically("<", active), "the kernel gives cache up")
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"in which somebody thaws a paused container is a tool failure": {specs: func() {
		It("pauses", func(ctx SpecContext) {
			needRoot()
			s := redis(ctx)
			dirs := groups(ctx, s)
			Inject(ctx, fault.Pause(), On(s))
			file, value := filepath.Join(dirs["freezer"], "freezer.state"), "THAWED"
			if dirs["freezer"] == "" {
				file, value = filepath.Join(dirs[""], "cgroup.freeze"), "0"
			}
			Expect(os.WriteFile(file, []byte(value), 0o600)).To(Succeed())
			time.Sleep(500 * time.Millisecond) // the agent looks several times a second
		})
	}, verdict: gate.ToolFailure, words: "the fault was not in force all the time"},

	"that changes limits on purpose under a burn and a fill passes": {specs: func() {
		It("burns", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(func(h *container.HostConfig) { h.CPUQuota = 50_000 }))
			busy := Inject(ctx, fault.CPUBurn(40*Percent), On(s))
			time.Sleep(time.Second) // the fault lasts
			command(ctx, "update", "--cpu-quota=40000", s.ID())
			time.Sleep(time.Second)
			busy.Revert(ctx)
			Expect(busy.Evidence(ctx)).To(HaveField("Record().Evidence.Summary", And(
				ContainSubstring("somebody updated redis through the engine at "), ContainSubstring("to 40000"))))
		})
		It("fills", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(func(h *container.HostConfig) { h.Memory, h.MemorySwap = 128<<20, 128<<20 }))
			full := Inject(ctx, fault.MemoryFill(60*Percent), On(s))
			command(ctx, "update", "--memory=192m", "--memory-swap=192m", s.ID())
			time.Sleep(time.Second) // the fault lasts
			full.Revert(ctx)
			Expect(full.Evidence(ctx)).To(HaveField("Record().Evidence.Summary", And(
				ContainSubstring("somebody updated redis through the engine at "), ContainSubstring("to 201326592"))))
		})
	}, verdict: gate.Pass, words: "2 specs passed with 2 injections"},

	"in which somebody changes the throttled quota is a tool failure": {specs: func() {
		It("throttles", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(func(h *container.HostConfig) { h.NanoCPUs = 5e8 }))
			Inject(ctx, fault.CPUThrottle(50*Percent), On(s))
			requota(ctx, s, 0.4)
			time.Sleep(500 * time.Millisecond) // the agent looks several times a second
		})
	}, verdict: gate.ToolFailure, words: "CPU throttle to 50 % of the quota on redis"},
}
