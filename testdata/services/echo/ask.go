package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// exchange is one message to another echo and back, in nanoseconds since 1970.
type exchange struct {
	Sent     int64 `json:"sent"`
	Received int64 `json:"received"` // by the peer
	Returned int64 `json:"returned"`
}

// askPeer sends one message to the echo of another container, so that a test can measure
// traffic between containers. Parameters: network (tcp or udp, default tcp), address,
// within (default 5s).
func askPeer(w http.ResponseWriter, r *http.Request) {
	network, address := r.FormValue("network"), r.FormValue("address")
	if network == "" {
		network = "tcp"
	}
	within := 5 * time.Second
	if text := r.FormValue("within"); text != "" {
		var err error
		if within, err = time.ParseDuration(text); err != nil {
			http.Error(w, fmt.Sprintf("read within: %v", err), http.StatusBadRequest)
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), within)
	defer cancel()
	result, err := ask(ctx, network, address)
	if err != nil {
		http.Error(w, fmt.Sprintf("ask %s over %s: %v", address, network, err), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(result)
}

// ask begins to measure when the connection is there, so that TCP's handshake is not
// measured.
func ask(ctx context.Context, network, address string) (exchange, error) {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return exchange{}, err
	}
	defer func() { _ = connection.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := connection.SetDeadline(deadline); err != nil {
			return exchange{}, err
		}
	}
	var result exchange
	result.Sent = time.Now().UnixNano()
	if _, err := fmt.Fprintf(connection, "%d\n", result.Sent); err != nil {
		return exchange{}, err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return exchange{}, err
	}
	result.Returned = time.Now().UnixNano()
	if _, err := fmt.Sscan(line, &result.Received); err != nil {
		return exchange{}, fmt.Errorf("read the answer %q: %w", line, err)
	}
	return result, nil
}
