//go:build (amd64 || arm64) && (linux || darwin) && cgo && race

package leaf

// missing is why this binary has no trampoline, empty when it has one.
const missing = "this binary was built with -race"
