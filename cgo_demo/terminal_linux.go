package main

import (
	"os"
	"syscall"
	"unsafe"
)

// isTerminal: only a terminal has terminal settings; /dev/null is a character device too.
func isTerminal(f *os.File) bool {
	var settings syscall.Termios
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&settings)))
	return errno == 0
}
