package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unsafe"
)

func TestNewOffsetHasTheTrueOffsetInIt(t *testing.T) {
	random := rand.New(rand.NewPCG(81, 82))
	start := time.Unix(1_700_000_000, 0)
	for range 2000 {
		offset := time.Duration(random.Int64N(int64(20*time.Second))) - 10*time.Second
		there, back := time.Duration(random.Int64N(int64(time.Second))), time.Duration(random.Int64N(int64(time.Second)))
		resolution := []time.Duration{1, time.Millisecond, time.Second}[random.IntN(3)]
		remote := start.Add(there).Add(offset)
		got, err := NewOffset(start, start.Add(there+back), remote.Truncate(resolution), resolution)
		if err != nil || offset < got.Low || offset > got.High || got.Width() != there+back+resolution {
			t.Fatalf("offset %v is not in %v, %v", offset, got, err)
		}
	}
}

func TestNewOffsetRefusesWhatShowsNoTime(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		sent, received, says time.Time
		resolution           time.Duration
		want                 string
	}{
		{now, now.Add(-time.Second), now, 0, "read a clock: the answer was received 1s before the request was sent: the local clock stepped"},
		{now, now, now, -1, "read a clock with resolution -1ns: must not be negative"},
		{now, now, time.Time{}, 1, "read a clock: it says 0001-01-01T00:00:00Z, more than 292 years from the local clock: it shows no time: set it first"},
		{now, now, now.AddDate(1000, 0, 0), 1, "read a clock: it says 3026-01-02T12:00:00Z, more than 292 years from the local clock: it shows no time: set it first"},
		{now, now, time.Unix(-1<<40, 0), time.Hour, "more than 292 years from the local clock"},
		{now, now, time.Unix(1<<62, 0), math.MaxInt64, "more than 292 years from the local clock"},
		{now, now, now.Add(math.MaxInt64 - 1), 2, "more than 292 years from the local clock"}, // the upper end alone
		{now, now.Add(2), now.Add(math.MinInt64 + 1), 5, "more than 292 years from the local clock"},
		{time.Time{}, time.Time{}, time.Time{}, 0, "read a clock: there is no local time from before the request or from after the answer: note both"},
		{now, time.Time{}, now, 0, "there is no local time"},
		{time.Time{}, now, now, 0, "there is no local time"},
	} {
		got, err := NewOffset(c.sent, c.received, c.says, c.resolution)
		if err == nil || !strings.Contains(err.Error(), c.want) || got != (Offset{}) {
			t.Errorf("sent %s, received %s, says %s: %v and\n  %v, want\n  %s", c.sent, c.received, c.says, got, err, c.want)
		}
	}
	for _, years := range []int{-292, 292} {
		got, err := NewOffset(now, now.Add(time.Second), now.AddDate(years, 0, 0), time.Hour)
		if err != nil || got.Width() != time.Hour+time.Second {
			t.Errorf("%d years away: %v, %v", years, got, err)
		}
	}
}

func TestIntersectBoundsByAllReadings(t *testing.T) {
	got, err := Intersect([]Offset{{-10, 50}, {-40, 20}, {-5, 90}})
	if err != nil || got != (Offset{-5, 20}) || got.Width() != 25 || got.String() != "[-5ns, 20ns]" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err = Intersect([]Offset{{3, 3}, {3, 7}}); err != nil || got != (Offset{3, 3}) {
		t.Errorf("readings that touch: %v, %v", got, err)
	}
	for want, readings := range map[string][]Offset{
		"there is no reading":                             nil,
		"reading 1 is [5ns, 4ns]: its ends are exchanged": {{1, 2}, {5, 4}},
		"reading 0, [0s, 1ns], and reading 2, [8ns, 9ns], contradict each other by 7ns: the clock was stepped, or does not show time": {{0, 1}, {0, 5}, {8, 9}},
	} {
		if got, err := Intersect(readings); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, %v, want %q", readings, got, err, want)
		}
	}
}

func TestGapsDoNotOverflow(t *testing.T) {
	first, last := Offset{math.MinInt64, math.MinInt64}, Offset{math.MaxInt64, math.MaxInt64}
	if gap(last, first) != math.MaxInt64 || gap(first, last) != -math.MaxInt64 || gap(first, first) != 0 {
		t.Errorf("gaps %v and %v", gap(last, first), gap(first, last))
	}
	a, err := Agree([]Offset{first, {-1, 1}, {0, 2}}, time.Second)
	if err != nil || len(a.Skewed) != 1 || a.Skewed[0].Member != 0 || a.Skewed[0].By >= 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

// The local clock is set back by 10 s while an answer is awaited for 50 ms.
func TestAnOffsetIsNotReadWithAClockThatIsSetBack(t *testing.T) {
	sent := time.Now()
	received := sent.Add(50 * time.Millisecond)
	// The first word of a time with a monotonic reading has the seconds of the wall clock
	// from bit 30 on. Nothing exported tells the two readings apart.
	*(*uint64)(unsafe.Pointer(&received)) -= 10 << 30
	if received.Before(sent) || !received.Round(0).Before(sent.Round(0)) {
		t.Fatalf("received at %s after %s", received, sent)
	}
	if offset, err := NewOffset(sent, received, sent, 0); err == nil || !strings.Contains(err.Error(), "received 9.95s before the request was sent: the local clock stepped") {
		t.Errorf("got %v, %v", offset, err)
	}
}
