//go:build cgo

package escrow

import (
	"runtime"
	"testing"
	"time"

	"example.com/escrow/go/internal/cabi"
)

// TestACallKeepsItsBlockAlive collects in the middle of a call that is the last use of its guard.
func TestACallKeepsItsBlockAlive(t *testing.T) {
	p, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	id := p.id
	for range 5 {
		g, err := p.Acquire(64)
		if err != nil {
			t.Fatal(err)
		}
		err = g.call("validate", func(h uint64) cabi.Status {
			for range 3 {
				runtime.GC()
				time.Sleep(time.Millisecond)
			}
			return cabi.Validate(h, id, 0)
		})
		if err != nil {
			t.Fatalf("released in the middle of the call: %v", err)
		}
	}
}
