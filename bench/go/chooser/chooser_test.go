package chooser

import (
	"runtime"
	"sync"
	"testing"
)

// Every entry given is vacant, and nobody else's until it is closed.
func TestNoEntryIsGivenTwice(t *testing.T) {
	for name, c := range map[string]Chooser{
		"stack hash": NewStripes(), "sync.Pool": NewPooled(), "processors": NewProcessors(),
	} {
		t.Run(name, func(t *testing.T) {
			var all sync.WaitGroup
			for g := range uint64(8) {
				all.Go(func() {
					var held [200]*Entry // more than a block
					for range 50 {
						for i := range held {
							held[i] = c.Next()
							if !held[i].Handle.CompareAndSwap(Vacant, 2+g) {
								t.Errorf("goroutine %d was given an entry that holds %d", g, held[i].Handle.Load())
								return
							}
						}
						runtime.Gosched()
						for _, e := range held {
							if !e.Handle.CompareAndSwap(2+g, Closed) {
								t.Errorf("an entry of goroutine %d holds %d", g, e.Handle.Load())
								return
							}
						}
					}
				})
			}
			all.Wait()
		})
	}
}

func TestClosedEntriesAreUsedAgain(t *testing.T) {
	for name, c := range map[string]Chooser{
		"stack hash": NewStripes(), "processors": NewProcessors(), // a sync.Pool may forget its blocks
	} {
		runtime.LockOSThread()
		seen := map[*Entry]bool{}
		for range 10_000 {
			e := c.Next()
			seen[e] = true
			e.Handle.Store(Closed)
		}
		runtime.UnlockOSThread()
		if most := 64 * 8; len(seen) > most {
			t.Errorf("%s: %d entries, more than %d", name, len(seen), most)
		}
	}
}
