package main

import (
	"os"
	"testing"
)

// The page must be built from the protocol that the server speaks.
func TestTwinIsFresh(t *testing.T) {
	want, err := generate("..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../server/web/src/wire.gen.ts")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("wire.gen.ts is stale: run make generate")
	}
}
