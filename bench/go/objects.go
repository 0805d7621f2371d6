package main

import (
	"runtime/cgo"
	"sync"
	"unsafe"

	"example.com/escrow/go/escrow"
)

const objectBytes = 64

// mark writes i into 64 bytes and reads it back.
func mark(memory unsafe.Pointer, i int) uint64 {
	words := (*[objectBytes / 8]uint64)(memory)
	words[0], words[7] = uint64(i), uint64(i)
	return words[0]
}

func openPool(name string) *escrow.Pool {
	pool, err := escrow.Open(escrow.Options{Name: name})
	if err != nil {
		panic(err)
	}
	return pool
}

func closePool(pool *escrow.Pool) func() {
	return func() {
		if err := pool.Close(); err != nil {
			panic(err)
		}
	}
}

func calls() contest {
	return contest{name: "Go/Call", expected: sumOfMarks, entries: []entry{
		{"leaf call", func(n int) (sum uint64) {
			for i := range n {
				sum += leafNext(uint64(i)) - 1
			}
			return sum
		}},
		{"cgo call", func(n int) (sum uint64) {
			for i := range n {
				sum += cgoNext(uint64(i)) - 1
			}
			return sum
		}},
	}}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// oneByOne acquires and releases 64 bytes: escrow by leaf calls for the handle, its memory and its
// end; by cgo calls, acquire answers with the memory, too.
func oneByOne() contest {
	pool := openPool("one by one")
	id := pool.UnsafeID()
	shared := sync.Pool{New: func() any { return new([objectBytes]byte) }}
	return contest{"Go/AcquireRelease/bytes:64", sumOfMarks, []entry{
		{"escrow", func(n int) (sum uint64) {
			for i := range n {
				handle, err := pool.UnsafeAcquire(objectBytes)
				must(err)
				view, err := escrow.UnsafeView(handle)
				must(err)
				sum += mark(unsafe.Pointer(unsafe.SliceData(view)), i)
				must(escrow.UnsafeRelease(handle))
			}
			return sum
		}},
		{"escrow by cgo", func(n int) (sum uint64) {
			for i := range n {
				handle, memory := cgoAcquire(id, objectBytes)
				sum += mark(memory, i)
				cgoRelease(handle)
			}
			return sum
		}},
		{"C.malloc+C.free", func(n int) (sum uint64) {
			for i := range n {
				memory := cgoMalloc(objectBytes)
				sum += mark(memory, i)
				cgoFree(memory)
			}
			return sum
		}},
		{"C.calloc+C.free", func(n int) (sum uint64) {
			for i := range n {
				memory := cgoCalloc(objectBytes)
				sum += mark(memory, i)
				cgoFree(memory)
			}
			return sum
		}},
		{"cgo.Handle", func(n int) (sum uint64) {
			for i := range n {
				h := cgo.NewHandle(i)
				sum += uint64(h.Value().(int))
				h.Delete()
			}
			return sum
		}},
		{"new([64]byte)", func(n int) (sum uint64) {
			for i := range n {
				escaping = new([objectBytes]byte)
				sum += mark(unsafe.Pointer(escaping), i)
			}
			return sum
		}},
		{"sync.Pool", func(n int) (sum uint64) {
			for i := range n {
				b := shared.Get().(*[objectBytes]byte)
				clear(b[:])
				sum += mark(unsafe.Pointer(b), i)
				shared.Put(b)
			}
			return sum
		}},
	}, closePool(pool)}
}

// untouched acquires and releases, and leaves the memory alone.
func untouched() contest {
	pool := openPool("untouched")
	return contest{"Go/AcquireRelease/untouched/bytes:64", oneEach, []entry{
		{"escrow", func(n int) (sum uint64) {
			for range n {
				handle, err := pool.UnsafeAcquire(objectBytes)
				if err == nil && handle != 0 && escrow.UnsafeRelease(handle) == nil {
					sum++
				}
			}
			return sum
		}},
		{"C.malloc+C.free", func(n int) (sum uint64) {
			for range n {
				if memory := cgoMalloc(objectBytes); memory != nil {
					cgoFree(memory)
					sum++
				}
			}
			return sum
		}},
	}, closePool(pool)}
}

// escaping keeps an object from living on the stack.
var escaping *[objectBytes]byte

// untouchedBatches does the same for eight objects at a time.
func untouchedBatches() contest {
	pool := openPool("untouched batches")
	return contest{"Go/AcquireRelease/untouched/batch:8/bytes:64", oneEach, []entry{
		{"escrow", func(n int) (sum uint64) {
			var handles [8]uint64
			for i := 0; i < n; i += 8 {
				if pool.UnsafeAcquireN(objectBytes, handles[:]) == nil &&
					escrow.UnsafeReleaseN(handles[:]) == nil {
					sum += 8
				}
			}
			return sum
		}},
		{"C.malloc+C.free", func(n int) (sum uint64) {
			var memory [8]unsafe.Pointer
			for i := 0; i < n; i += 8 {
				for k := range memory {
					memory[k] = cgoMalloc(objectBytes)
				}
				for k := range memory {
					if memory[k] != nil {
						sum++
					}
					cgoFree(memory[k])
				}
			}
			return sum
		}},
	}, closePool(pool)}
}

// inBatches writes to and reads from eight objects at a time.
func inBatches() contest {
	pool := openPool("in batches")
	id := pool.UnsafeID()
	return contest{"Go/AcquireRelease/batch:8/bytes:64", sumOfMarks, []entry{
		{"escrow", func(n int) (sum uint64) {
			var handles [8]uint64
			for i := 0; i < n; i += 8 {
				must(pool.UnsafeAcquireN(objectBytes, handles[:]))
				for k, handle := range handles {
					view, err := escrow.UnsafeView(handle)
					must(err)
					sum += mark(unsafe.Pointer(unsafe.SliceData(view)), i+k)
				}
				must(escrow.UnsafeReleaseN(handles[:]))
			}
			return sum
		}},
		{"escrow by cgo", func(n int) (sum uint64) {
			var handles [8]uint64
			var memory [8]unsafe.Pointer
			for i := 0; i < n; i += 8 {
				cgoAcquireN(id, objectBytes, &handles, &memory)
				for k := range memory {
					sum += mark(memory[k], i+k)
				}
				cgoReleaseN(&handles)
			}
			return sum
		}},
		{"C.malloc+C.free", func(n int) (sum uint64) {
			var memory [8]unsafe.Pointer
			for i := 0; i < n; i += 8 {
				for k := range memory {
					memory[k] = cgoMalloc(objectBytes)
					sum += mark(memory[k], i+k)
				}
				for k := range memory {
					cgoFree(memory[k])
				}
			}
			return sum
		}},
	}, closePool(pool)}
}
