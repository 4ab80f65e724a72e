//go:build !careless

package main

import (
	"net/http"
	"testing"
)

func TestSellsWhileItsDependenciesAreSilent(t *testing.T) {
	s := newShop("http://"+silent(t), silent(t), shortWithin, shortWithin)
	response, got := checkout(t, s)
	want := receipt{Item: "tea", Price: defaultPrice}
	if response.Code != http.StatusOK || got != want {
		t.Errorf("checkout: %d %+v, want 200 %+v", response.Code, got, want)
	}
}

func TestSellsAtTheLastKnownPriceWhileTheCatalogueIsBroken(t *testing.T) {
	s := newShop(catalogueAnswering(t, http.StatusOK, "450\n").URL, silent(t), longWithin, shortWithin)
	if _, got := checkout(t, s); got.Price != (price{Cents: 450, Source: "catalogue"}) {
		t.Fatalf("price is %+v, want the catalogue's", got.Price)
	}
	s.catalogueURL = catalogueAnswering(t, http.StatusServiceUnavailable, "").URL
	if _, got := checkout(t, s); got.Price != (price{Cents: 450, Source: "last known"}) {
		t.Errorf("price is %+v, want the last known one", got.Price)
	}
}
