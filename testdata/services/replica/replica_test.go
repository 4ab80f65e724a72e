package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/testdata/services/internal/serve"
)

// answer is the replica's answer to a request.
func answer(t *testing.T, r *replica, path string) *http.Response {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/work", r.work)
	mux.HandleFunc("GET /healthz", serve.Alive)
	recorder := httptest.NewRecorder()
	r.signed(mux).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return recorder.Result()
}

func TestEveryAnswerIsSigned(t *testing.T) {
	for _, path := range []string{"/work", "/healthz", "/nowhere"} {
		for _, skew := range []time.Duration{0, -time.Hour, 3 * time.Second} {
			before := time.Now()
			response := answer(t, &replica{version: "7", skew: skew, failing: 0.5}, path)
			_ = response.Body.Close()
			says, err := time.Parse(time.RFC3339Nano, response.Header.Get("X-Time"))
			if err != nil || says.Before(before.Add(skew).Round(0)) || says.After(time.Now().Add(skew)) {
				t.Errorf("%s says %s at a skew of %s: %v", path, says, skew, err)
			}
			if _, fraction, _ := strings.Cut(response.Header.Get("X-Time"), "."); len(fraction) != len("000000000Z") {
				t.Errorf("%s says %q, want nine digits", path, response.Header.Get("X-Time"))
			}
			if version := response.Header.Get("X-Version"); version != "7" {
				t.Errorf("%s says version %q", path, version)
			}
		}
	}
}

func TestTheShareOfRequestsFails(t *testing.T) {
	for share, want := range map[float64]int{0: 0, 0.05: 50, 0.3: 300, 1: 1000} {
		r := &replica{version: "2", failing: share}
		failed := 0
		for n := uint64(1); n <= 1000; n++ {
			if r.fails(n) {
				failed++
			}
		}
		if failed < want-1 || failed > want {
			t.Errorf("at a share of %v %d of 1000 requests failed", share, failed)
		}
	}
	for status, share := range map[int]float64{http.StatusOK: 0, http.StatusInternalServerError: 1} {
		response := answer(t, &replica{failing: share}, "/work")
		_ = response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("at a share of %v the status is %d", share, response.StatusCode)
		}
	}
}

func TestSlowerByMakesRequestsSlow(t *testing.T) {
	start := time.Now()
	_ = answer(t, &replica{slowerBy: 30 * time.Millisecond}, "/work").Body.Close()
	if took := time.Since(start); took < 30*time.Millisecond {
		t.Errorf("a request took %s, want 30ms or longer", took)
	}
}

func TestBadSettingsAreRefused(t *testing.T) {
	for want, c := range map[string]struct{ name, value string }{
		"read FAIL_SHARE: 1.5 is not from 0 to 1":                                                  {"FAIL_SHARE", "1.5"},
		"read FAIL_SHARE: NaN is not from 0 to 1":                                                  {"FAIL_SHARE", "NaN"},
		`read FAIL_SHARE: strconv.ParseFloat: parsing "many": invalid syntax: write it as in 0.05`: {"FAIL_SHARE", "many"},
		`read CLOCK_SKEW: time: missing unit in duration "3": write it as in 3s or -3s`:            {"CLOCK_SKEW", "3"},
		"read SLOWER_BY: -1s is not positive":                                                      {"SLOWER_BY", "-1s"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Setenv(c.name, c.value)
			if err := run(t.Context()); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}
