//go:build cgo

package escrow

import (
	"runtime"
	"testing"
	"time"
)

func TestForgottenMapsGiveTheirMemoryBack(t *testing.T) {
	before := rss(t)
	for range 20 {
		m, err := OpenMap[uint64, uint64](MapOptions{Expected: 1 << 18}) // 9 MiB, touched
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Store(1, 1); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); rss(t) > before+60<<20; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d MiB more than before", (rss(t)-before)>>20)
		}
		runtime.GC()
	}
}
