// Command shop sells at the catalogue's price and counts the sales in Redis.
//
// Environment: ADDRESS to listen on (:8080), CATALOGUE_URL
// (http://catalogue:8080), REDIS_ADDRESS (redis:6379), and how long each of the
// two may take to answer: CATALOGUE_WITHIN (200ms), REDIS_WITHIN (100ms).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/chaosgate/chaosgate/testdata/services/internal/serve"
)

func main() { serve.Main(run) }

func run(ctx context.Context) error {
	catalogueWithin, err1 := serve.Duration("CATALOGUE_WITHIN", 200*time.Millisecond)
	countWithin, err2 := serve.Duration("REDIS_WITHIN", 100*time.Millisecond)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	s := newShop(serve.Text("CATALOGUE_URL", "http://catalogue:8080"), serve.Text("REDIS_ADDRESS", "redis:6379"), catalogueWithin, countWithin)
	defer func() { _ = s.redis.Close() }()

	mux := http.NewServeMux()
	mux.HandleFunc("/checkout", s.checkout)
	mux.HandleFunc("GET /healthz", serve.Alive)
	mux.HandleFunc("GET /version", version)
	slog.Info("shop", "build", build)
	return serve.HTTP(ctx, serve.Text("ADDRESS", ":8080"), mux)
}

func version(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"service": "shop", "build": build})
}
