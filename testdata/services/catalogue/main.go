// Command catalogue answers the price of an item, in cents. Its prices are in Redis. If
// Redis does not have a price yet, it comes from the list below and is stored there.
//
// Environment: ADDRESS to listen on (:8080), REDIS_ADDRESS (redis:6379),
// REDIS_WITHIN, how long Redis may take to answer (500ms).
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/chaosgate/chaosgate/testdata/services/internal/serve"
)

var priceList = map[string]int{"tea": 450, "coffee": 520, "cocoa": 610}

var errUnknownItem = errors.New("no such item")

type catalogue struct {
	redis  *redis.Client
	within time.Duration
}

func main() { serve.Main(run) }

func run(ctx context.Context) error {
	within, err := serve.Duration("REDIS_WITHIN", 500*time.Millisecond)
	if err != nil {
		return err
	}
	c := &catalogue{within: within, redis: redis.NewClient(&redis.Options{
		Addr:                  serve.Text("REDIS_ADDRESS", "redis:6379"),
		PoolSize:              32,
		PoolTimeout:           within,
		DialTimeout:           within,
		DialerRetries:         1,
		MaxRetries:            -1,
		ContextTimeoutEnabled: true,
	})}
	defer func() { _ = c.redis.Close() }()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /price/{item}", c.answer)
	mux.HandleFunc("GET /healthz", serve.Alive)
	return serve.HTTP(ctx, serve.Text("ADDRESS", ":8080"), mux)
}

func (c *catalogue) answer(w http.ResponseWriter, r *http.Request) {
	item := r.PathValue("item")
	cents, err := c.price(r.Context(), item)
	switch {
	case errors.Is(err, errUnknownItem):
		http.Error(w, fmt.Sprintf("price of %s: %v", item, err), http.StatusNotFound)
	case err != nil:
		slog.Error("price", "item", item, "error", err)
		// 503 and not 500: the catalogue works, but its dependency does not.
		http.Error(w, fmt.Sprintf("price of %s: %v", item, err), http.StatusServiceUnavailable)
	default:
		_, _ = fmt.Fprintln(w, cents)
	}
}

func (c *catalogue) price(ctx context.Context, item string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, c.within)
	defer cancel()
	cents, err := c.redis.Get(ctx, "price:"+item).Int()
	if !errors.Is(err, redis.Nil) {
		return cents, err
	}
	cents, known := priceList[item]
	if !known {
		return 0, errUnknownItem
	}
	return cents, c.redis.SetNX(ctx, "price:"+item, cents, 0).Err()
}
