//go:build !cgo

package cabi

const (
	absent  = NoCgo
	absence = "this binary was built with CGO_ENABLED=0"
)
