//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape go_map_get
// #cgo nocallback go_map_get
// #cgo noescape go_map_put
// #cgo nocallback go_map_put
// #cgo noescape go_map_put_if_absent
// #cgo nocallback go_map_put_if_absent
// #cgo noescape go_map_swap
// #cgo nocallback go_map_swap
// #cgo noescape go_map_compare_and_swap
// #cgo nocallback go_map_compare_and_swap
// #cgo noescape go_map_compare_and_erase
// #cgo nocallback go_map_compare_and_erase
// #cgo noescape go_map_take
// #cgo nocallback go_map_take
// #cgo noescape go_map_scan
// #cgo nocallback go_map_scan
// #cgo noescape go_map_add
// #cgo nocallback go_map_add
// #cgo noescape go_map_erase
// #cgo nocallback go_map_erase
// #cgo noescape go_map_erase_if
// #cgo nocallback go_map_erase_if
// #include "escrow/map_bytes.h"
//
// // A struct that holds a Go pointer must not lie in Go memory when it is passed to C: these make it. And
// // they take chars: for a void pointer cgo looks for Go pointers in all of the object it points into,
// // which a key of bytes may share with others.
// static escrow_status go_map_get(escrow_map m, char const *key, uint64_t size, char *out, uint64_t capacity,
//                                 uint64_t *out_size) {
//   escrow_buffer b = {out, capacity, 0};
//   escrow_status const s = escrow_map_get_bytes(m, key, size, &b);
//   *out_size = b.size;
//   return s;
// }
// static escrow_status go_map_put(escrow_map m, char const *key, uint64_t size, char const *value,
//                                 uint64_t bytes) {
//   escrow_bytes const v = {value, bytes};
//   return escrow_map_put_bytes(m, key, size, &v);
// }
// static escrow_status go_map_put_if_absent(escrow_map m, char const *key, uint64_t size, char const *value,
//                                           uint64_t bytes, char *out, uint64_t capacity, uint64_t *out_size) {
//   escrow_bytes const v = {value, bytes};
//   escrow_buffer b = {out, capacity, 0};
//   escrow_status const s = escrow_map_put_bytes_if_absent(m, key, size, &v, &b);
//   *out_size = b.size;
//   return s;
// }
// static escrow_status go_map_swap(escrow_map m, char const *key, uint64_t size, char const *value,
//                                  uint64_t bytes, char *out, uint64_t capacity, uint64_t *out_size) {
//   escrow_bytes const v = {value, bytes};
//   escrow_buffer b = {out, capacity, 0};
//   escrow_status const s = escrow_map_swap_bytes(m, key, size, &v, &b);
//   *out_size = b.size;
//   return s;
// }
// static escrow_status go_map_compare_and_swap(escrow_map m, char const *key, uint64_t size, char const *old,
//                                              uint64_t old_bytes, char const *value, uint64_t bytes) {
//   escrow_bytes const e = {old, old_bytes}, v = {value, bytes};
//   return escrow_map_compare_and_swap_bytes(m, key, size, &e, &v);
// }
// static escrow_status go_map_compare_and_erase(escrow_map m, char const *key, uint64_t size, char const *old,
//                                               uint64_t old_bytes) {
//   escrow_bytes const e = {old, old_bytes};
//   return escrow_map_compare_and_erase_bytes(m, key, size, &e);
// }
// static escrow_status go_map_take(escrow_map m, char const *key, uint64_t size, char *out, uint64_t capacity,
//                                  uint64_t *out_size) {
//   escrow_buffer b = {out, capacity, 0};
//   escrow_status const s = escrow_map_take_bytes(m, key, size, &b);
//   *out_size = b.size;
//   return s;
// }
// static escrow_status go_map_scan(escrow_map m, uint64_t *cursor, char *out, uint64_t capacity,
//                                  uint64_t *out_size, uint64_t *out_count) {
//   escrow_buffer b = {out, capacity, 0};
//   escrow_status const s = escrow_map_scan_bytes(m, cursor, &b, out_count);
//   *out_size = b.size;
//   return s;
// }
// static escrow_status go_map_add(escrow_map m, char const *key, uint64_t size, uint64_t delta,
//                                 uint64_t *out_before) {
//   return escrow_map_add_bytes(m, key, size, delta, out_before);
// }
// static escrow_status go_map_erase(escrow_map m, char const *key, uint64_t size) {
//   return escrow_map_erase_bytes(m, key, size);
// }
// static escrow_status go_map_erase_if(escrow_map m, char const *key, uint64_t size, uint32_t condition,
//                                      uint64_t operand) {
//   return escrow_map_erase_bytes_if(m, key, size, condition, operand);
// }
import "C"

import "unsafe"

func (b Bytes) chars() *C.char { return (*C.char)(b.Data) }

// A key or value of the functions below is Size bytes at Data; a buffer has room for Size bytes, and n
// is how long the value is, also where that is more.

// MapGetBytes reads the value of a key.
func MapGetBytes(m uint64, key, out Bytes, n *uint64) Status {
	return Status(C.go_map_get(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), out.chars(), C.uint64_t(out.Size), (*C.uint64_t)(n)))
}

// MapPutBytes stores a value.
func MapPutBytes(m uint64, key, value Bytes) Status {
	return Status(C.go_map_put(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), value.chars(), C.uint64_t(value.Size)))
}

// MapPutBytesIfAbsent stores a value unless the key has one, which goes into out.
func MapPutBytesIfAbsent(m uint64, key, value, out Bytes, n *uint64) Status {
	return Status(C.go_map_put_if_absent(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), value.chars(), C.uint64_t(value.Size),
		out.chars(), C.uint64_t(out.Size), (*C.uint64_t)(n)))
}

// MapSwapBytes stores a value; what it replaced goes into out.
func MapSwapBytes(m uint64, key, value, out Bytes, n *uint64) Status {
	return Status(C.go_map_swap(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), value.chars(), C.uint64_t(value.Size),
		out.chars(), C.uint64_t(out.Size), (*C.uint64_t)(n)))
}

// MapCompareAndSwapBytes stores desired if the value is expected.
func MapCompareAndSwapBytes(m uint64, key, expected, desired Bytes) Status {
	return Status(C.go_map_compare_and_swap(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), expected.chars(),
		C.uint64_t(expected.Size), desired.chars(), C.uint64_t(desired.Size)))
}

// MapCompareAndEraseBytes removes a key whose value is expected.
func MapCompareAndEraseBytes(m uint64, key, expected Bytes) Status {
	return Status(C.go_map_compare_and_erase(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), expected.chars(), C.uint64_t(expected.Size)))
}

// MapAddBytes adds to the word of a key.
func MapAddBytes(m uint64, key Bytes, delta uint64, before *uint64) Status {
	return Status(C.go_map_add(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), C.uint64_t(delta), (*C.uint64_t)(before)))
}

// MapEraseBytes removes a key.
func MapEraseBytes(m uint64, key Bytes) Status {
	return Status(C.go_map_erase(C.escrow_map(m), key.chars(), C.uint64_t(key.Size)))
}

// MapTakeBytes removes a key whose value goes into out.
func MapTakeBytes(m uint64, key, out Bytes, n *uint64) Status {
	return Status(C.go_map_take(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), out.chars(), C.uint64_t(out.Size), (*C.uint64_t)(n)))
}

// MapEraseBytesIf removes a key the first 8 bytes of whose value meet a condition.
func MapEraseBytesIf(m uint64, key Bytes, condition uint32, operand uint64) Status {
	return Status(C.go_map_erase_if(C.escrow_map(m), key.chars(), C.uint64_t(key.Size), C.uint32_t(condition), C.uint64_t(operand)))
}

// MapScanBytes copies entries of any map from the cursor on and moves it; used says how far the buffer
// is filled. An entry is a header (key bytes << 32 | value bytes), the key, the value, padded to 8.
func MapScanBytes(m uint64, cursor *uint64, buffer []byte) (used, count int, s Status) {
	var size, n C.uint64_t
	s = Status(C.go_map_scan(C.escrow_map(m), (*C.uint64_t)(cursor), (*C.char)(unsafe.Pointer(unsafe.SliceData(buffer))),
		C.uint64_t(len(buffer)), &size, &n))
	return int(size), int(n), s
}
