// Command twice brings a second facade unit into one binary: it does not link.
package main

/*
#cgo CXXFLAGS: -std=c++20 -I${SRCDIR}/../vendor/example.com/escrow/include
*/
import "C"

import _ "example.com/escrow/go/escrow"

func main() {}
