// Command capi includes capi.hpp, which only the facade's own unit may: it does not compile.
package main

/*
#cgo CXXFLAGS: -std=c++20 -I${SRCDIR}/../vendor/example.com/escrow/include
*/
import "C"

import _ "example.com/escrow/go/escrow"

func main() {}
