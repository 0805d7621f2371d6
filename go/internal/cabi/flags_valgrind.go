//go:build cgo && linux && (amd64 || arm64) && valgrind

package cabi

// Go's own tag for programs that run under Memcheck: pools tell it what they hold, too. Needs Valgrind's
// headers.

// #cgo CXXFLAGS: -DESCROW_VALGRIND
import "C"
