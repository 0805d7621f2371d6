//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// glibc before 2.34 has the loader's functions in a library of their own.

// #cgo linux LDFLAGS: -ldl
// #cgo noescape escrow1_code_read_stats
// #cgo nocallback escrow1_code_read_stats
// #cgo noescape escrow1_code_list_versions
// #cgo nocallback escrow1_code_list_versions
// #cgo noescape go_code_enter
// #cgo nocallback go_code_enter
// #include <stdlib.h>
// #include "escrow/code.h"
//
// typedef uint64_t (*code_0)(void);
// typedef uint64_t (*code_1)(uint64_t);
// typedef uint64_t (*code_2)(uint64_t, uint64_t);
// typedef uint64_t (*code_3)(uint64_t, uint64_t, uint64_t);
// typedef uint64_t (*code_4)(uint64_t, uint64_t, uint64_t, uint64_t);
// typedef uint64_t (*code_bytes)(void const *, uint64_t);
//
// static uint64_t go_code_words(void const *table, uint64_t i, uint64_t count, uint64_t a, uint64_t b, uint64_t c,
//                               uint64_t d) {
//   void *const f = ((void *const *)table)[i];
//   switch (count) {
//     case 0: return ((code_0)f)();
//     case 1: return ((code_1)f)(a);
//     case 2: return ((code_2)f)(a, b);
//     case 3: return ((code_3)f)(a, b, c);
//     default: return ((code_4)f)(a, b, c, d);
//   }
// }
// static uint64_t go_code_bytes(void const *table, uint64_t i, char const *data, uint64_t size) {
//   return ((code_bytes)((void *const *)table)[i])(data, size);
// }
// static escrow_status go_code_enter(escrow_code_slot slot, void const **table, uint64_t *version, uint64_t *place) {
//   escrow_code_call call;
//   escrow_status const s = escrow_code_enter(slot, &call);
//   *table = call.table;
//   *version = call.version;
//   *place = call.place;
//   return s;
// }
// static escrow_status go_code_leave(uint64_t place) {
//   escrow_code_call call = {0, 0, place};
//   return escrow_code_leave(&call);
// }
// // One crossing for a whole call. What a function returns is no status, so it comes out by itself.
// typedef struct { uint64_t value; escrow_status status; } go_code_result;
// static go_code_result go_code_call_words(escrow_code_slot slot, uint64_t i, uint64_t count, uint64_t a, uint64_t b,
//                                          uint64_t c, uint64_t d) {
//   escrow_code_call call;
//   go_code_result r = {0, escrow_code_enter(slot, &call)};
//   if (r.status != ESCROW_OK) return r;
//   r.value = go_code_words(call.table, i, count, a, b, c, d);
//   (void)escrow_code_leave(&call);
//   return r;
// }
// static go_code_result go_code_call_bytes(escrow_code_slot slot, uint64_t i, char const *data, uint64_t size) {
//   escrow_code_call call;
//   go_code_result r = {0, escrow_code_enter(slot, &call)};
//   if (r.status != ESCROW_OK) return r;
//   r.value = go_code_bytes(call.table, i, data, size);
//   (void)escrow_code_leave(&call);
//   return r;
// }
// static escrow_status go_code_swap_library(escrow_code_slot slot, char const *path, char const *symbol,
//                                           uint64_t expected, escrow_code_reason *reason, uint64_t *version) {
//   escrow_code_library_options const o = {sizeof o, 0, path, symbol};
//   return escrow_code_swap_library(slot, &o, expected, reason, version);
// }
import "C"

import "unsafe"

// Functions that run code of a table, a library's constructors or its destructors carry no
// directive: it is the user's, and may call back into Go.

// CodeOpen opens a code slot.
func CodeOpen(o *CodeOptions) (slot uint64, s Status) {
	options := C.escrow_code_options{
		struct_size: C.uint32_t(unsafe.Sizeof(C.escrow_code_options{})),
		history:     C.uint32_t(o.History),
		abi:         C.uint64_t(o.ABI),
		table_bytes: C.uint64_t(o.TableBytes),
	}
	var out C.escrow_code_slot
	s = Status(C.escrow1_code_open(&options, &out))
	return uint64(out), s
}

// CodeClose refuses later calls.
func CodeClose(slot uint64) Status { return Status(C.escrow1_code_close(C.escrow_code_slot(slot))) }

// CodeDestroy ends a closed slot that nothing is inside.
func CodeDestroy(slot uint64) Status { return Status(C.escrow1_code_destroy(C.escrow_code_slot(slot))) }

// CodeSwap publishes functions of the program, whose pointers are C's.
func CodeSwap(slot uint64, table []unsafe.Pointer, expected uint64) (version uint64, reason string, s Status) {
	var why C.escrow_code_reason
	var out C.uint64_t
	s = Status(C.escrow1_code_swap(C.escrow_code_slot(slot), unsafe.Pointer(unsafe.SliceData(table)), C.uint64_t(expected), &why, &out))
	return uint64(out), C.GoString(&why.text[0]), s
}

// CodeSwapLibrary publishes the functions of a library; symbol may be empty.
func CodeSwapLibrary(slot uint64, path, symbol string, expected uint64) (version uint64, reason string, s Status) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var function *C.char
	if symbol != "" {
		function = C.CString(symbol)
		defer C.free(unsafe.Pointer(function))
	}
	var why C.escrow_code_reason
	var out C.uint64_t
	s = Status(C.go_code_swap_library(C.escrow_code_slot(slot), name, function, C.uint64_t(expected), &why, &out))
	return uint64(out), C.GoString(&why.text[0]), s
}

// CodeRollBack publishes a kept version again.
func CodeRollBack(slot, to uint64) (version uint64, s Status) {
	var out C.uint64_t
	s = Status(C.escrow1_code_roll_back(C.escrow_code_slot(slot), C.uint64_t(to), &out))
	return uint64(out), s
}

// CodeCollect lets go what nobody is in.
func CodeCollect(slot uint64) (count uint32, s Status) {
	var out C.uint32_t
	s = Status(C.escrow1_code_collect(C.escrow_code_slot(slot), &out))
	return uint32(out), s
}

// CodeVersions lists the versions that are kept, oldest first.
func CodeVersions(slot uint64) (versions []CodeVersion, s Status) {
	var infos [CodeMostHistory + 1]C.escrow_code_version_info
	var n C.uint32_t
	s = Status(C.escrow1_code_list_versions(C.escrow_code_slot(slot), &infos[0], C.uint32_t(len(infos)), &n))
	for _, i := range infos[:n] {
		versions = append(versions, CodeVersion{uint64(i.version), uint64(i.inside), uint64(i.holds), i.library != 0})
	}
	return versions, s
}

// CodeReadStats counts what happened.
func CodeReadStats(slot uint64, out *CodeStats) Status {
	stats := C.escrow_code_stats{struct_size: C.uint32_t(unsafe.Sizeof(C.escrow_code_stats{}))}
	s := Status(C.escrow1_code_read_stats(C.escrow_code_slot(slot), &stats))
	*out = CodeStats{
		Current:    uint64(stats.current),
		Live:       uint64(stats.live),
		Waiting:    uint64(stats.waiting),
		Inside:     uint64(stats.inside),
		Holds:      uint64(stats.holds),
		Swapped:    uint64(stats.swapped),
		RolledBack: uint64(stats.rolled_back),
		Differed:   uint64(stats.differed),
		Refused:    uint64(stats.refused),
		Libraries:  uint64(stats.libraries),
		Unloaded:   uint64(stats.unloaded),
		Kept:       uint64(stats.kept),
		Leaked:     uint64(stats.leaked),
		Reason:     C.GoString(&stats.reason.text[0]),
	}
	return s
}

// CodeEnter goes inside the current version. End it with CodeLeave(call.Place), once.
func CodeEnter(slot uint64, call *CodeCall) Status {
	return Status(C.go_code_enter(C.escrow_code_slot(slot), &call.Table, (*C.uint64_t)(&call.Version), (*C.uint64_t)(&call.Place)))
}

// CodeLeave ends a call.
func CodeLeave(place uint64) Status { return Status(C.go_code_leave(C.uint64_t(place))) }

// CodeWords calls function i of a table with so many words.
func CodeWords(table unsafe.Pointer, i, count int, w [4]uint64) uint64 {
	return uint64(C.go_code_words(table, C.uint64_t(i), C.uint64_t(count),
		C.uint64_t(w[0]), C.uint64_t(w[1]), C.uint64_t(w[2]), C.uint64_t(w[3])))
}

// CodeBytes calls function i of a table with bytes.
func CodeBytes(table unsafe.Pointer, i int, b Bytes) uint64 {
	return uint64(C.go_code_bytes(table, C.uint64_t(i), b.chars(), C.uint64_t(b.Size)))
}

// CodeCallWords enters, calls and leaves.
func CodeCallWords(slot uint64, i, count int, w [4]uint64) (uint64, Status) {
	r := C.go_code_call_words(C.escrow_code_slot(slot), C.uint64_t(i), C.uint64_t(count),
		C.uint64_t(w[0]), C.uint64_t(w[1]), C.uint64_t(w[2]), C.uint64_t(w[3]))
	return uint64(r.value), Status(r.status)
}

// CodeCallBytes enters, calls and leaves.
func CodeCallBytes(slot uint64, i int, b Bytes) (uint64, Status) {
	r := C.go_code_call_bytes(C.escrow_code_slot(slot), C.uint64_t(i), b.chars(), C.uint64_t(b.Size))
	return uint64(r.value), Status(r.status)
}
