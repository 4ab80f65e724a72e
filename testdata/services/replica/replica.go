package main

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// timeFormat always has nine digits, which show how fine the clock is.
const timeFormat = "2006-01-02T15:04:05.000000000Z07:00"

type replica struct {
	version  string
	slowerBy time.Duration
	failing  float64
	skew     time.Duration
	requests atomic.Uint64
}

// signed adds the version and the time to every answer.
func (r *replica) signed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		next.ServeHTTP(&signer{ResponseWriter: w, replica: r}, request)
	})
}

// signer adds the time when the head of the answer is written, not when the request came.
type signer struct {
	http.ResponseWriter
	replica *replica
	signed  bool
}

func (s *signer) sign() {
	if s.signed {
		return
	}
	s.signed = true
	s.Header().Set("X-Version", s.replica.version)
	s.Header().Set("X-Time", time.Now().Add(s.replica.skew).UTC().Format(timeFormat))
}

func (s *signer) WriteHeader(code int) {
	s.sign()
	s.ResponseWriter.WriteHeader(code)
}

func (s *signer) Write(b []byte) (int, error) {
	s.sign()
	return s.ResponseWriter.Write(b)
}

func (r *replica) work(w http.ResponseWriter, request *http.Request) {
	if r.fails(r.requests.Add(1)) {
		http.Error(w, "FAIL_SHARE makes this request fail", http.StatusInternalServerError)
		return
	}
	sum := doWork()
	if r.slowerBy > 0 {
		select {
		case <-time.After(r.slowerBy):
		case <-request.Context().Done():
			return
		}
	}
	_, _ = fmt.Fprintf(w, "%x\n", sum[:8])
}

// fails reports whether request n fails. It spreads the failures evenly: in any number of
// requests in a row, the share of failures is right to within one.
func (r *replica) fails(n uint64) bool {
	return math.Floor(float64(n)*r.failing) > math.Floor(float64(n-1)*r.failing)
}

// doWork takes about as long as a small request.
func doWork() [sha256.Size]byte {
	sum := sha256.Sum256(nil)
	for range 2000 {
		sum = sha256.Sum256(sum[:])
	}
	return sum
}

func parseSkew(text string) (time.Duration, error) {
	skew, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("read CLOCK_SKEW: %w: write it as in 3s or -3s", err)
	}
	return skew, nil
}

func parseShare(text string) (float64, error) {
	share, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("read FAIL_SHARE: %w: write it as in 0.05", err)
	}
	if !(share >= 0 && share <= 1) {
		return 0, fmt.Errorf("read FAIL_SHARE: %s is not from 0 to 1", text)
	}
	return share, nil
}
