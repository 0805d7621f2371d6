//go:build !amd64

package increment

import (
	"sync/atomic"
	"time"
)

// Assembly says whether Add, IncrementAndReload and Ticks are assembly here.
const Assembly = false

// Add increments and returns the number after it.
func Add(counter *uint64) uint64 { return atomic.AddUint64(counter, 1) }

// IncrementAndReload increments, forgets what the increment answered and loads the counter: two
// callers can get one number. It is here to be measured and to be seen failing.
func IncrementAndReload(counter *uint64) uint64 {
	atomic.AddUint64(counter, 1)
	return atomic.LoadUint64(counter)
}

var start = time.Now()

// Ticks reads a clock.
func Ticks() uint64 { return uint64(time.Since(start)) }
