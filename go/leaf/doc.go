// Package leaf calls a C function on the goroutine's own stack, without the cost of a cgo call.
//
// A leaf is a C function that keeps a contract: it writes at most [StackLimit] bytes of stack with
// everything it calls, it runs for some microseconds at most because stopping the world waits for it,
// and it makes no system call, allocates nothing, takes no lock that it does not give back, uses no
// thread-local storage, binds no symbol lazily, and never calls into Go. A function that breaks the
// contract corrupts memory. docs/leaf.md says how to write one and how to have the bound proved.
//
// For every shape of arguments, pointers first, then words, 1 to 6 in all, there are two functions:
// P2W1 takes two pointers and a word and returns what C returned; P2W1Void is for C functions that
// return nothing. A word is 64 bits wide; the upper half of a narrower C result is undefined, so
// convert it: int32(leaf.P1(fn, p)). The cgo rules for pointers hold, and C keeps none of them after
// it has returned. Arguments do not escape. Any goroutine may call, also in init and in a cleanup.
//
// Where leaf calls are not possible or not wanted, the same functions call through cgo, at a cgo
// call's cost, with the same results; [Available] says why. Without cgo, and where there is neither
// Linux nor macOS on amd64 or arm64, they panic: there is no C to call.
//
// A leaf's time is charged to the runtime in CPU profiles, without a Go caller: the environment
// ESCROW_LEAF=off, or [Disable], shows it where it belongs.
package leaf

//go:generate go run ../internal/trampoline calls .
