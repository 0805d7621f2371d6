//go:build !linux

package main

import "os"

// isTerminal: no progress is shown where this program does not know how to ask.
func isTerminal(*os.File) bool { return false }
