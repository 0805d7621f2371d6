package main

import (
	"runtime"
	"runtime/cgo"
	"sync"
	"unsafe"

	"example.com/escrow/go/escrow"
)

// owner is what a Go program otherwise writes around C memory; more than 16 bytes and with a
// pointer in it, so that it is not batched with others and its finalizer is not held back by them.
type owner struct {
	memory      unsafe.Pointer
	bytes, used int
}

func newOwner() *owner {
	return &owner{memory: cgoMalloc(objectBytes), bytes: objectBytes, used: objectBytes}
}

func (o *owner) close() {
	if o.memory != nil {
		cgoFree(o.memory)
		o.memory = nil
	}
}

// guarded makes an object that frees itself when it is forgotten, and closes it.
func guarded() contest {
	pool := openPool("guarded")
	return contest{"Go/Guarded/bytes:64", oneEach, []entry{
		{"escrow.Guard", func(n int) (sum uint64) {
			for range n {
				guard, err := pool.Acquire(objectBytes)
				if err == nil && guard.Close() == nil {
					sum++
				}
			}
			return sum
		}},
		{"escrow.Guard AcquireN 8", func(n int) (sum uint64) {
			var guards [8]escrow.Guard
			for i := 0; i < n; i += len(guards) {
				if pool.AcquireN(objectBytes, guards[:]) != nil {
					break
				}
				for _, guard := range guards {
					if guard.Close() == nil {
						sum++
					}
				}
			}
			return sum
		}},
		{"malloc+finalizer left", func(n int) (sum uint64) {
			for range n {
				o := newOwner()
				runtime.SetFinalizer(o, (*owner).close)
				o.close()
				sum++
			}
			return sum
		}},
		{"malloc+finalizer reset", func(n int) (sum uint64) {
			for range n {
				o := newOwner()
				runtime.SetFinalizer(o, (*owner).close)
				o.close()
				runtime.SetFinalizer(o, nil)
				sum++
			}
			return sum
		}},
		{"malloc+AddCleanup+Stop", func(n int) (sum uint64) {
			for range n {
				o := newOwner()
				cleanup := runtime.AddCleanup(o, cgoFree, o.memory)
				o.close()
				cleanup.Stop()
				sum++
			}
			return sum
		}},
	}, closePool(pool)}
}

// noted is guarded while a ledger notes acquisitions.
func noted() contest {
	pool := openPool("noted")
	at := func(rate int) func(n int) uint64 {
		return func(n int) (sum uint64) {
			if err := pool.SetLedger(escrow.LedgerOptions{Rate: rate}); err != nil {
				panic(err)
			}
			for range n {
				guard, err := pool.Acquire(objectBytes)
				if err == nil && guard.Close() == nil {
					sum++
				}
			}
			return sum
		}
	}
	return contest{"Go/Ledger/bytes:64", oneEach, []entry{
		{"off", at(0)}, {"1/1000", at(1000)}, {"1/10", at(10)}, {"all", at(1)},
	}, closePool(pool)}
}

// lent writes a number into memory that a guard holds, and reads it back.
func lent() contest {
	pool := openPool("lent")
	guard, err := pool.Acquire(objectBytes)
	if err != nil {
		panic(err)
	}
	var lock sync.Mutex
	plain := new([objectBytes]byte)
	return contest{"Go/Lent/bytes:64", sumOfMarks, []entry{
		{"Guard.Use", func(n int) (sum uint64) {
			for i := range n {
				_ = guard.Use(func(b []byte) error {
					sum += mark(unsafe.Pointer(unsafe.SliceData(b)), i)
					return nil
				})
			}
			return sum
		}},
		{"Guard.Lent", func(n int) (sum uint64) {
			for i := range n {
				for b, err := range guard.Lent() {
					if err == nil {
						sum += mark(unsafe.Pointer(unsafe.SliceData(b)), i)
					}
				}
			}
			return sum
		}},
		{"Guard.UnsafeBytes", func(n int) (sum uint64) {
			for i := range n {
				if b, err := guard.UnsafeBytes(); err == nil {
					sum += mark(unsafe.Pointer(unsafe.SliceData(b)), i)
				}
			}
			return sum
		}},
		{"Dup+Close", func(n int) (sum uint64) {
			for i := range n {
				if twin, err := guard.Dup(); err == nil && twin.Close() == nil {
					sum += uint64(i)
				}
			}
			return sum
		}},
		{"MoveOut+MoveIn", func(n int) (sum uint64) {
			for i := range n {
				ticket, err := guard.MoveOut()
				if err != nil {
					break
				}
				if guard, err = ticket.MoveIn(); err != nil {
					break
				}
				sum += uint64(i)
			}
			return sum
		}},
		{"sync.Mutex", func(n int) (sum uint64) {
			for i := range n {
				lock.Lock()
				sum += mark(unsafe.Pointer(plain), i)
				lock.Unlock()
			}
			return sum
		}},
	}, func() {
		if err := guard.Close(); err != nil {
			panic(err)
		}
		closePool(pool)()
	}}
}

// checked asks whether a handle is valid.
func checked() contest {
	pool := openPool("checked")
	handle, _ := cgoAcquire(pool.UnsafeID(), objectBytes)
	standard := cgo.NewHandle(pool)
	return contest{"Go/HandleCheck", oneEach, []entry{
		{"escrow", func(n int) (sum uint64) {
			for range n {
				if escrow.UnsafeValid(handle) {
					sum++
				}
			}
			return sum
		}},
		{"escrow by cgo", func(n int) (sum uint64) {
			for range n {
				if cgoValidate(handle, 0) {
					sum++
				}
			}
			return sum
		}},
		{"escrow of its pool by cgo", func(n int) (sum uint64) {
			for range n {
				if cgoValidate(handle, pool.UnsafeID()) {
					sum++
				}
			}
			return sum
		}},
		{"cgo.Handle.Value", func(n int) (sum uint64) {
			for range n {
				if standard.Value() != nil {
					sum++
				}
			}
			return sum
		}},
	}, func() {
		standard.Delete()
		cgoRelease(handle)
		closePool(pool)()
	}}
}
