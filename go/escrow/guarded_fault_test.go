//go:build cgo && (linux || darwin) && !race && !asan && !msan

package escrow_test

import (
	"runtime/debug"
	"testing"

	"example.com/escrow/go/escrow"
)

// faults says whether f ends in a fault that Go makes a panic of.
func faults(f func()) (faulted bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { faulted = recover() != nil }()
	f()
	return false
}

var sink byte

func TestAStaleAddressOfAGuardedObjectFaults(t *testing.T) {
	if err := escrow.ReportFaults(); err != nil {
		t.Fatal(err)
	}
	pool, err := escrow.Open(escrow.Options{Name: "frames"})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.SetGuarded(1); err != nil {
		t.Fatal(err)
	}
	g, err := pool.Acquire(64)
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.UnsafeBytes()
	if err != nil {
		t.Fatal(err)
	}
	if faults(func() { sink = b[63] }) {
		t.Error("a held object faults")
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if !faults(func() { sink = b[63] }) {
		t.Error("a released object can be read")
	}
	// What is none of escrow's is Go's as before.
	var nothing *byte
	if !faults(func() { sink = *nothing }) {
		t.Error("nil can be read")
	}
}
