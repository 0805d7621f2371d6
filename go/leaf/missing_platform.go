//go:build cgo && !((amd64 || arm64) && (linux || darwin))

package leaf

// missing is why this binary has no trampoline, empty when it has one.
const missing = "leaf calls run on linux and darwin, amd64 and arm64"
