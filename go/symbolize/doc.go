// Package symbolize names the C functions in a Go program's crash dump. The runtime prints bare
// addresses for them: a fault in a leaf is an "unexpected return pc", with a dump of the stack.
package symbolize
