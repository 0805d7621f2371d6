//go:build cgo

package escrow

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// rss is the memory this process has in RAM.
func rss(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

// TestForgettingGigabytesStaysSmall never closes a guard, and makes next to no Go garbage that would
// run the collector. What is forgotten stays below four thresholds, 256 MiB, however busy the machine
// is, and what is acquired in turns of 10 ms while a slow collection runs.
func TestForgettingGigabytesStaysSmall(t *testing.T) {
	if instrumented {
		t.Skip("the sanitizers copy or shadow what is lent")
	}
	const most = 384 << 20
	for bytes, total := range map[int]int{256: 1 << 30, 4096: 2 << 30, 64 << 10: 4 << 30} {
		if strings.Contains(os.Getenv("GODEBUG"), "checkfinalizers=1") {
			total /= 8 // every collection then looks at what each cleanup reaches, for seconds
		}
		t.Run(fmt.Sprint(bytes), func(t *testing.T) {
			p := openPool(t, Options{})
			before, peak := rss(t), int64(0)
			cycles := collect.read().Cycles
			for i := range total / bytes {
				g := mustAcquire(t, p, bytes)
				if err := g.Use(func(b []byte) error {
					for k := 0; k < len(b); k += 1024 {
						b[k] = 1
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if i%1024 == 0 {
					peak = max(peak, rss(t)-before)
				}
			}
			t.Logf("peak %d MB more than before, %d collections for pressure", peak>>20, collect.read().Cycles-cycles)
			if peak > most {
				t.Fatalf("%d MB of forgotten guards in RAM", peak>>20)
			}
			for i := 0; i < 100 && live(t, p) > 0; i++ {
				cycle()
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		})
	}
}
