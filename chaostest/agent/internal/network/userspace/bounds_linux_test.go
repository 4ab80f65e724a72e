package userspace_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = Describe("A path", func() {
	It("holds a bounded amount and counts the rest as lost", func() {
		const held, count = 1 << 20, 2000 // 2 KiB for a small packet
		p := newPair()
		path, err := userspace.OpenHolding(p.config(userspace.Config{Direction: fault.Egress, Delay: 30 * time.Second}), held)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(path.Close)
		p.redirect(fault.Egress, path.Index())
		listener := p.peer.listenUDP(p.peer.v4)
		sender := p.target.dialUDP(listener)
		for i := range count {
			send(sender, i)
		}
		Eventually(path.Stats).Should(HaveField("Received", BeNumerically(">=", count)))
		s := path.Stats()
		Expect(s.Held).To(And(BeNumerically(">", 400), BeNumerically("<=", held/2048)))
		Expect(s.Lost).To(Equal(s.Received - s.Held))
		p.pass(fault.Egress)
		Expect(path.Close()).To(Succeed())
		Expect(numbers(listener, 400)).To(Equal(upTo(400)), "the first packets are held")
	})

	It("never lets frames that the kernel sends on the TAP onto the link", func() {
		p := newPair()
		path, err := userspace.Open(p.config(userspace.Config{Direction: fault.Egress}))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(path.Close)
		Expect(p.target.run("ip", "-6", "address", "show", path.Name())).To(BeEmpty())
		p.target.run("ip", "link", "set", path.Name(), "arp", "on")
		p.target.run("ip", "address", "add", "10.99.0.1/24", "dev", path.Name())
		Expect(p.target.command("ping", "-c", "1", "-W", "1", "10.99.0.2").Run()).NotTo(Succeed())
		frames, _ := p.target.framesOn(path.Name())
		Expect(frames).To(BeNumerically(">", 0), "an ARP request left through the TAP")
		Expect(path.Stats()).To(BeZero())
	})

	It("drops what a link with its other end down refuses, and goes on when it is up again", func() {
		p := newPair()
		path := p.delayed(userspace.Config{Direction: fault.Egress, Delay: time.Millisecond})
		sender := p.target.dialUDP(p.peer.listenUDP(p.peer.v4))
		p.peer.run("ip", "link", "set", "eth0", "down")
		send(sender, 1)
		Eventually(path.Stats).WithTimeout(5 * time.Second).Should(HaveField("Lost", BeNumerically(">", 0)))
		p.peer.run("ip", "link", "set", "eth0", "up")
		p.peer.run("ip", "neighbour", "replace", p.target.v4, "lladdr", p.target.mac, "dev", "eth0")
		p.target.run("ip", "neighbour", "replace", p.peer.v4, "lladdr", p.peer.mac, "dev", "eth0")
		p.peer.ping(p.target.v4, 3)
	})

	It("does not wake up while there is nothing to do", func() {
		p := newPair()
		path, err := userspace.Open(p.config(userspace.Config{Direction: fault.Ingress, Delay: time.Second}))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(path.Close)
		var thread string
		Eventually(func() string {
			thread = threadNamed(path.Name())
			return thread
		}).ShouldNot(BeEmpty())
		asleep := switches(thread)
		Eventually(func() bool { before := asleep; asleep = switches(thread); return before == asleep }).Should(BeTrue())
		Consistently(func() string { return switches(thread) }).WithTimeout(500 * time.Millisecond).Should(Equal(asleep))
	})

	It("leaves no goroutine and no file descriptor behind", func() {
		p := newPair()
		both := func() {
			for _, d := range []fault.Direction{fault.Egress, fault.Ingress} {
				c := p.config(userspace.Config{Direction: d, Delay: time.Second})
				path, err := userspace.Open(c)
				Expect(err).NotTo(HaveOccurred())
				Expect(path.Close()).To(Succeed())
				c.LinkIndex = 999
				_, err = userspace.Open(c)
				Expect(err).To(HaveOccurred())
			}
		}
		both() // Go's runtime and the libraries open some files once
		routines, files := gleak.Goroutines(), descriptors()
		for range 20 {
			both()
		}
		Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(routines))
		Eventually(descriptors).Should(ConsistOf(files))
	})
})

func descriptors() []string {
	GinkgoHelper()
	all, err := filepath.Glob("/proc/self/fd/*")
	Expect(err).NotTo(HaveOccurred())
	var open []string
	for _, fd := range all {
		if what, err := os.Readlink(fd); err == nil { // this skips the directory that Glob had open
			open = append(open, regexp.MustCompile(`socket:.*`).ReplaceAllString(what, "socket"))
		}
	}
	return open
}

// threadNamed is the folder in /proc of the thread with this name.
func threadNamed(name string) string {
	GinkgoHelper()
	all, err := filepath.Glob("/proc/self/task/*/comm")
	Expect(err).NotTo(HaveOccurred())
	for _, comm := range all {
		if is, err := os.ReadFile(comm); err == nil && strings.TrimSpace(string(is)) == name {
			return filepath.Dir(comm)
		}
	}
	return ""
}

var slept = regexp.MustCompile(`(?m)^voluntary_ctxt_switches:.*$`)

func switches(thread string) string {
	GinkgoHelper()
	status, err := os.ReadFile(filepath.Join(thread, "status"))
	Expect(err).NotTo(HaveOccurred())
	return string(slept.Find(status))
}
