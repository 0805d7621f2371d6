//go:build cgo && (linux || darwin) && (amd64 || arm64) && asan

package cabi

// The go command has C files instrumented, not C++: without this nothing would be hidden of the memory
// that a pool has and nobody holds.

// #cgo CXXFLAGS: -fsanitize=address
import "C"
