// Command table calls the facade through the function table that it is handed: the second way. Its C
// code is not linked with the facade; it might as well sit in a library loaded at run time.
package main

/*
#cgo CFLAGS: -I${SRCDIR}/../vendor/example.com/escrow/include
#include <stddef.h>
#include <string.h>
#include "escrow/api.h"

static escrow_api const *api;

static int take_table(void const *table) {
  api = table;
  if (api->major != ESCROW_ABI_MAJOR) return -1;
  if (api->struct_size < offsetof(escrow_api, read) + sizeof api->read) return -1;
  return 0;
}
static uint64_t make(uint64_t pool) {
  escrow_handle handle;
  void *memory;
  if (api->acquire(pool, 16, &handle, &memory) < 0) return 0;
  strcpy(memory, "by the table\n");
  return handle;
}
*/
import "C"

import (
	"fmt"
	"os"

	"example.com/escrow/go/escrow"
	_ "example.com/escrow/include/escrow"
)

func main() {
	if C.take_table(escrow.UnsafeTable()) != 0 {
		panic("another version")
	}
	pool, err := escrow.Open(escrow.Options{})
	if err != nil {
		panic(err)
	}
	guard, err := pool.UnsafeAdopt(uint64(C.make(C.uint64_t(pool.UnsafeID()))))
	if err != nil {
		panic(err)
	}
	guard.WriteTo(os.Stdout)
	fmt.Println(guard.Close(), pool.Close())
}
