//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// Only flags that cgo allows in source. Frame pointers: perf and the Go tracer walk through the
// facade. No lazy binding, no exceptions, no RTTI: a leaf call has 512 bytes of stack, and the
// binary needs no libstdc++. -g1: lines and inlined calls, which stacks and profiles need, and no
// variables: a fifth less to compile, and two thirds less to link. No -Werror: the next compiler's
// warnings are not the user's business.

/*
#cgo CFLAGS: -I${SRCDIR}/../../../include
#cgo CXXFLAGS: -I${SRCDIR}/../../../include -std=c++20 -O2 -fno-exceptions -fno-rtti
#cgo CXXFLAGS: -fvisibility=hidden -fno-plt -fno-omit-frame-pointer -g1
*/
import "C"
