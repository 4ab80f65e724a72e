package probe_test

import (
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// In a spec, shop and web come from Run.
func ExampleFrom() {
	shop, web := &service{}, &client{}
	price := probe.HTTP(shop, "8080/tcp", "/price", probe.From(web))
	fmt.Println(price)
	// Output: GET http://shop:8080/price from web
}
