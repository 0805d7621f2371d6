//go:build cgo && (!(linux || darwin) || !(amd64 || arm64))

package cabi

const (
	absent  = Unsupported
	absence = "escrow runs on linux and darwin, amd64 and arm64"
)
