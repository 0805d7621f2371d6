// Package facade is how the Go packages of escrow call the C facade: by leaf calls where they are
// possible, through named assembly stubs, one for each leaf of the facade, and else by package cabi.
//
// The stubs and their declarations are written by package trampoline from leaves.txt. A stub takes the
// address of its C function from a variable that Prepare sets, and is called only after that.
package facade
