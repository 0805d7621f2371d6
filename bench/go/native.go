package main

/*
#cgo CFLAGS: -I${SRCDIR}/../../include -O2
#cgo noescape escrow1_acquire
#cgo nocallback escrow1_acquire
#cgo noescape escrow1_acquire_n
#cgo nocallback escrow1_acquire_n
#cgo noescape escrow1_release_n
#cgo nocallback escrow1_release_n
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include "escrow/escrow.h"

uint64_t bench_next(uint64_t i);
static double clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
*/
import "C"

import (
	"unsafe"

	"example.com/escrow/go/leaf"
)

// The facade that these calls reach is defined by go/escrow; here it is only declared. The calls are
// what go/escrow makes underneath, without its bookkeeping.

func threadTime() float64  { return float64(C.clock_ns(C.CLOCK_THREAD_CPUTIME_ID)) }
func processTime() float64 { return float64(C.clock_ns(C.CLOCK_PROCESS_CPUTIME_ID)) }

// cgoNext calls a C function that does nothing worth mentioning.
func cgoNext(i uint64) uint64 { return uint64(C.bench_next(C.uint64_t(i))) }

// leafNext calls it on the goroutine's own stack.
func leafNext(i uint64) uint64 { return leaf.W1(nextAddress, i) }

var nextAddress = leaf.Func(C.bench_next)

func cgoMalloc(bytes int) unsafe.Pointer { return C.malloc(C.size_t(bytes)) }
func cgoCalloc(bytes int) unsafe.Pointer { return C.calloc(1, C.size_t(bytes)) }
func cgoFree(memory unsafe.Pointer)      { C.free(memory) }

func cgoAcquire(pool uint64, bytes int) (uint64, unsafe.Pointer) {
	var handle C.escrow_handle
	var memory unsafe.Pointer
	if C.escrow1_acquire(C.escrow_pool(pool), C.uint64_t(bytes), &handle, &memory) != C.ESCROW_OK {
		panic("escrow_acquire")
	}
	return uint64(handle), memory
}

func cgoRelease(handle uint64) {
	if C.escrow1_release(C.escrow_handle(handle)) != C.ESCROW_FREED {
		panic("escrow_release")
	}
}

func cgoAcquireN(pool uint64, bytes int, handles *[8]uint64, memory *[8]unsafe.Pointer) {
	if C.escrow1_acquire_n(C.escrow_pool(pool), C.uint64_t(bytes), 8,
		(*C.escrow_handle)(unsafe.Pointer(handles)), (*unsafe.Pointer)(unsafe.Pointer(memory))) != C.ESCROW_OK {
		panic("escrow_acquire_n")
	}
}

func cgoReleaseN(handles *[8]uint64) {
	if C.escrow1_release_n((*C.escrow_handle)(unsafe.Pointer(handles)), 8, nil) != C.ESCROW_OK {
		panic("escrow_release_n")
	}
}

func cgoValidate(handle, pool uint64) bool {
	return C.escrow1_validate(C.escrow_handle(handle), C.escrow_pool(pool), 0) == C.ESCROW_OK
}
