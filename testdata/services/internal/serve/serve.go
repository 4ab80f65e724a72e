// Package serve holds what every service needs: configuration from the environment, and
// an HTTP server that ends gracefully.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// drainWithin is how long requests under way may take after SIGTERM.
const drainWithin = 5 * time.Second

// Main runs a service until SIGTERM or an interrupt and exits with its result.
// The service logs to stdout.
func Main(run func(context.Context) error) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

// HTTP serves until the context ends, then lets requests under way finish.
func HTTP(ctx context.Context, address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	slog.Info("serving", "protocol", "http", "address", address)
	select {
	case err := <-failed:
		return fmt.Errorf("serve HTTP on %s: %w", address, err)
	case <-ctx.Done():
	}
	slog.Info("draining")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return fmt.Errorf("drain: %w", errors.Join(err, server.Close()))
	}
	return nil
}

// Alive answers 200 as long as the process can answer. It asks no dependency, because a
// service must not be restarted when another one is broken.
func Alive(w http.ResponseWriter, _ *http.Request) {
	_, _ = fmt.Fprintln(w, "ok")
}

// Text is an environment variable, or its default.
func Text(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// Duration is a positive duration from an environment variable, or its default.
func Duration(name string, otherwise time.Duration) (time.Duration, error) {
	text := os.Getenv(name)
	if text == "" {
		return otherwise, nil
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w: write it as in 200ms", name, err)
	}
	if value <= 0 {
		return 0, fmt.Errorf("read %s: %s is not positive", name, text)
	}
	return value, nil
}
