//go:build (amd64 || arm64) && (linux || darwin) && cgo && !race && !asan && !msan && escrow_noleaf

package leaf

// missing is why this binary has no trampoline, empty when it has one.
const missing = "this binary was built with the tag escrow_noleaf"
