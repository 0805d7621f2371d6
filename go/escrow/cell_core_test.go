package escrow

import (
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

func entryOf(n uint64) *cellEntry { return &cellEntry{snapshot: 100 + n, version: Version{Number: n}} }

func TestACachedEntryOnlyGoesForward(t *testing.T) {
	cur := unsafe.Pointer(entryOf(5))
	for _, step := range []struct{ found, want uint64 }{{6, 6}, {5, 6}, {6, 6}, {8, 8}, {7, 8}} {
		advance(&cur, entryOf(step.found))
		if got := (*cellEntry)(cur).version.Number; got != step.want {
			t.Fatalf("version %d after finding %d, not %d", got, step.found, step.want)
		}
	}
}

// TestALoadDoesNotWaitForThePublisher: who was interrupted between the word and what comes after it
// keeps nobody waiting.
func TestALoadDoesNotWaitForThePublisher(t *testing.T) {
	word := uint64(101)
	core := &cellCore{word: &word, decided: true}
	core.current.Store(entryOf(1))
	front := &cellFront{&word, unsafe.Pointer(entryOf(1)), core}
	core.pending.Store(entryOf(2))
	refresh(front) // the word still shows the first version
	if got := (*cellEntry)(front.cur).version.Number; got != 1 {
		t.Fatal(got)
	}
	atomic.StoreUint64(&word, 102)
	done := make(chan struct{})
	go func() { refresh(front); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits")
	}
	if got := (*cellEntry)(front.cur).version.Number; got != 2 {
		t.Fatal(got)
	}
}

func TestAnErrandIsRepeatedForWhoAsksWhileItIsRun(t *testing.T) {
	var e errand
	begun, end := make(chan struct{}), make(chan struct{})
	f := func() { begun <- struct{}{}; <-end }
	run := func() {
		t.Helper()
		select {
		case <-begun:
		case <-time.After(10 * time.Second):
			t.Fatal("it is not run")
		}
	}
	e.do(f)
	run()
	e.do(f) // the first run has not ended
	end <- struct{}{}
	run()
	end <- struct{}{}
	for e.asked.Load() != 0 { // then it is over, and can begin anew
		time.Sleep(time.Millisecond)
	}
	e.do(f)
	run()
	end <- struct{}{}
}
