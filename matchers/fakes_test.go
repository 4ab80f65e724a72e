package matchers_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

const checkout = "GET http://shop:8080/checkout"

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// healthy is a sample 20 ms times i after noon.
func healthy(i int) probe.Sample {
	return probe.Sample{
		Probe: checkout, Time: noon.Add(time.Duration(i) * 20 * time.Millisecond),
		Latency: 12 * time.Millisecond, Class: probe.OK, Detail: "200 OK",
	}
}

// window is n samples at 50/s from noon; spoil changes those at the places.
func window(n int, spoil func(*probe.Sample), places ...int) *probe.Window {
	samples := make([]probe.Sample, n)
	for i := range samples {
		samples[i] = healthy(i)
	}
	for _, i := range places {
		spoil(&samples[i])
	}
	return probe.NewWindow(checkout, noon, noon.Add(time.Duration(n)*20*time.Millisecond), samples)
}

func failing(s *probe.Sample) { s.Class, s.Detail = probe.Status5xx, "503 Service Unavailable" }

func taking(d time.Duration) func(*probe.Sample) {
	return func(s *probe.Sample) { s.Latency = d }
}

// upTo is 0, 1, ... n-1.
func upTo(n int) []int {
	places := make([]int, n)
	for i := range places {
		places[i] = i
	}
	return places
}

// spread is n places spread over so many samples, as if by chance.
func spread(n, over int) []int {
	places := make([]int, n)
	for i := range places {
		places[i] = (2*i + 1) * over / (2 * n)
	}
	return places
}

// failure is the text with which an assertion fails, nothing if it passes. The marks
// are left out: their IDs are random.
func failure(assert func(gomega.Gomega)) (text string) {
	text, _ = marks(assert)
	return text
}

// marks are those of the text with which an assertion fails.
func marks(assert func(gomega.Gomega)) (text string, marks []record.Marked) {
	assert(gomega.NewGomega(func(message string, _ ...int) { text, marks = record.Marks(message) }))
	return text, marks
}

// expect compares the text of a failure word for word.
func expect(t *testing.T, want string, assert func(gomega.Gomega)) {
	t.Helper()
	if got := failure(assert); got != want {
		t.Errorf("failed with\n%s\n--- want\n%s", got, want)
	}
}

// unmarked is an error's text without its mark.
func unmarked(err error) string {
	text, _ := record.Marks(err.Error())
	return text
}
