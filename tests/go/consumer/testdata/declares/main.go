// Command declares calls the facade from C code of its own: the first of the two ways. It declares
// from escrow.h, and go/escrow, which it imports, defines.
package main

/*
#cgo CFLAGS: -I${SRCDIR}/../vendor/example.com/escrow/include
#include <stdlib.h>
#include <string.h>
#include "escrow/escrow.h"

static escrow_status fill(uint64_t handle, char const *text) {
  escrow_view view;
  escrow_status const s = escrow_borrow(handle, &view);
  if (s < 0) return s;
  strncpy(view.payload, text, view.size);
  return escrow_return(view.root);
}
static char const *sentence(escrow_status s) { return escrow_status_name(s); }
*/
import "C"

import (
	"fmt"
	"os"
	"unsafe"

	"example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow"
)

func main() {
	pool, err := escrow.Open(escrow.Options{})
	if err != nil {
		panic(err)
	}
	guard, err := pool.Acquire(9)
	if err != nil {
		panic(err)
	}
	text := C.CString("from C\n")
	defer C.free(unsafe.Pointer(text))
	raw := guard.UnsafeHandle()
	fmt.Println(C.GoString(C.sentence(C.fill(C.uint64_t(raw), text))))
	guard.WriteTo(os.Stdout)
	fmt.Println(guard.Close(), C.GoString(C.sentence(C.fill(C.uint64_t(raw), text))), pool.Close())
}
