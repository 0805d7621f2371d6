//go:build asan

package main

import (
	"runtime"
	"time"
)

// atEnd lets LeakSanitizer look at the end, which it does where the status is 0, and which ends with a status of its
// own. What only garbage of Go holds is no leak: it goes first.
func atEnd(status int) int {
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	if status == exitLeak {
		return exitFound
	}
	return status
}
