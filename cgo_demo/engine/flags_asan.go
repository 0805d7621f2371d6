//go:build cgo && (linux || darwin) && (amd64 || arm64) && asan

package engine

// The go command has C files instrumented, not C++; and what escrow's headers do here must agree with what
// they do in its facade.

// #cgo CXXFLAGS: -fsanitize=address
import "C"
