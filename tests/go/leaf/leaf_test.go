// Package leaf tests leaf calls with C functions of its own.
package leaf_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"example.com/escrow/go/leaf"
	"example.com/escrow/tests/go/leaf/specimen"
)

// bothWays runs a test by leaf calls and by cgo.
func bothWays(t *testing.T, test func(t *testing.T)) {
	t.Run("leaf", func(t *testing.T) {
		if ok, reason := leaf.Available(); !ok {
			t.Skip(reason)
		}
		test(t)
	})
	t.Run("cgo", func(t *testing.T) {
		leaf.Disable()
		defer leaf.Enable()
		test(t)
	})
}

var places [2]uint64

func TestEveryArgumentArrivesWhereItBelongs(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		const a, b, c, d, e, f = 1 << 40, 3, 1 << 50, 7, 1 << 33, 11
		if got := leaf.W6(specimen.Weigh, a, b, c, d, e, f); got != a+2*b+3*c+4*d+5*e+6*f {
			t.Errorf("W6: %#x", got)
		}
		leaf.W6Void(specimen.Weigh, a, b, c, d, e, f)
		// Pointers as numbers: the weights tell which register each was in. Not to the stack, which moves.
		px, py := unsafe.Pointer(&places[0]), unsafe.Pointer(&places[1])
		nx, ny := uint64(uintptr(px)), uint64(uintptr(py))
		for name, pair := range map[string][2]uint64{
			"P1W5": {leaf.P1W5(specimen.Weigh, px, b, c, d, e, f), nx + 2*b + 3*c + 4*d + 5*e + 6*f},
			"P2W4": {leaf.P2W4(specimen.Weigh, px, py, c, d, e, f), nx + 2*ny + 3*c + 4*d + 5*e + 6*f},
			"P3W3": {leaf.P3W3(specimen.Weigh, px, py, px, d, e, f), 4*nx + 2*ny + 4*d + 5*e + 6*f},
			"P4W2": {leaf.P4W2(specimen.Weigh, px, py, px, py, e, f), 4*nx + 6*ny + 5*e + 6*f},
			"P5W1": {leaf.P5W1(specimen.Weigh, px, py, px, py, px, f), 9*nx + 6*ny + 6*f},
			"P6":   {leaf.P6(specimen.Weigh, px, py, px, py, px, py), 9*nx + 12*ny},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %#x, not %#x", name, pair[0], pair[1])
			}
		}
	})
}

// A stack that moves between taking the address and the call takes the pointers with it: the words
// that C stored are in the variables, at every depth.
func TestPointersToTheStackFollowIt(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		lost := 0
		for depth := range 400 {
			done := make(chan bool)
			go func() { done <- stored(depth) }()
			if !<-done {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("%d of 400 writes were lost", lost)
		}
	})
}

//go:noinline
func stored(depth int) bool {
	if depth > 0 {
		return stored(depth - 1)
	}
	var p, q uint64
	leaf.P2W2Void(specimen.Store, unsafe.Pointer(&p), unsafe.Pointer(&q), 77, 88)
	return p == 77 && q == 88
}

func TestArgumentsStayOnTheStack(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		n := testing.AllocsPerRun(100, func() {
			var p, q uint64
			leaf.P2W2Void(specimen.Store, unsafe.Pointer(&p), unsafe.Pointer(&q), 7, 8)
		})
		if n != 0 {
			t.Errorf("%v allocations a call", n)
		}
	})
}

func TestALeafRunsInInitAndInACallback(t *testing.T) {
	if specimen.InInit != specimen.Mixture(3, 4) {
		t.Errorf("in init: %#x", specimen.InInit)
	}
	bothWays(t, func(t *testing.T) {
		if got := specimen.ThroughGo(5, 6); got != specimen.Mixture(5, 6) {
			t.Errorf("C to Go to leaf: %#x", got)
		}
	})
}

func TestStackUseTellsAKeptBoundFromABrokenOne(t *testing.T) {
	for _, c := range []struct {
		name        string
		fn          leaf.Func
		least, most int
	}{
		{"Empty", specimen.Empty, 8, 64},
		{"Write100", specimen.Write100, 100, 200},
		{"Write600", specimen.Write600, leaf.StackLimit + 1, 700},
		{"Write5000", specimen.Write5000, 4096, 4096},
	} {
		_, used := leaf.StackUse(c.fn, nil, []uint64{1})
		if used < c.least || used > c.most {
			t.Errorf("%s: %d bytes, not %d to %d", c.name, used, c.least, c.most)
		}
	}
	if _, used := leaf.StackUse(specimen.Trash, nil, []uint64{1, 2, 3}); used > leaf.StackLimit {
		t.Errorf("Trash, which the storm calls within the contract: %d bytes", used)
	}
	var p, q uint64
	leaf.StackUse(specimen.Store, []unsafe.Pointer{unsafe.Pointer(&p), unsafe.Pointer(&q)}, []uint64{7, 8})
	result, _ := leaf.StackUse(specimen.Weigh, nil, []uint64{1, 1, 1, 1, 1, 1})
	if p != 7 || q != 8 || result != 21 {
		t.Errorf("StackUse called with other arguments: %d %d %d", p, q, result)
	}
}

// TestTheEnvironmentSwitchesLeavesOff runs itself again with ESCROW_LEAF=off.
func TestTheEnvironmentSwitchesLeavesOff(t *testing.T) {
	if os.Getenv("ESCROW_LEAF") == "off" {
		ok, reason := leaf.Available()
		leaf.Enable()
		if ok || leaf.On() || reason != "ESCROW_LEAF=off" {
			t.Errorf("%v %v %q", ok, leaf.On(), reason)
		}
		if got := leaf.W1(specimen.Empty, 3); got != 3 {
			t.Errorf("by cgo: %d", got)
		}
		return
	}
	command := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	command.Env = append(os.Environ(), "ESCROW_LEAF=off")
	if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestOnIsInlined(t *testing.T) {
	out, err := exec.Command("go", "build", "-gcflags=-m", "example.com/escrow/go/leaf").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "can inline On\n") {
		t.Errorf("%v\n%s", err, out)
	}
}
