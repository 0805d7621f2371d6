// Package keepalive holds the two wrappers of the demonstration: a C object behind a finalizer, as
// countless bindings have it, and the same object behind an escrow guard.
package keepalive

/*
#cgo CFLAGS: -I${SRCDIR}/../../../include
#include <stdint.h>
#include <string.h>
#include <time.h>
#include "escrow/escrow.h"

enum { ALIVE = 0x600D, FREED = 0xDEAD };

static void wait_ms(int ms) {
  struct timespec t = {0, (long)ms * 1000000};
  nanosleep(&t, 0);
}

// The naive object. Its memory stays, so that reading it after naive_free shows FREED and does not
// crash the demonstration.
static int naive_objects[4096];
static int naive_count;

static int *naive_new(void) {
  int *object = &naive_objects[naive_count++ % 4096];
  *object = ALIVE;
  return object;
}
static void naive_free(int *object) { *object = FREED; }
static int naive_read_slowly(int *object, int ms) {
  wait_ms(ms);
  return *object;
}

// The same operation on a handle: borrow, work, return. -1 where the reference has ended.
static int safe_read_slowly(uint64_t handle, int ms) {
  escrow_view view;
  if (escrow_borrow(handle, &view) < 0) return -1;
  wait_ms(ms);
  int value;
  memcpy(&value, view.payload, sizeof value);
  escrow_return(view.root);
  return value;
}
*/
import "C"

import (
	"encoding/binary"
	"runtime"

	"example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow"
)

// Alive is what a live object reads as.
const Alive = C.ALIVE

// Naive is the wrapper with the bug: nothing keeps it alive while C works on the object.
type Naive struct{ object *C.int }

// NewNaive makes an object that the finalizer frees.
func NewNaive() *Naive {
	n := &Naive{C.naive_new()}
	runtime.SetFinalizer(n, func(n *Naive) { C.naive_free(n.object) })
	return n
}

// ReadSlowly is a C call that takes some milliseconds.
func (n *Naive) ReadSlowly(ms int) int { return int(C.naive_read_slowly(n.object, C.int(ms))) }

// Safe is the same wrapper on escrow, and nothing keeps it alive either.
type Safe struct{ guard escrow.Guard }

// NewSafe makes an object that the guard's cleanup releases.
func NewSafe(p *escrow.Pool) (*Safe, error) {
	g, err := p.Acquire(16)
	if err != nil {
		return nil, err
	}
	err = g.Use(func(b []byte) error { binary.NativeEndian.PutUint32(b, C.ALIVE); return nil })
	return &Safe{g}, err
}

// ReadSlowly is the same C call; -1 where the object was released before C could borrow it.
func (s *Safe) ReadSlowly(ms int) int {
	return int(C.safe_read_slowly(C.uint64_t(s.guard.UnsafeHandle()), C.int(ms)))
}
