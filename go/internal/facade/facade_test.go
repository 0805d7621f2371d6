//go:build cgo

package facade

import (
	"os"
	"strings"
	"testing"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/leaf"
)

func TestTheStubsAreThoseOfTheFacadesList(t *testing.T) {
	text, err := os.ReadFile("leaves.txt")
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "#" {
			ours = append(ours, fields[0])
		}
	}
	leaves := cabi.Leaves()
	if len(leaves) != len(ours) || len(leaves) != len(addresses()) {
		t.Fatalf("%d leaves in C, %d here, %d addresses", len(leaves), len(ours), len(addresses()))
	}
	for i, l := range leaves {
		if l.Name != ours[i] || l.Address == nil {
			t.Errorf("leaf %d is %s in C, %s here", i, l.Name, ours[i])
		}
	}
}

// TestLeavesAreOn: where there is a trampoline, the facade of an ordinary build must pass its check.
// A build in which they are off for a reason says the reason.
func TestLeavesAreOn(t *testing.T) {
	on, reason := Leaves()
	if able, why := leaf.Available(); on != able {
		t.Fatalf("leaf calls: %v (%s); those of the facade: %v (%s)", able, why, on, reason)
	} else if !on && reason == "" {
		t.Fatal("off without a reason")
	}
	if trampolines && os.Getenv("ESCROW_LEAF") != "off" && !on {
		t.Fatal(reason)
	}
}

func TestALeafThatUsesTooMuchStackIsFoundOut(t *testing.T) {
	if !trampolines {
		t.Skip("no trampolines in this build")
	}
	Prepare()
	leaves := cabi.Leaves()
	if why := measure(leaves, 40); !strings.Contains(why, "bytes of stack, more than 40") {
		t.Fatalf("with 40 bytes allowed: %q", why)
	}
	if why := measure(leaves[1:], leaf.StackLimit); !strings.Contains(why, "lacks the leaf acquire") {
		t.Fatalf("a missing leaf: %q", why)
	}
	if why := measure(leaves, leaf.StackLimit); why != "" {
		t.Fatal(why)
	}
}

// either makes a leaf call where leaves are on, and the cgo call where it did nothing.
func either(leaf, slowly func(uint64) cabi.Status, handle uint64) cabi.Status {
	if On() {
		if s := leaf(handle); s != cabi.Busy {
			return s
		}
	}
	return slowly(handle)
}

func TestOperationsGoByCgoWhereLeavesAreOff(t *testing.T) {
	Prepare()
	pool, s := cabi.PoolOpen(&cabi.Options{})
	if s != cabi.OK {
		t.Fatal(s)
	}
	work := func() {
		var handles [100]uint64
		var ticket, dup uint64
		var view cabi.View
		for _, s := range []cabi.Status{
			AcquireN(pool, 64, handles[:]),
			Dup(handles[0], &dup), either(LeafRelease, ReleaseSlowly, dup),
			Borrow(handles[0], &view), either(LeafReturn, ReturnSlowly, view.Root),
			MoveOut(handles[0], &ticket), MoveIn(ticket, &handles[0]), Read(handles[0], &view),
			Validate(handles[0], pool, 0), Revoke(handles[0]), ReleaseDeferred(handles[0]),
			ReleaseN(handles[1:]),
		} {
			if s < 0 {
				t.Fatal(s)
			}
		}
		if Valid(handles[0]) || *(*byte)(unsafe.Pointer(&handles[50])) != 0 {
			t.Fatal("not ended")
		}
	}
	work()
	before := Slow()
	work()
	if trampolines && Slow()-before > 20 {
		t.Fatalf("%d of about 10 crossings were repeated by cgo", Slow()-before)
	}
	leaf.Disable()
	defer leaf.Enable()
	before = Slow()
	if on, reason := Leaves(); on || reason == "" {
		t.Fatal(on, reason)
	}
	if work(); Slow() != before {
		t.Fatal("a leaf call while leaves are off")
	}
	if _, s := cabi.PoolClose(pool, 0); s != cabi.OK {
		t.Fatal(s)
	}
	if s := cabi.PoolDestroy(pool); s != cabi.OK {
		t.Fatal(s)
	}
}
