package escrow_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

// TestMain collects twice before it exits: under -asan a leak check follows, which must not see what
// only garbage still points to.
func TestMain(m *testing.M) {
	code := m.Run()
	runtime.GC()
	runtime.GC()
	if zombies := escrow.ReadTotals().Zombies; code == 0 && zombies != 0 {
		if !eventually(func() bool { return escrow.ReadTotals().Zombies == 0 }) {
			fmt.Printf("FAIL: %d pools still wait for a reference\n", escrow.ReadTotals().Zombies)
			code = 1
		}
	}
	os.Exit(code)
}

// eventually collects until f is true, for at most some seconds.
func eventually(f func() bool) bool {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if f() {
			return true
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	return f()
}

// is fails the test unless err wraps want.
func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || (want == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}
