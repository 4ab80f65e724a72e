package world_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/scope"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// say makes Redis write a line to its log.
func say(ctx context.Context, s *Service, text string) {
	GinkgoHelper()
	code, output, err := s.Exec(ctx, "redis-cli", "eval", "redis.log(redis.LOG_WARNING, ARGV[1])", "0", text)
	Expect(err).NotTo(HaveOccurred())
	Expect(code).To(BeZero(), "%s", output)
}

// started starts Redis as a user of this library does.
func started(ctx context.Context) *Service {
	GinkgoHelper()
	return Run(ctx, os.Getenv(redisVariable), testcontainers.WithExposedPorts("6379/tcp"),
		testcontainers.WithWaitStrategy(wait.ForLog("Ready to accept connections")))
}

// missing asks for something that is never there.
func missing(s *Service) probe.Probe { return probe.Exec(s, "redis-cli", "--no-such-option") }

// The log as people see it, in lines that may be indented and have other lines between them.
const (
	began = `(?s)redis \(target, probed\) wrote since the spec began at [0-9:.]+:\n.*--- began: delay 20ms on redis, egress\n.*[0-9:.]+ .*all replicas are late`
)

var red = map[string]suite{
	"whose service fails says what it wrote, and when": {
		specs: func() {
			It("reads", func(ctx SpecContext) {
				s := started(ctx)
				slow := Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
				takes(ctx, s, ">=", 20*time.Millisecond)
				say(ctx, s, "all replicas are {{red}} late")
				read := Load(ctx, missing(s), PerSecond(20), For(500*time.Millisecond))
				Load(ctx, connect(s), PerSecond(20), For(100*time.Millisecond))
				slow.Revert(ctx)
				say(ctx, s, "too late, and the fault is over")
				Expect(read).To(KeepErrorRateBelow(5*Percent), "reads go on")
			})
		}, verdict: gate.Regression, words: "reads go on: exec redis: redis-cli --no-such-option: error rate below 5 %: 10 of 10 samples failed",
		check: func(r gate.Run) {
			s := r.Specs[0]
			Expect(s.Logs).To(HaveLen(1))
			Expect(len(s.Logs[0].Lines)).To(And(BeNumerically(">", 2), BeNumerically("<=", 20)))
			Expect(s.Logs[0].Faults).To(HaveLen(1))
			Expect(s.Logs[0].Faults[0].From).To(BeTemporally("~", s.Injections[0].Start, time.Millisecond))
			Expect(s.Finding.Logs).To(ConsistOf(MatchRegexp(`^redis wrote last under the fault, at [0-9:.]+: ".*all replicas are {{red}} late"$`)))
			Expect(s.File).To(Equal("chaostest/e2e/world/red_test.go"))
		},
		shows: func(printed, junit string) {
			Expect(printed).To(MatchRegexp(`(?s)all replicas are { {red}} late.*--- ended: delay 20ms on redis, egress\n.*too late, and the fault is over`))
			Expect(printed).To(ContainSubstring("window 1 of tcp redis:6379: 0 errors of 2, without a"))
			Expect(printed).NotTo(ContainSubstring("Creating container"))
			Expect(junit).To(MatchRegexp(`(?s)<failure [^>]*message="reads go on: exec redis: .*<system-out>.*--- began: delay 20ms on redis, egress.*all replicas are {{red}} late`))
			Expect(junit).To(ContainSubstring(`file="chaostest/e2e/world/red_test.go"`))
		},
	},

	"whose AfterEach removes the container still says what it wrote": {specs: func() {
		var s *Service
		AfterEach(func(ctx SpecContext) { command(ctx, "rm", "--force", "--volumes", s.ID()) })
		It("reads", func(ctx SpecContext) {
			s = redis(ctx)
			Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
			takes(ctx, s, ">=", 20*time.Millisecond)
			say(ctx, s, "all replicas are late")
			Expect(missing(s).Sample(ctx)).To(BeLive())
		})
	}, verdict: gate.Regression, words: "all replicas are late", shows: func(printed, _ string) { Expect(printed).To(MatchRegexp(began)) }},

	"whose fault did nothing says what its target wrote": {specs: func() {
		It("is idle", func(ctx SpecContext) {
			s := started(ctx)
			Inject(ctx, fault.Delay(20*time.Millisecond), On(s), Port(1))
			say(ctx, s, "all is calm")
		})
	}, verdict: gate.ToolFailure, words: "all is calm", shows: func(printed, _ string) {
		Expect(printed).To(MatchRegexp(`(?s)--- began: delay.*all is calm.*--- ended: delay`))
	}},

	"whose group ends with a failure says when its fault ended": {specs: func() {
		Describe("group", Ordered, func() {
			var s *Service
			BeforeAll(func(ctx SpecContext) {
				s = started(ctx)
				Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
				takes(ctx, s, ">=", 20*time.Millisecond)
			})
			It("passes", func(ctx SpecContext) { say(ctx, s, "of the first spec") })
			It("fails", func(ctx SpecContext) {
				say(ctx, s, "all replicas are late")
				Expect(missing(s).Sample(ctx)).To(BeLive())
			})
		})
	}, verdict: gate.Regression, words: "all replicas are late", shows: func(printed, _ string) {
		Expect(printed).To(MatchRegexp(`(?s)--- began: delay 20ms on redis, egress\n.*all replicas are late\n.*--- ended: delay`))
		Expect(printed).NotTo(ContainSubstring("of the first spec"))
	}},

	"whose service is gone says so": {specs: func() {
		It("ends", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(removed))
			end(ctx, s)
			Eventually(func() error { _, err := s.State(ctx); return err }).Should(HaveOccurred())
			Expect(missing(s).Sample(ctx)).To(BeLive())
		})
	}, verdict: gate.Regression, words: "no log of redis: container redis is gone (exit code 0)"},

	"whose BeforeSuite waits in vain says what the service wrote": {specs: func() {
		BeforeSuite(func(ctx SpecContext) {
			s := redis(ctx)
			say(ctx, s, "no member has joined")
			Eventually(ctx, missing(s).Sample).WithTimeout(time.Second).Should(BeLive())
		})
		It("never runs", func() {})
	}, verdict: gate.Regression, words: "no member has joined", shows: func(printed, _ string) {
		Expect(printed).To(MatchRegexp(`(?s)redis \(probed\) wrote:\n.*no member has joined`))
	}},

	"whose container does not become ready says what it wrote": {specs: func() {
		It("starts", func(ctx SpecContext) {
			Run(ctx, os.Getenv(redisVariable), testcontainers.WithWaitStrategyAndDeadline(2*time.Second, wait.ForLog("no redis says this")))
		})
	}, verdict: gate.Regression, words: "run image", shows: func(printed, _ string) {
		Expect(printed).To(MatchRegexp(`(?s)testcontainers said last:\n.*\| Waiting for container.*the end of its log:\n.*  \| [0-9:.]+ .*Ready to accept connections`))
	}},

	"whose specs pass shows no log": {specs: func() {
		It("reads", func(ctx SpecContext) { say(ctx, started(ctx), "all is calm") })
		It("cannot read here", func() { Skip("not here") })
	}, verdict: gate.Pass, words: "1 spec passed", shows: func(printed, junit string) {
		Expect(printed).NotTo(ContainSubstring("all is calm"))
		Expect(printed).To(ContainSubstring("1 spec skipped: 1 not here"))
		Expect(junit).To(ContainSubstring(`tests="2" failures="0" errors="0" skipped="1"`))
	}},
}

// plainVictim is a plain test that fails in a process of its own.
const plainVictim = "a plain test"

func TestAPlainTestShowsLogs(t *testing.T) {
	g := NewWithT(t)
	if os.Getenv(suiteVariable) == plainVictim {
		s := scope.New(t, docker.Connect)
		service := s.Run(t.Context(), docker.Image(os.Getenv(redisVariable), testcontainers.WithWaitStrategy(wait.ForLog("Ready to accept connections"))))
		slow := s.Inject(t.Context(), fault.Pause(), scope.On(service))
		slow.Revert(t.Context())
		_, _, err := service.Exec(t.Context(), "redis-cli", "eval", "redis.log(redis.LOG_WARNING, ARGV[1])", "0", "all is calm")
		g.Expect(err).To(MatchError("something else"))
		return
	}
	if os.Getenv(suiteVariable) != "" {
		return // this process runs a suite
	}
	image, err := images.Redis(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAPlainTestShowsLogs$")
	child.Env = append(os.Environ(), suiteVariable+"="+plainVictim, redisVariable+"="+image)
	output, err := child.CombinedOutput()
	g.Expect(err).To(BeAssignableToTypeOf(&exec.ExitError{}))
	g.Expect(string(output)).To(MatchRegexp(`(?s)redis \(target, probed\) wrote since .*--- began: pause on redis\n.*--- ended: pause on redis\n.*all is calm`))
}
