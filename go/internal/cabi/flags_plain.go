//go:build cgo && (linux || darwin) && (amd64 || arm64) && !asan && !msan

package cabi

// The stack bound of leaf calls: gcc stops at a larger frame, clang, which knows the second flag by
// another name, warns. Sanitizers widen every frame, and leaves are off under them.

// #cgo CXXFLAGS: -Wframe-larger-than=512 -Werror=frame-larger-than=512 -Wno-unknown-warning-option
import "C"
