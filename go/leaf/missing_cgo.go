//go:build !cgo

package leaf

// missing is why this binary has no trampoline, empty when it has one.
const missing = "this binary was built with CGO_ENABLED=0"
