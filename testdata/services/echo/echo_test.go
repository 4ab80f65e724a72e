package main

import (
	"net"
	"testing"
	"time"
)

func TestAnswersWithTheTimeOfReceipt(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			address := free(t, network)
			serveOn := map[string]func() error{
				"tcp": func() error { return serveTCP(t.Context(), address) },
				"udp": func() error { return serveUDP(t.Context(), address) },
			}
			if err := serveOn[network](); err != nil {
				t.Fatal(err)
			}
			before := time.Now().UnixNano()
			got, err := ask(t.Context(), network, address)
			if err != nil {
				t.Fatal(err)
			}
			after := time.Now().UnixNano()
			if before > got.Sent || got.Sent > got.Received || got.Received > got.Returned || got.Returned > after {
				t.Errorf("times are out of order: %d, %+v, %d", before, got, after)
			}
		})
	}
}

// free is an address on which nothing listens.
func free(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		socket, err := net.ListenPacket(network, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = socket.Close() }()
		return socket.LocalAddr().String()
	}
	listener, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
