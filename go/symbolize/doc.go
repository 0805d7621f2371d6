// Package symbolize names C functions by their addresses, from the symbols and the debug information of the
// file that they lie in: in a Go program's crash dump, where the runtime prints bare addresses for them, and
// in stacks that a ledger noted. On the standard library alone.
package symbolize
