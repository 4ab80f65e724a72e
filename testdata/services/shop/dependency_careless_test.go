//go:build careless

package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestSellsNothingWhileTheCatalogueIsBroken(t *testing.T) {
	s := newShop(catalogueAnswering(t, http.StatusServiceUnavailable, "").URL, silent(t), shortWithin, shortWithin)
	response, _ := checkout(t, s)
	if response.Code != http.StatusBadGateway || !strings.Contains(response.Body.String(), "ask the catalogue") {
		t.Errorf("checkout: %d %s, want 502 and the catalogue named", response.Code, response.Body)
	}
}
