//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

import "unsafe"

func LeafStackBytes() uint64           { return 0 }
func LeafAddress(i int) unsafe.Pointer { return nil }

// Discard ends an object that nobody has used, without its destructor.
func Discard(handle uint64) { ReleaseDeferred(handle) }
