package cgroup

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestMemberships(t *testing.T) {
	g := NewWithT(t)
	got, err := parseMemberships("12:cpu,cpuacct:/docker/4f5e\n1:name=systemd:/docker/4f5e\n0::/system.slice/docker-4f5e.scope\n")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(got).To(Equal([]membership{
		{controllers: []string{"cpu", "cpuacct"}, path: "/docker/4f5e"},
		{controllers: []string{"name=systemd"}, path: "/docker/4f5e"},
		{path: "/system.slice/docker-4f5e.scope"},
	}))
	// A path may hold colons.
	got, err = parseMemberships("0::/user.slice/app-a:b.scope\n")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(got[0].path).To(Equal("/user.slice/app-a:b.scope"))
	for _, bad := range []string{"x\n", "0:/a\n", "0::a\n", "\n"} {
		_, err := parseMemberships(bad)
		g.Expect(err).To(MatchError(ContainSubstring("not ID:CONTROLLERS:/PATH")), bad)
	}
}

func TestMounts(t *testing.T) {
	g := NewWithT(t)
	got, err := parseMounts(`22 27 0:21 / /proc rw,nosuid shared:12 - proc proc rw
33 24 0:28 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate
36 32 0:32 /docker/4f5e /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:16 - cgroup cgroup rw,cpu,cpuacct
40 32 0:40 / /a\040b\134c rw - cgroup2 none rw
41 1 0:41 / /short rw - tmpfs
`)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(got).To(Equal([]mount{
		{root: "/", point: "/sys/fs/cgroup/unified", version: 2, writable: true},
		{root: "/docker/4f5e", point: "/sys/fs/cgroup/cpu,cpuacct", version: 1, options: []string{"rw", "cpu", "cpuacct"}},
		{root: "/", point: `/a b\c`, version: 2, writable: true},
	}))
	for _, bad := range []string{"x\n", "1 2 3 4 5 6\n", "1 - cgroup\n"} {
		_, err := parseMounts(bad)
		g.Expect(err).To(HaveOccurred(), bad)
	}
}

func TestMountDirectory(t *testing.T) {
	for _, c := range []struct {
		root, group, want string
		ok                bool
	}{
		{"/", "/docker/a", "/cg/docker/a", true},
		{"/docker/a", "/docker/a", "/cg", true},
		{"/docker/a", "/docker/a/init", "/cg/init", true},
		{"/docker/a", "/docker/ab", "", false},
		{"/docker/a", "/", "", false},
	} {
		got, ok := mount{root: c.root, point: "/cg"}.dir(c.group)
		NewWithT(t).Expect([]any{got, ok}).To(Equal([]any{c.want, c.ok}), "%+v", c)
	}
}

func TestCPUMax(t *testing.T) {
	g := NewWithT(t)
	cores, limited, err := parseCPUMax("50000 100000\n")
	g.Expect([]any{cores, limited, err}).To(Equal([]any{0.5, true, nil}))
	_, limited, err = parseCPUMax("max 100000\n")
	g.Expect([]any{limited, err}).To(Equal([]any{false, nil}))
	for _, bad := range []string{"", "max", "1", "a 1", "1 a", "1 0", "0 1", "-1 -1", "-2 5"} {
		_, _, err := parseCPUMax(bad)
		g.Expect(err).To(HaveOccurred(), bad)
	}
}

func TestQuota(t *testing.T) {
	g := NewWithT(t)
	_, limited, err := parseQuota("-1\n", "100000\n")
	g.Expect([]any{limited, err}).To(Equal([]any{false, nil}))
	cores, limited, err := parseQuota("150000\n", "100000\n")
	g.Expect([]any{cores, limited, err}).To(Equal([]any{1.5, true, nil}))
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]struct {
		n       uint64
		limited bool
	}{
		"max\n":                 {0, false},
		"67108864\n":            {64 << 20, true},
		"0\n":                   {0, true},
		"9223372036854771712\n": {0, false}, // v1's "no limit" with 4 KiB pages
		"9223372036854710272\n": {0, false}, // and with 64 KiB pages
	} {
		n, limited, err := parseBytes([]byte(text))
		NewWithT(t).Expect([]any{n, limited, err}).To(Equal([]any{want.n, want.limited, nil}), text)
	}
	_, _, err := parseBytes([]byte("lots"))
	NewWithT(t).Expect(err).To(HaveOccurred())
}

func TestKey(t *testing.T) {
	g := NewWithT(t)
	events := []byte("low 0\nhigh 3\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n")
	g.Expect(parseKey(events, "oom_kill")).To(Equal(uint64(1)))
	g.Expect(parseKey([]byte("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n"), "oom_kill")).To(Equal(uint64(7)))
	_, err := parseKey(events, "oom_k")
	g.Expect(err).To(MatchError("find oom_k: no such line"))
}

func TestCPUList(t *testing.T) {
	g := NewWithT(t)
	for text, want := range map[string]int{"0\n": 1, "0-3\n": 4, "0-3,7\n": 5, "1,3,5-6": 4} {
		g.Expect(parseCPUList(text)).To(Equal(want), text)
	}
	for _, bad := range []string{"", "a", "3-1", "1-", "-1", "1,,2"} {
		_, err := parseCPUList(bad)
		g.Expect(err).To(HaveOccurred(), bad)
	}
}

func TestUsage(t *testing.T) {
	g := NewWithT(t)
	g.Expect(parseUsage(1, []byte("1500000001\n"))).To(Equal(1500000001 * time.Nanosecond))
	g.Expect(parseUsage(2, []byte("usage_usec 1500000\nuser_usec 1\nsystem_usec 2\n"))).To(Equal(1500 * time.Millisecond))
	_, err := parseUsage(1, []byte("-5"))
	g.Expect(err).To(HaveOccurred())
	_, err = parseUsage(2, []byte("usage_usec 9223372036854775807\n"))
	g.Expect(err).To(MatchError(ContainSubstring("out of range")))
	_, err = parseUsage(2, []byte("user_usec 1\n"))
	g.Expect(err).To(HaveOccurred())
}

func TestStat(t *testing.T) {
	g := NewWithT(t)
	line := "812 (a) b (c)) S 1 812 812 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9876 1000 2 184467"
	state, start, err := parseStat(line)
	g.Expect([]any{state, start, err}).To(Equal([]any{byte('S'), uint64(9876), nil}))
	exiting := strings.Replace(line, " 4194560 ", " 4194564 ", 1)
	g.Expect(exiting).NotTo(Equal(line))
	state, _, err = parseStat(exiting)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(dead(state)).To(BeTrue(), "on its way out, it is in no cgroup any more")
	for _, bad := range []string{"", "1 (a) S", "no parenthesis at all"} {
		_, _, err := parseStat(bad)
		g.Expect(err).To(HaveOccurred(), bad)
	}
}

// Whatever the kernel's files hold, no parser may panic, and none may invent a
// number.
func FuzzParsers(f *testing.F) {
	for _, seed := range []string{
		"0::/a\n", "50000 100000", "max", "0-3,7", "oom_kill 1\n", "1 (a) S 1", "36 32 0:32 /a /b\\040 rw - cgroup cgroup rw,cpu\n", "usage_usec 5\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ms, _ := parseMemberships(s)
		mounts, _ := parseMounts(s)
		for _, m := range ms {
			for _, at := range mounts {
				at.dir(m.path)
				at.holds(m)
			}
		}
		if cores, limited, err := parseCPUMax(s); err == nil && limited && cores <= 0 {
			t.Errorf("quota of %g processors from %q", cores, s)
		}
		if n, limited, err := parseBytes([]byte(s)); err == nil && limited && n >= noLimit {
			t.Errorf("limit %d from %q", n, s)
		}
		if n, err := parseCPUList(s); err == nil && n <= 0 {
			t.Errorf("%d processors from %q", n, s)
		}
		if d, err := parseUsage(1, []byte(s)); err == nil && d < 0 {
			t.Errorf("processor time %s from %q", d, s)
		}
		if d, err := parseUsage(2, []byte(s)); err == nil && d < 0 {
			t.Errorf("processor time %s from %q", d, s)
		}
		_, _ = parseKey([]byte(s), "oom_kill")
		_, _, _ = parseStat(s)
	})
}
