//go:build cgo && (linux || darwin) && (amd64 || arm64)

package leafcgo

// #cgo CFLAGS: -fno-omit-frame-pointer
// #cgo noescape leafcgo_p1
// #cgo nocallback leafcgo_p1
// #cgo noescape leafcgo_p2
// #cgo nocallback leafcgo_p2
// #cgo noescape leafcgo_p3
// #cgo nocallback leafcgo_p3
// #cgo noescape leafcgo_p4
// #cgo nocallback leafcgo_p4
// #cgo noescape leafcgo_p5
// #cgo nocallback leafcgo_p5
// #cgo noescape leafcgo_p6
// #cgo nocallback leafcgo_p6
// #cgo noescape leafcgo_measure
// #cgo nocallback leafcgo_measure
// #include "measure.h"
// typedef uint64_t word;
// static inline word leafcgo_p0(uintptr_t fn, word a, word b, word c, word d, word e, word f) {
//   return ((word (*)(word, word, word, word, word, word))fn)(a, b, c, d, e, f);
// }
// static inline word leafcgo_p1(uintptr_t fn, void *p, word a, word b, word c, word d, word e) {
//   return ((word (*)(void *, word, word, word, word, word))fn)(p, a, b, c, d, e);
// }
// static inline word leafcgo_p2(uintptr_t fn, void *p, void *q, word a, word b, word c, word d) {
//   return ((word (*)(void *, void *, word, word, word, word))fn)(p, q, a, b, c, d);
// }
// static inline word leafcgo_p3(uintptr_t fn, void *p, void *q, void *r, word a, word b, word c) {
//   return ((word (*)(void *, void *, void *, word, word, word))fn)(p, q, r, a, b, c);
// }
// static inline word leafcgo_p4(uintptr_t fn, void *p, void *q, void *r, void *s, word a, word b) {
//   return ((word (*)(void *, void *, void *, void *, word, word))fn)(p, q, r, s, a, b);
// }
// static inline word leafcgo_p5(uintptr_t fn, void *p, void *q, void *r, void *s, void *t, word a) {
//   return ((word (*)(void *, void *, void *, void *, void *, word))fn)(p, q, r, s, t, a);
// }
// static inline word leafcgo_p6(uintptr_t fn, void *p, void *q, void *r, void *s, void *t, void *u) {
//   return ((word (*)(void *, void *, void *, void *, void *, void *))fn)(p, q, r, s, t, u);
// }
// static inline word leafcgo_measure(uintptr_t fn, int pointers, void *p, void *q, void *r, void *s, void *t, void *u,
//                                    word a, word b, word c, word d, word e, word f, word *out_used) {
//   word words[12] = {(word)p, (word)q, (word)r, (word)s, (word)t, (word)u, a, b, c, d, e, f};
//   for (int i = 0; i + pointers < 6; ++i) words[pointers + i] = words[6 + i];
//   return escrow1_leafcgo_measure(fn, words, out_used);
// }
import "C"

import "unsafe"

// Painted is the most stack that Measure can see, in bytes.
const Painted = C.LEAFCGO_PAINTED

// Enter is what trampolines call, with the address of the leaf in AX or R9: a frame of 16 bytes.
func Enter() unsafe.Pointer { return C.escrow1_leafcgo_enter }

// Optimized says whether C is compiled with optimisation and without a sanitizer in this binary.
func Optimized() bool { return C.escrow1_leafcgo_optimized() != 0 }

// Measure calls fn with the pointers followed by the words, 6 in all at most, and returns what fn
// returned and how many bytes of stack it wrote, its return address included; Painted when that many
// or more.
func Measure(fn unsafe.Pointer, pointers []unsafe.Pointer, words []uint64) (result uint64, used int) {
	var p [6]unsafe.Pointer
	var w [6]C.word
	copy(p[:], pointers)
	for i, word := range words {
		w[i] = C.word(word)
	}
	var out C.word
	r := C.leafcgo_measure(C.uintptr_t(uintptr(fn)), C.int(len(pointers)), p[0], p[1], p[2], p[3], p[4], p[5],
		w[0], w[1], w[2], w[3], w[4], w[5], &out)
	return uint64(r), int(out)
}

func P0(fn unsafe.Pointer, a, b, c, d, e, f uint64) uint64 {
	return uint64(C.leafcgo_p0(C.uintptr_t(uintptr(fn)), C.word(a), C.word(b), C.word(c), C.word(d), C.word(e), C.word(f)))
}

func P1(fn, p unsafe.Pointer, a, b, c, d, e uint64) uint64 {
	return uint64(C.leafcgo_p1(C.uintptr_t(uintptr(fn)), p, C.word(a), C.word(b), C.word(c), C.word(d), C.word(e)))
}

func P2(fn, p, q unsafe.Pointer, a, b, c, d uint64) uint64 {
	return uint64(C.leafcgo_p2(C.uintptr_t(uintptr(fn)), p, q, C.word(a), C.word(b), C.word(c), C.word(d)))
}

func P3(fn, p, q, r unsafe.Pointer, a, b, c uint64) uint64 {
	return uint64(C.leafcgo_p3(C.uintptr_t(uintptr(fn)), p, q, r, C.word(a), C.word(b), C.word(c)))
}

func P4(fn, p, q, r, s unsafe.Pointer, a, b uint64) uint64 {
	return uint64(C.leafcgo_p4(C.uintptr_t(uintptr(fn)), p, q, r, s, C.word(a), C.word(b)))
}

func P5(fn, p, q, r, s, t unsafe.Pointer, a uint64) uint64 {
	return uint64(C.leafcgo_p5(C.uintptr_t(uintptr(fn)), p, q, r, s, t, C.word(a)))
}

func P6(fn, p, q, r, s, t, u unsafe.Pointer) uint64 {
	return uint64(C.leafcgo_p6(C.uintptr_t(uintptr(fn)), p, q, r, s, t, u))
}
