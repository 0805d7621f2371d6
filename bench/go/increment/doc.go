// Package increment has ways to increment a counter in assembly: the right one, and the one that
// gives two callers the same number. It stands apart since assembly and cgo do not share a package.
package increment
