package lost

import (
	"os"
	"testing"

	"example.com/escrow/go/escrow"
)

// kept is reachable to the end, so no cleanup releases what it holds.
var kept []escrow.Guard

// TestObjectsEndWithTheirPool does everything right, unless told to lose some.
func TestObjectsEndWithTheirPool(t *testing.T) {
	pool, err := escrow.Open(escrow.Options{Name: "engine"})
	if err != nil {
		t.Fatal(err)
	}
	held, err := acquireInGo(pool, 2)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("ESCROW_LOSE") != "" {
		kept = held
		if !loseInEngine(pool, 3) {
			t.Fatal("the engine could not acquire")
		}
		return
	}
	for _, g := range held {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Error(err)
	}
}
