package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// silent is the address of a listener that accepts connections and never answers, like a
// dependency that hangs.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func catalogueAnswering(t *testing.T, status int, body string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server
}

func checkout(t *testing.T, s *shop) (*httptest.ResponseRecorder, receipt) {
	t.Helper()
	recorder := httptest.NewRecorder()
	s.checkout(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/checkout?item=tea", nil))
	var got receipt
	if recorder.Code == http.StatusOK {
		if err := json.NewDecoder(recorder.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
	}
	return recorder, got
}

func TestVersionNamesTheBuild(t *testing.T) {
	recorder := httptest.NewRecorder()
	version(recorder, nil)
	if want := `"build":"` + build + `"`; !strings.Contains(recorder.Body.String(), want) {
		t.Errorf("version is %s, want %s in it", recorder.Body, want)
	}
}

// longWithin is long enough for an answer on a busy machine. shortWithin is how long a
// test waits for an answer that never comes.
const (
	longWithin  = 30 * time.Second
	shortWithin = 20 * time.Millisecond
)
