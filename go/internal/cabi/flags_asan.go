//go:build cgo && (linux || darwin) && (amd64 || arm64) && asan

package cabi

// The go command gives this to C alone; without it pools hide nothing from AddressSanitizer. At
// -O2 the facade takes half a minute more to compile.

// #cgo CXXFLAGS: -fsanitize=address -O1
import "C"
