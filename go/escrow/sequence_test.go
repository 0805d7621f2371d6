//go:build cgo

package escrow_test

import (
	"slices"
	"sync"
	"testing"

	"example.com/escrow/go/escrow"
)

func TestSequencesGiveEveryNumberOnce(t *testing.T) {
	for _, block := range []uint64{0, 2, 256} {
		s, err := escrow.NewSequence(escrow.SequenceOptions{First: 1000, Block: block})
		is(t, err, nil)
		const goroutines, each = 8, 20_000
		var all []uint64
		var mu sync.Mutex
		var group sync.WaitGroup
		for range goroutines {
			group.Go(func() {
				mine := make([]uint64, each)
				for i := range mine {
					var err error
					if mine[i], err = s.Next(); err != nil {
						t.Error(err)
						return
					}
				}
				if block == 0 && !slices.IsSorted(mine) {
					t.Error("an ordered sequence went back")
				}
				mu.Lock()
				all = append(all, mine...)
				mu.Unlock()
			})
		}
		group.Wait()
		slices.Sort(all)
		if distinct := len(slices.Compact(slices.Clone(all))); distinct != goroutines*each || all[0] < 1000 {
			t.Fatalf("block %d: %d distinct numbers of %d, from %d on", block, distinct, goroutines*each, all[0])
		}
		first, err := s.NextN(500)
		is(t, err, nil)
		if next, _ := s.NextN(1); first <= all[len(all)-1] && block == 0 || next < first+500 {
			t.Fatalf("block %d: %d and then %d", block, first, next)
		}
		is(t, s.Close(), nil)
		is(t, s.Close(), nil)
		_, err = s.Next()
		is(t, err, escrow.ErrStale)
	}
}

func TestBadSequences(t *testing.T) {
	_, err := escrow.NewSequence(escrow.SequenceOptions{Block: 3})
	is(t, err, escrow.ErrOption)
	_, err = escrow.NewSequence(escrow.SequenceOptions{First: 1 << 63})
	is(t, err, escrow.ErrOption)
	s, err := escrow.NewSequence(escrow.SequenceOptions{First: 1<<63 - 1})
	is(t, err, nil)
	_, err = s.NextN(0)
	is(t, err, escrow.ErrSize)
	n, err := s.Next()
	if is(t, err, nil); n != 1<<63-1 {
		t.Fatal(n)
	}
	_, err = s.Next()
	is(t, err, escrow.ErrExhausted)
	is(t, s.Close(), nil)
	var none *escrow.Sequence
	_, err = none.Next()
	is(t, err, escrow.ErrNull)
	is(t, none.Close(), nil)
}
