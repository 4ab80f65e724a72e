// Command images makes the images of the services under test and prints their
// references. Without arguments it makes all of them:
//
//	images nginx redis
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// makers are the images in the order in which they are made.
var makers = []struct {
	name  string
	image func(context.Context) (string, error)
}{
	{"shop", images.Shop},
	{"shop-careless", images.ShopCareless},
	{"catalogue", images.Catalogue},
	{"echo", images.Echo},
	{"replica", images.Replica},
	{"redis", images.Redis},
	{"nginx", images.Nginx},
}

func run(ctx context.Context, names []string) error {
	var known []string
	for _, m := range makers {
		known = append(known, m.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("make image %q: there are %s", name, strings.Join(known, ", "))
		}
	}
	for _, m := range makers {
		if len(names) > 0 && !slices.Contains(names, m.name) {
			continue
		}
		ref, err := m.image(ctx)
		if err != nil {
			return err
		}
		fmt.Println(ref)
	}
	return nil
}
