//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape escrow1_pool_read_layout
// #cgo nocallback escrow1_pool_read_layout
// #cgo noescape escrow1_map_read_layouts
// #cgo nocallback escrow1_map_read_layouts
// #include <stdlib.h>
// #include "escrow/layout.h"
import "C"

import "unsafe"

// inC is a copy of the layout in C memory, to be freed; nil for nil.
func (l *Layout) inC() *C.escrow_layout {
	if l == nil || len(l.Fields) == 0 {
		return nil
	}
	head := unsafe.Sizeof(C.escrow_layout{})
	raw := C.malloc(C.size_t(head + uintptr(len(l.Fields))*unsafe.Sizeof(Field{})))
	fields := unsafe.Add(raw, head)
	copy(unsafe.Slice((*Field)(fields), len(l.Fields)), l.Fields)
	made := (*C.escrow_layout)(raw)
	*made = C.escrow_layout{
		struct_size: C.uint32_t(head),
		size:        C.uint32_t(l.Size),
		alignment:   C.uint32_t(l.Alignment),
		field_count: C.uint32_t(len(l.Fields)),
		fingerprint: C.uint64_t(l.Fingerprint),
		fields:      (*C.escrow_field)(fields),
	}
	return made
}

func freeLayout(l *C.escrow_layout) { C.free(unsafe.Pointer(l)) }

// layoutOf is a copy in Go memory; nil for nil.
func layoutOf(l *C.escrow_layout) *Layout {
	if l == nil {
		return nil
	}
	return &Layout{
		Size:        uint32(l.size),
		Alignment:   uint32(l.alignment),
		Fingerprint: uint64(l.fingerprint),
		Fields:      append([]Field(nil), unsafe.Slice((*Field)(unsafe.Pointer(l.fields)), l.field_count)...),
	}
}

// PoolLayout is the layout that a pool carries; nil: none.
func PoolLayout(pool uint64) (*Layout, Status) {
	var out *C.escrow_layout
	s := Status(C.escrow1_pool_read_layout(C.escrow_pool(pool), &out))
	return layoutOf(out), s
}

// MapLayouts are the layouts that a map carries; nil: none.
func MapLayouts(m uint64) (key, value *Layout, s Status) {
	var k, v *C.escrow_layout
	s = Status(C.escrow1_map_read_layouts(C.escrow_map(m), &k, &v))
	return layoutOf(k), layoutOf(v), s
}
