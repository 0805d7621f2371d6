// Package live holds what the tests of profiles and traces do in C.
package live

/*
#cgo CFLAGS: -I${SRCDIR}/../../../include
#include "escrow/escrow.h"

static void release(escrow_handle h) {
  (void)escrow_release(h);
  __asm__ volatile("");  // no tail call
}
static void borrow_and_release(escrow_handle h) {
  escrow_view view;
  if (escrow_borrow(h, &view) == ESCROW_OK) (void)escrow_return(view.root);
  release(h);
}
*/
import "C"

import (
	_ "example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow"
)

// Release ends a reference in C.
func Release(handle uint64) { C.release(C.escrow_handle(handle)) }

// BorrowAndRelease borrows an object in C, gives it back and ends the reference.
func BorrowAndRelease(handle uint64) { C.borrow_and_release(C.escrow_handle(handle)) }
