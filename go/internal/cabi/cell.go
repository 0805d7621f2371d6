//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape go_cell_open
// #cgo nocallback go_cell_open
// #cgo noescape go_cell_prepare
// #cgo nocallback go_cell_prepare
// #cgo noescape go_cell_publish
// #cgo nocallback go_cell_publish
// #cgo noescape go_cell_refuse
// #cgo nocallback go_cell_refuse
// #cgo noescape escrow1_cell_accept
// #cgo nocallback escrow1_cell_accept
// #cgo noescape escrow1_cell_read_layout
// #cgo nocallback escrow1_cell_read_layout
// #cgo noescape escrow1_cell_take
// #cgo nocallback escrow1_cell_take
// #cgo noescape escrow1_cell_read_prepared
// #cgo nocallback escrow1_cell_read_prepared
// #cgo noescape escrow1_cell_load
// #cgo nocallback escrow1_cell_load
// #cgo noescape escrow1_cell_load_version
// #cgo nocallback escrow1_cell_load_version
// #cgo noescape escrow1_cell_read_history
// #cgo nocallback escrow1_cell_read_history
// #cgo noescape escrow1_cell_read_stats
// #cgo nocallback escrow1_cell_read_stats
// #include "escrow/cell.h"
//
// // As for maps: a struct with a Go pointer must not lie in Go memory, and bytes are passed as chars.
// static escrow_status go_cell_open(char const *name, uint64_t limit, uint64_t fixed_size, uint32_t history,
//                                   uint32_t alignment, uint32_t flags, escrow_layout const *layout,
//                                   escrow_cell *out) {
//   escrow_cell_options o = {.struct_size = sizeof o, .flags = flags, .name = name, .limit_bytes = limit,
//                            .fixed_size = fixed_size, .alignment = alignment, .history = history, .layout = layout};
//   return escrow_cell_open(&o, out);
// }
// static escrow_status go_cell_prepare(escrow_cell cell, char const *content, uint64_t size, char const *etag,
//                                      uint64_t etag_size, uint64_t *out_snapshot) {
//   escrow_bytes const c = {content, size}, e = {etag, etag_size};
//   return escrow_cell_prepare(cell, &c, etag_size != 0 ? &e : NULL, out_snapshot, NULL);
// }
// static escrow_status go_cell_publish(escrow_cell cell, uint64_t snapshot, uint32_t kind, uint64_t version,
//                                      char const *etag, uint64_t etag_size, uint64_t *out_version) {
//   escrow_cell_condition const c = {kind, (uint32_t)etag_size, version, etag};
//   return escrow_cell_publish(cell, snapshot, &c, out_version);
// }
// static escrow_status go_cell_refuse(escrow_cell cell, uint64_t snapshot, char const *text, uint64_t size) {
//   escrow_cell_reason why = {.code = 1};
//   for (uint64_t i = 0; i < size && i < sizeof why.text - 1; ++i) why.text[i] = text[i];
//   return escrow_cell_refuse(cell, snapshot, &why);
// }
import "C"

import (
	"time"
	"unsafe"
)

// chars are bytes as C reads them; nil where there are none.
func chars(s string) *C.char { return (*C.char)(unsafe.Pointer(unsafe.StringData(s))) }

// CellOpen opens a cell that has no version yet. The name ends with a zero byte.
func CellOpen(o *CellOptions) (cell uint64, s Status) {
	var out C.escrow_cell
	layout := o.Layout.inC()
	defer freeLayout(layout)
	s = Status(C.go_cell_open(chars(o.Name), C.uint64_t(o.Limit), C.uint64_t(o.FixedSize), C.uint32_t(o.History),
		C.uint32_t(o.Alignment), C.uint32_t(o.Flags), layout, &out))
	return uint64(out), s
}

// CellClose ends publishing.
func CellClose(cell uint64) Status { return Status(C.escrow1_cell_close(C.escrow_cell(cell))) }

// CellDestroy lets a closed cell's memory go; Leak: somebody holds some of it.
func CellDestroy(cell uint64) Status { return Status(C.escrow1_cell_destroy(C.escrow_cell(cell))) }

// CellPrepare makes a snapshot that nobody sees yet; an empty etag is computed.
func CellPrepare(cell uint64, content []byte, etag string) (snapshot uint64, s Status) {
	var out C.uint64_t
	s = Status(C.go_cell_prepare(C.escrow_cell(cell), (*C.char)(unsafe.Pointer(unsafe.SliceData(content))),
		C.uint64_t(len(content)), chars(etag), C.uint64_t(len(etag)), &out))
	return uint64(out), s
}

// CellReadPrepared says what was prepared, its ETag for one. The view has no loan.
func CellReadPrepared(cell, snapshot uint64) (v CellView, s Status) {
	var out C.escrow_cell_view
	s = Status(C.escrow1_cell_read_prepared(C.escrow_cell(cell), C.uint64_t(snapshot), &out))
	return cellView(&out), s
}

// CellPublish publishes what was prepared, if the condition holds. On OK it is the cell's.
func CellPublish(cell, snapshot uint64, kind CellIf, version uint64, etag string) (published uint64, s Status) {
	var out C.uint64_t
	s = Status(C.go_cell_publish(C.escrow_cell(cell), C.uint64_t(snapshot), C.uint32_t(kind), C.uint64_t(version),
		chars(etag), C.uint64_t(len(etag)), &out))
	return uint64(out), s
}

// CellDiscard ends what was prepared.
func CellDiscard(cell, snapshot uint64) Status {
	return Status(C.escrow1_cell_discard(C.escrow_cell(cell), C.uint64_t(snapshot)))
}

// CellTake takes a proposal without waiting for one; Timeout: there is none.
func CellTake(cell uint64) (v CellView, s Status) {
	var out C.escrow_cell_view
	s = Status(C.escrow1_cell_take(C.escrow_cell(cell), 0, &out))
	return cellView(&out), s
}

// CellAccept publishes a proposal that was taken.
func CellAccept(cell, snapshot uint64) (published uint64, s Status) {
	var out C.uint64_t
	s = Status(C.escrow1_cell_accept(C.escrow_cell(cell), C.uint64_t(snapshot), &out))
	return uint64(out), s
}

// CellRefuse refuses a proposal that was taken, with a text of which C keeps 123 bytes.
func CellRefuse(cell, snapshot uint64, why string) Status {
	return Status(C.go_cell_refuse(C.escrow_cell(cell), C.uint64_t(snapshot), chars(why), C.uint64_t(len(why))))
}

// CellLoad holds the current snapshot; end it with CellRelease.
func CellLoad(cell uint64) (v CellView, s Status) {
	var out C.escrow_cell_view
	s = Status(C.escrow1_cell_load(C.escrow_cell(cell), &out))
	return cellView(&out), s
}

// CellLoadVersion holds a version that the cell keeps.
func CellLoadVersion(cell, version uint64) (v CellView, s Status) {
	var out C.escrow_cell_view
	s = Status(C.escrow1_cell_load_version(C.escrow_cell(cell), C.uint64_t(version), &out))
	return cellView(&out), s
}

// CellRelease ends a view's loan.
func CellRelease(loan uint64) Status { return Status(C.escrow1_cell_release(C.escrow_loan(loan))) }

// CellWord is where the handle of the current snapshot lies, for ever.
func CellWord(cell uint64) (word *uint64, s Status) {
	var out *C.uint64_t
	s = Status(C.escrow1_cell_word(C.escrow_cell(cell), &out))
	return (*uint64)(out), s
}

// CellLayout is the layout that a cell carries; nil: none.
func CellLayout(cell uint64) (*Layout, Status) {
	var out *C.escrow_layout
	s := Status(C.escrow1_cell_read_layout(C.escrow_cell(cell), &out))
	return layoutOf(out), s
}

// CellNotify has each change write 8 bytes to a descriptor that does not block; -1: none any more.
func CellNotify(cell uint64, descriptor int) Status {
	return Status(C.escrow1_cell_notify(C.escrow_cell(cell), C.int(descriptor)))
}

// CellHistory lists the versions that the cell keeps, the current one first.
func CellHistory(cell uint64, entries *[CellMostHistory]CellEntry) (count int, s Status) {
	var n C.uint32_t
	s = Status(C.escrow1_cell_read_history(C.escrow_cell(cell),
		(*C.escrow_cell_entry)(unsafe.Pointer(entries)), CellMostHistory, &n))
	return int(n), s
}

// The layouts are the same: CellHistory has C write Go's.
var _ = [1]struct{}{}[unsafe.Sizeof(CellEntry{})-unsafe.Sizeof(C.escrow_cell_entry{})]

// CellReadStats says what happened.
func CellReadStats(cell uint64, out *CellStats) Status {
	stats := C.escrow_cell_stats{struct_size: C.uint32_t(unsafe.Sizeof(C.escrow_cell_stats{}))}
	s := Status(C.escrow1_cell_read_stats(C.escrow_cell(cell), &stats))
	*out = CellStats{
		Version:    uint64(stats.version),
		Published:  uint64(stats.published),
		Refused:    uint64(stats.refused),
		Differed:   uint64(stats.differed),
		Proposals:  uint64(stats.proposals),
		Snapshots:  uint64(stats.snapshots),
		Loans:      uint64(stats.loans),
		BytesHeld:  uint64(stats.bytes_held),
		LastReason: C.GoString(&stats.why.text[0]),
	}
	return s
}

func cellView(v *C.escrow_cell_view) CellView {
	return CellView{
		Loan:      uint64(v.loan),
		Snapshot:  uint64(v.snapshot),
		Content:   v.content,
		Size:      uint64(v.size),
		ETag:      C.GoStringN(v.etag, C.int(v.etag_size)),
		Version:   uint64(v.version),
		Published: time.Unix(0, int64(v.published)),
	}
}
