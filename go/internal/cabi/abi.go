//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #include "escrow/code.h"
// #include "escrow/escrow.h"
// #include "escrow/layout.h"
// #include "escrow/leaf.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// A code that differs from the header is an array of the wrong length, here.
var _ = [...][1]struct{}{
	[C.ESCROW_OK - OK + 1]struct{}{}, [C.ESCROW_DEFERRED - Deferred + 1]struct{}{},
	[C.ESCROW_FREED - Freed + 1]struct{}{}, [C.ESCROW_ALREADY - Already + 1]struct{}{},
	[C.ESCROW_PENDING - Pending + 1]struct{}{}, [C.ESCROW_E_NULL - Null + 1]struct{}{},
	[C.ESCROW_E_RANGE - Range + 1]struct{}{}, [C.ESCROW_E_FOREIGN - Foreign + 1]struct{}{},
	[C.ESCROW_E_STALE - Stale + 1]struct{}{}, [C.ESCROW_E_KIND - Kind + 1]struct{}{},
	[C.ESCROW_E_MOVED - Moved + 1]struct{}{}, [C.ESCROW_E_LENT - Lent + 1]struct{}{},
	[C.ESCROW_E_SHARED - Shared + 1]struct{}{}, [C.ESCROW_E_TRANSIT - Transit + 1]struct{}{},
	[C.ESCROW_E_REVOKED - Revoked + 1]struct{}{}, [C.ESCROW_E_CLOSED - Closed + 1]struct{}{},
	[C.ESCROW_E_LIMIT - Limit + 1]struct{}{}, [C.ESCROW_E_SCOPE - Scope + 1]struct{}{},
	[C.ESCROW_E_LEAK - Leak + 1]struct{}{}, [C.ESCROW_E_NOMEM - NoMemory + 1]struct{}{},
	[C.ESCROW_E_EXHAUSTED - Exhausted + 1]struct{}{}, [C.ESCROW_E_FULL - Full + 1]struct{}{},
	[C.ESCROW_E_BUSY - Busy + 1]struct{}{}, [C.ESCROW_E_SIZE - Size + 1]struct{}{},
	[C.ESCROW_E_OPTION - Option + 1]struct{}{}, [C.ESCROW_E_VERSION - Version + 1]struct{}{},
	[C.ESCROW_E_UNSUPPORTED - Unsupported + 1]struct{}{}, [C.ESCROW_CREATED - Created + 1]struct{}{},
	[C.ESCROW_E_ABSENT - Absent + 1]struct{}{}, [C.ESCROW_E_DIFFERS - Differs + 1]struct{}{},
	[C.ESCROW_E_REFUSED - Refused + 1]struct{}{}, [C.ESCROW_E_TIMEOUT - Timeout + 1]struct{}{},
	[C.ESCROW_E_LAYOUT - Layouts + 1]struct{}{},
	[C.ESCROW_CODE_MOST_HISTORY - CodeMostHistory + 1]struct{}{},
	[C.ESCROW_CODE_MOST_TABLE - CodeMostTable + 1]struct{}{},
	[C.ESCROW_MAP_WORD - MapWord + 1]struct{}{}, [C.ESCROW_MAP_BYTES - MapBytes + 1]struct{}{},
	[C.ESCROW_MAP_HANDLE - MapHandle + 1]struct{}{}, [C.ESCROW_IF_EQUAL - IfEqual + 1]struct{}{},
	[C.ESCROW_IF_LESS - IfLess + 1]struct{}{}, [C.ESCROW_IF_LESS_SIGNED - IfLessSigned + 1]struct{}{},
	[C.ESCROW_LEAF_GROW - LeafGrow + 1]struct{}{}, [C.ESCROW_LEAF_BATCH - LeafBatch + 1]struct{}{},
	[unsafe.Sizeof(C.escrow_map_entry{}) - unsafe.Sizeof(MapEntry{}) + 1]struct{}{},
	[unsafe.Sizeof(C.escrow_bytes{}) - unsafe.Sizeof(Bytes{}) + 1]struct{}{},
	[unsafe.Sizeof(C.escrow_field{}) - unsafe.Sizeof(Field{}) + 1]struct{}{},
	[unsafe.Offsetof(C.escrow_field{}.count) - unsafe.Offsetof(Field{}.Count) + 1]struct{}{},
	[C.ESCROW_FIELD_UNSIGNED - FieldUnsigned + 1]struct{}{}, [C.ESCROW_FIELD_SIGNED - FieldSigned + 1]struct{}{},
	[C.ESCROW_FIELD_FLOAT - FieldFloat + 1]struct{}{}, [C.ESCROW_FIELD_BOOL - FieldBool + 1]struct{}{},
	[C.ESCROW_LAYOUT_FIELDS - LayoutFields + 1]struct{}{},
	[C.ESCROW_ERROR_COUNT - ErrorCount + 1]struct{}{},
	[C.ESCROW_CLOSE_RECLAIM_TICKETS - ReclaimTickets + 1]struct{}{},
	[C.ESCROW_KIND_OBJECT - KindObject + 1]struct{}{},
	[C.ESCROW_KIND_DUPLICATE - KindDuplicate + 1]struct{}{},
	[C.ESCROW_KIND_LOAN - KindLoan + 1]struct{}{},
	[C.ESCROW_KIND_TICKET - KindTicket + 1]struct{}{},
	[C.ESCROW_KIND_ORPHAN - KindOrphan + 1]struct{}{},
	[C.ESCROW_KIND_PENDING - KindPending + 1]struct{}{},
}

// LinkedABI is the layout that the linked facade was compiled with.
func LinkedABI() ABI {
	info := C.escrow1_abi()
	return ABI{
		Major:           uint32(info.major),
		Minor:           uint32(info.minor),
		HeaderBytes:     uint32(info.header_bytes),
		WordOffset:      uint32(info.word_offset),
		PayloadOffset:   uint32(info.payload_offset),
		AboutOffset:     uint32(info.about_offset),
		GenerationShift: uint32(info.generation_shift),
		IndexShift:      uint32(info.index_shift),
		TagShift:        uint32(info.tag_shift),
		OptionsBytes:    uint32(info.options_bytes),
		StatsBytes:      uint32(info.stats_bytes),
		APIBytes:        uint32(info.api_bytes),
		Optimized:       info.optimized != 0,
		Sanitizer:       uint32(info.sanitizer),
		Hash:            uint64(info.hash),
	}
}

// CompiledABI is the layout that this package was compiled against. Optimized, Sanitizer and Hash
// are the facade's to say and stay zero.
func CompiledABI() ABI {
	return ABI{
		Major:           C.ESCROW_ABI_MAJOR,
		Minor:           C.ESCROW_ABI_MINOR,
		HeaderBytes:     32,
		WordOffset:      0,
		PayloadOffset:   8,
		AboutOffset:     16,
		GenerationShift: 36,
		IndexShift:      28,
		TagShift:        56,
		OptionsBytes:    uint32(unsafe.Sizeof(C.escrow_pool_options{})),
		StatsBytes:      uint32(unsafe.Sizeof(C.escrow_pool_stats{})),
		APIBytes:        uint32(unsafe.Sizeof(C.escrow_api{})),
	}
}

// mismatch is why the linked facade cannot be called; empty when it can.
var mismatch = Mismatch(CompiledABI(), LinkedABI())

// Mismatch says in which number two layouts differ; empty when calls between them are safe.
func Mismatch(compiled, linked ABI) string {
	for _, f := range []struct {
		name             string
		compiled, linked uint32
	}{
		{"the ABI major", compiled.Major, linked.Major},
		{"the slot header's bytes", compiled.HeaderBytes, linked.HeaderBytes},
		{"the word's place in the slot header", compiled.WordOffset, linked.WordOffset},
		{"the payload's place in the slot header", compiled.PayloadOffset, linked.PayloadOffset},
		{"the size's place in the slot header", compiled.AboutOffset, linked.AboutOffset},
		{"the generation's first bit in a word", compiled.GenerationShift, linked.GenerationShift},
		{"the index's first bit in a handle", compiled.IndexShift, linked.IndexShift},
		{"the tag's first bit in a handle", compiled.TagShift, linked.TagShift},
		{"the bytes of escrow_pool_options", compiled.OptionsBytes, linked.OptionsBytes},
		{"the bytes of escrow_pool_stats", compiled.StatsBytes, linked.StatsBytes},
		{"the bytes of escrow_api", compiled.APIBytes, linked.APIBytes},
	} {
		if f.compiled != f.linked {
			return fmt.Sprintf("Go was compiled with %d for %s, the linked facade with %d; rebuild with go build -a",
				f.compiled, f.name, f.linked)
		}
	}
	return ""
}

// Available is OK when the facade can be called, else Version with the reason.
func Available() (Status, string) {
	if mismatch != "" {
		return Version, mismatch
	}
	return OK, ""
}
