// Package code has C functions that a test swaps into code slots, those of tests/code/table.h.
package code

/*
#include <stdint.h>

static uint64_t number(void) { return 7; }
static uint64_t add(uint64_t a, uint64_t b) { return a + b + 7; }
static uint64_t sum(void const *bytes, uint64_t size) {
  uint64_t total = 7;
  for (uint64_t i = 0; i < size; ++i) total += ((unsigned char const *)bytes)[i];
  return total;
}
static uint64_t none(void const *until, uint64_t n) { return n; }
static void destroy(void *object) {}

static void *function(int i) {
  void *const all[] = {number, add, sum, none, destroy};
  return all[i];
}
static void *flag(void) {
  static uint32_t until;
  return &until;
}
static void raise_flag(uint32_t to) { __atomic_store_n((uint32_t *)flag(), to, __ATOMIC_RELEASE); }
static uint64_t call_add(void *f, uint64_t a, uint64_t b) { return ((uint64_t (*)(uint64_t, uint64_t))f)(a, b); }
*/
import "C"

import "unsafe"

// Functions is how many the table has.
const Functions = 5

// Table is the functions of this program; its number is 7.
func Table() []unsafe.Pointer {
	table := make([]unsafe.Pointer, Functions)
	for i := range table {
		table[i] = C.function(C.int(i))
	}
	return table
}

// Flag is the address that the wait function of a library may be given.
func Flag() uint64 { return uint64(uintptr(C.flag())) }

// Raise lets those return who wait for the flag, or not.
func Raise(to uint32) { C.raise_flag(C.uint32_t(to)) }

// Add calls a function of two words, as a program does with its own cgo code.
func Add(f unsafe.Pointer, a, b uint64) uint64 {
	return uint64(C.call_add(f, C.uint64_t(a), C.uint64_t(b)))
}
