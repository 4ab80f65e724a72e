package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// connections is the most requests that a dependency gets from one shop at once.
	connections = 32
	// connectWithin is well above one round trip, because a slow network is not a dead one.
	connectWithin = time.Second
)

// price is the price of an item, and where the shop has it from.
type price struct {
	Cents  int    `json:"cents"`
	Source string `json:"source"`
}

// defaultPrice is the price of an item if the shop never learned its price.
var defaultPrice = price{Cents: 499, Source: "default"}

// receipt is the answer to a checkout. Sold is the number of sales of the item so far,
// or 0 if Redis did not answer.
type receipt struct {
	Item  string `json:"item"`
	Price price  `json:"price"`
	Sold  int64  `json:"sold"`
}

type shop struct {
	catalogueURL                 string
	catalogueWithin, countWithin time.Duration
	client                       *http.Client
	redis                        *redis.Client

	mu    sync.Mutex
	known map[string]price
}

func newShop(catalogueURL, redisAddress string, catalogueWithin, countWithin time.Duration) *shop {
	return &shop{
		catalogueURL:    catalogueURL,
		catalogueWithin: catalogueWithin,
		countWithin:     countWithin,
		client: &http.Client{Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: connectWithin}).DialContext,
			MaxConnsPerHost:     connections,
			MaxIdleConnsPerHost: connections,
		}},
		redis: redis.NewClient(&redis.Options{
			Addr:                  redisAddress,
			PoolSize:              connections,
			PoolTimeout:           countWithin,
			DialTimeout:           connectWithin,
			DialerRetries:         1,
			MaxRetries:            -1,
			ContextTimeoutEnabled: true,
		}),
		known: make(map[string]price),
	}
}

func (s *shop) checkout(w http.ResponseWriter, r *http.Request) {
	item := r.FormValue("item")
	if item == "" {
		item = "tea"
	}
	cost, err := ask(r.Context(), "catalogue", s.catalogueWithin, s.lastKnown(item), func(ctx context.Context) (price, error) {
		return s.askCatalogue(ctx, item)
	})
	if err != nil {
		refuse(w, fmt.Errorf("ask the catalogue: %w", err))
		return
	}
	sold, err := ask(r.Context(), "redis", s.countWithin, 0, func(ctx context.Context) (int64, error) {
		return s.redis.Incr(ctx, "sold:"+item).Result()
	})
	if err != nil {
		refuse(w, fmt.Errorf("count the sale: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(receipt{Item: item, Price: cost, Sold: sold})
}

func refuse(w http.ResponseWriter, err error) {
	slog.Error("checkout", "error", err)
	http.Error(w, err.Error(), http.StatusBadGateway)
}

func (s *shop) askCatalogue(ctx context.Context, item string) (price, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.catalogueURL+"/price/"+url.PathEscape(item), nil)
	if err != nil {
		return price{}, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return price{}, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, response.Body)
		return price{}, fmt.Errorf("the catalogue answered %s", response.Status)
	}
	fresh := price{Source: "catalogue"}
	if err := json.NewDecoder(response.Body).Decode(&fresh.Cents); err != nil {
		return price{}, fmt.Errorf("read the catalogue's answer: %w", err)
	}
	s.remember(item, fresh)
	return fresh, nil
}

func (s *shop) remember(item string, p price) {
	p.Source = "last known"
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[item] = p
}

func (s *shop) lastKnown(item string) price {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.known[item]; ok {
		return p
	}
	return defaultPrice
}
