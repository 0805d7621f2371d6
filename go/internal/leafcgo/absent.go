//go:build !(cgo && (linux || darwin) && (amd64 || arm64))

package leafcgo

import "unsafe"

const nothingToCall = "leaf: a C function was called where there is no cgo or no supported platform"

// Painted is the most stack that Measure can see, in bytes.
const Painted = 4096

// Enter is nil: there is nothing to enter.
func Enter() unsafe.Pointer { return nil }

// Optimized is false: there is no C.
func Optimized() bool { return false }

// Measure panics, like the functions below: there is no C.
func Measure(unsafe.Pointer, []unsafe.Pointer, []uint64) (uint64, int) { panic(nothingToCall) }

func P0(unsafe.Pointer, uint64, uint64, uint64, uint64, uint64, uint64) uint64 { panic(nothingToCall) }
func P1(unsafe.Pointer, unsafe.Pointer, uint64, uint64, uint64, uint64, uint64) uint64 {
	panic(nothingToCall)
}
func P2(unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, uint64, uint64, uint64, uint64) uint64 {
	panic(nothingToCall)
}
func P3(unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, uint64, uint64, uint64) uint64 {
	panic(nothingToCall)
}
func P4(unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, uint64, uint64) uint64 {
	panic(nothingToCall)
}
func P5(unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, uint64) uint64 {
	panic(nothingToCall)
}
func P6(unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer, unsafe.Pointer) uint64 {
	panic(nothingToCall)
}
