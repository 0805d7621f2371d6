// Package escrowheaders is the C and C++ headers of escrow as a Go package.
//
// Every cgo package that includes a header of this folder imports this package for its side effect
// on the build alone: the embedded files are part of its build identity, so go build notices an
// edited header, and go mod vendor copies the folder. Nothing of it ends up in a binary.
package escrowheaders

import "embed"

//go:embed *.h *.hpp
var _ embed.FS
