//go:build cgo && (linux || darwin) && (amd64 || arm64)

package escrow_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

func TestTheLastOfEqualKeysInABatchWins(t *testing.T) {
	t.Run("words", func(t *testing.T) { lastWins(t, func(k uint64) uint64 { return k }) })
	t.Run("texts", func(t *testing.T) { lastWins(t, func(k uint64) string { return fmt.Sprint("key ", k) }) })
}

// lastWins has goroutines store batches that name each key several times, into buckets that they share, so
// that some of a batch's stores find a bucket locked and are repeated after the others. The keys are each
// goroutine's own, so it knows what it must read.
func lastWins[K comparable](t *testing.T, key func(uint64) K) {
	m, err := escrow.OpenMap[K, uint64](escrow.MapOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const goroutines, names, batch, enough = 4, 24, 64, 150
	before := escrow.ReadTotals().Crossings.Slow
	deadline := time.Now().Add(5 * time.Second)
	var group sync.WaitGroup
	for g := range uint64(goroutines) {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, g))
			keys, values := make([]K, batch), make([]uint64, batch)
			for round := uint64(0); escrow.ReadTotals().Crossings.Slow-before < enough && time.Now().Before(deadline); round++ {
				last := map[K]uint64{}
				for i := range keys {
					keys[i] = key(random.Uint64N(names)*goroutines + g)
					values[i] = round<<8 | uint64(i)
					last[keys[i]] = values[i]
				}
				if n, err := m.StoreBatch(keys, values); n != batch || err != nil {
					t.Error(n, err)
					return
				}
				for k, want := range last {
					if got, ok := m.Load(k); !ok || got != want {
						t.Errorf("%v is store %d of round %d, and %d of round %d was the last", k, got&255, got>>8, want&255, want>>8)
						return
					}
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d operations were repeated", escrow.ReadTotals().Crossings.Slow-before)
}
