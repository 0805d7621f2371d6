//go:build cgo

package escrow

import (
	"runtime"
	"testing"
	"time"
)

// A cleanup that waits holds up those behind it, so the window between the collector's finding and the
// release is as long as this test wants.
func TestABlockThatTheCollectorHasTakenIsNotReachable(t *testing.T) {
	p := openPool(t, Options{PreciseGuards: true})
	kept := acquireHere(t, p, 8)
	func() { acquireHere(t, p, 8) }()
	var listed *ledger
	p.core.blocksMu.Lock()
	for l := p.core.blocks; l != nil; l = l.next {
		if l.entries[0].handle.Load() != kept.handle {
			listed = l
		}
	}
	p.core.blocksMu.Unlock()
	if listed == nil {
		t.Fatal("the dropped guard has no block")
	}
	// Held by the test, the ledger shows the state of the block: collected, whether released or not.
	for deadline := time.Now().Add(10 * time.Second); listed.block.Value() != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the collector never takes the block of a dropped guard")
		}
		runtime.GC()
	}
	// As between the finding and the cleanup: the entry is live again and the ledger listed.
	taken := &ledger{core: p.core, entries: make([]entry, 1), block: listed.block}
	taken.entries[0].handle.Store(1 << 60)
	p.core.list(taken)
	reachable := map[uint64]bool{}
	for h := range p.HeldReferences() {
		reachable[h.ID] = h.Reachable
	}
	if len(reachable) != 2 || !reachable[kept.handle] || reachable[1<<60] {
		t.Errorf("%v", reachable)
	}
	taken.entries[0].handle.Store(tombReleased)
	p.core.bury(taken)
	kept.Close()
}
