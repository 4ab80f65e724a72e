package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// serveTCP answers line by line, on every connection, until the context ends.
func serveTCP(ctx context.Context, address string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("serve TCP on %s: %w", address, err)
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	slog.Info("serving", "protocol", "tcp", "address", address)
	go func() {
		for {
			connection, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				// For example, no file descriptor is free: try again a little later.
				slog.Error("accept", "error", err)
				time.Sleep(10 * time.Millisecond)
				continue
			}
			go answerLines(ctx, connection)
		}
	}()
	return nil
}

func answerLines(ctx context.Context, connection net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
	defer stop()
	defer func() { _ = connection.Close() }()
	lines := bufio.NewScanner(connection)
	lines.Buffer(nil, maxMessage)
	for lines.Scan() {
		received := time.Now()
		if _, err := connection.Write(append(answer(received, lines.Bytes()), '\n')); err != nil {
			return
		}
	}
}

// serveUDP answers datagram by datagram until the context ends.
func serveUDP(ctx context.Context, address string) error {
	var config net.ListenConfig
	socket, err := config.ListenPacket(ctx, "udp", address)
	if err != nil {
		return fmt.Errorf("serve UDP on %s: %w", address, err)
	}
	context.AfterFunc(ctx, func() { _ = socket.Close() })
	slog.Info("serving", "protocol", "udp", "address", address)
	go func() {
		datagram := make([]byte, maxMessage)
		for {
			n, peer, err := socket.ReadFrom(datagram)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				// An ICMP error for an earlier datagram does not matter here.
				continue
			}
			_, _ = socket.WriteTo(answer(time.Now(), datagram[:n]), peer)
		}
	}()
	return nil
}
