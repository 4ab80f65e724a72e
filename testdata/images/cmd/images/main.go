// Command images makes the images of the services under test and prints their
// references.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/chaosgate/chaosgate/testdata/images"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	for _, image := range []func(context.Context) (string, error){
		images.Shop, images.ShopCareless, images.Catalogue, images.Echo, images.Redis, images.Nginx,
	} {
		ref, err := image(ctx)
		if err != nil {
			return err
		}
		fmt.Println(ref)
	}
	return nil
}
