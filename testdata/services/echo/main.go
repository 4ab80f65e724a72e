// Command echo answers every message with the time at which it came, in nanoseconds
// since 1970, and the message. Containers share their host's clock, so a test that
// subtracts the time of sending gets the delay of one direction.
//
//	TCP 7       one answer for each line
//	UDP 7       one answer for each datagram
//	HTTP 8080   /echo answers with the body, /healthz with 200, and
//	            /ask?network=udp&address=peer:7 sends a message from this container
//
// Environment: TCP_ADDRESS (:7), UDP_ADDRESS (:7), ADDRESS for HTTP (:8080).
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/chaosgate/chaosgate/testdata/services/internal/serve"
)

// maxMessage is the largest message that is answered, in bytes.
const maxMessage = 64 << 10

func main() { serve.Main(run) }

func run(ctx context.Context) error {
	if err := serveTCP(ctx, serve.Text("TCP_ADDRESS", ":7")); err != nil {
		return err
	}
	if err := serveUDP(ctx, serve.Text("UDP_ADDRESS", ":7")); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("GET /ask", askPeer)
	mux.HandleFunc("GET /healthz", serve.Alive)
	return serve.HTTP(ctx, serve.Text("ADDRESS", ":8080"), mux)
}

func echo(w http.ResponseWriter, r *http.Request) {
	received := time.Now()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxMessage))
	if err != nil {
		http.Error(w, fmt.Sprintf("read the message: %v", err), http.StatusBadRequest)
		return
	}
	_, _ = w.Write(answer(received, body))
}

func answer(received time.Time, message []byte) []byte {
	return fmt.Appendf(nil, "%d %s", received.UnixNano(), message)
}
