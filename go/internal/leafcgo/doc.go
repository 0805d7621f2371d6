// Package leafcgo calls a C function by its address through cgo: what package leaf does where a leaf
// call is not possible or not wanted. It knows nothing of the rest of escrow, so that a program that
// uses package leaf alone does not link the facade.
//
// Pn calls fn with n pointers followed by words, always six arguments: a C function does not see
// registers that it has no parameter for. The cgo rules for pointers hold. The functions with pointers
// are noescape and nocallback, both, because only the pair keeps the caller's arguments on its stack;
// a leaf calls nothing in Go. Where there is no cgo or no supported platform they panic.
//
// There is no -O2 here: Optimized says what the user's own flags make of C.
package leafcgo
