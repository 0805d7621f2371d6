// Package cabi calls the C facade of escrow. It is the only package of this module with import "C":
// it compiles the one translation unit of the facade (facade.cpp), and its exported names use Go
// types alone, so that no C type and no build constraint reaches its callers.
//
// Where there is no cgo or no supported platform the same functions exist and answer NoCgo or
// Unsupported.
//
// Directives. A function that takes a Go pointer is marked noescape and nocallback, both, because
// only the pair keeps its arguments on the stack. Functions that may run a payload destructor
// (release, release_n, drain, close) carry neither: a destructor is the user's C code and may call
// back into Go, which under nocallback is a crash. Functions that take integers alone carry neither
// because there is nothing to keep on the stack and nocallback has a cost of its own.
package cabi
