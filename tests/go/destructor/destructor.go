// Package destructor offers C destructors to the tests of pools that have one.
package destructor

/*
#cgo CFLAGS: -I${SRCDIR}/../../../include
#include <stdatomic.h>
#include <stdint.h>
#include "escrow/escrow.h"

static _Atomic uint64_t runs;
static _Atomic uint64_t sum;

// Counts, and sums the first byte of each object.
static void counting(void *payload, uint64_t size, void *context) {
  (void)size;
  (void)context;
  atomic_fetch_add(&sum, *(unsigned char *)payload);
  atomic_fetch_add(&runs, 1);
}

void escrowTestDestroyed(void *payload, uint64_t size, void *context);

static void calling(void *payload, uint64_t size, void *context) {
  escrowTestDestroyed(payload, size, context);
}

static void *counting_address(void) { return (void *)counting; }
static void *calling_address(void) { return (void *)calling; }
static uint64_t read_runs(void) { return atomic_load(&runs); }
static uint64_t read_sum(void) { return atomic_load(&sum); }
*/
import "C"

import (
	"sync/atomic"
	"unsafe"

	_ "example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow"
)

// Counting is a destructor that counts.
func Counting() unsafe.Pointer { return C.counting_address() }

// Runs is how often Counting ran, and Sum the sum of the first bytes it saw.
func Runs() uint64 { return uint64(C.read_runs()) }
func Sum() uint64  { return uint64(C.read_sum()) }

// Calling is a destructor that calls the function set by OnDestroy.
func Calling() unsafe.Pointer { return C.calling_address() }

var destroyed atomic.Pointer[func(payload []byte)]

// OnDestroy sets what Calling calls.
func OnDestroy(f func(payload []byte)) { destroyed.Store(&f) }

//export escrowTestDestroyed
func escrowTestDestroyed(payload unsafe.Pointer, size C.uint64_t, _ unsafe.Pointer) {
	(*destroyed.Load())(unsafe.Slice((*byte)(payload), uint64(size)))
}
