//go:build linux || darwin

package escrow

import (
	"os"
	"syscall"
)

// newPipe makes a pipe whose ends do not block: one that Go waits for without a thread, and one for C.
func newPipe() (read *os.File, write int, err error) {
	var ends [2]int
	syscall.ForkLock.RLock()
	if err = syscall.Pipe(ends[:]); err == nil {
		syscall.CloseOnExec(ends[0])
		syscall.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	for i := 0; i < len(ends) && err == nil; i++ {
		err = syscall.SetNonblock(ends[i], true)
	}
	if err != nil {
		return nil, 0, err
	}
	return os.NewFile(uintptr(ends[0]), "escrow: cells"), ends[1], nil
}
