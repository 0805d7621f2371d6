//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo noescape escrow1_map_purge
// #cgo nocallback escrow1_map_purge
// #cgo noescape escrow1_map_open
// #cgo nocallback escrow1_map_open
// #cgo noescape escrow1_map_read_stats
// #cgo nocallback escrow1_map_read_stats
// #cgo noescape escrow1_map_length
// #cgo nocallback escrow1_map_length
// #cgo noescape escrow1_map_shrink
// #cgo nocallback escrow1_map_shrink
// #cgo noescape escrow1_map_get
// #cgo nocallback escrow1_map_get
// #cgo noescape escrow1_map_put_if_absent
// #cgo nocallback escrow1_map_put_if_absent
// #cgo noescape escrow1_map_swap
// #cgo nocallback escrow1_map_swap
// #cgo noescape escrow1_map_add
// #cgo nocallback escrow1_map_add
// #cgo noescape escrow1_map_take
// #cgo nocallback escrow1_map_take
// #cgo noescape escrow1_map_get_n
// #cgo nocallback escrow1_map_get_n
// #cgo noescape escrow1_map_put_n
// #cgo nocallback escrow1_map_put_n
// #cgo noescape escrow1_map_erase_n
// #cgo nocallback escrow1_map_erase_n
// #cgo noescape escrow1_map_scan
// #cgo nocallback escrow1_map_scan
// #cgo noescape escrow1_read_map_place
// #cgo nocallback escrow1_read_map_place
// #include "escrow/map.h"
// #include "escrow/map_place.h"
// #include "escrow/map_words.h"
import "C"

import "unsafe"

// No map function answers BUSY where it is not said: they wait.

// MapOpen opens a map.
func MapOpen(o *MapOptions) (m uint64, s Status) {
	options := C.escrow_map_options{
		struct_size: C.uint32_t(unsafe.Sizeof(C.escrow_map_options{})),
		keys:        C.uint32_t(o.Keys),
		values:      C.uint32_t(o.Values),
		expected:    C.uint64_t(o.Expected),
		limit_bytes: C.uint64_t(o.Limit),
		seed:        C.uint64_t(o.Seed),
	}
	if o.KeyLayout != nil || o.ValueLayout != nil {
		options.key_layout, options.value_layout = o.KeyLayout.inC(), o.ValueLayout.inC()
		defer freeLayout(options.key_layout)
		defer freeLayout(options.value_layout)
	}
	var out C.escrow_map
	s = Status(C.escrow1_map_open(&options, &out))
	return uint64(out), s
}

// MapClose refuses every later call.
func MapClose(m uint64) Status { return Status(C.escrow1_map_close(C.escrow_map(m))) }

// MapDestroy gives a closed map's memory back. No call may be under way. May run destructors.
func MapDestroy(m uint64) Status { return Status(C.escrow1_map_destroy(C.escrow_map(m))) }

// MapPurge removes the keys whose value meets a condition.
func MapPurge(m uint64, condition uint32, operand uint64) (count uint64, s Status) {
	var out C.uint64_t
	s = Status(C.escrow1_map_purge(C.escrow_map(m), C.uint32_t(condition), C.uint64_t(operand), &out))
	return uint64(out), s
}

// MapClear empties a map at one moment.
func MapClear(m uint64) Status { return Status(C.escrow1_map_clear(C.escrow_map(m))) }

// MapLength counts the entries.
func MapLength(m uint64) (length uint64, s Status) {
	var out C.uint64_t
	s = Status(C.escrow1_map_length(C.escrow_map(m), &out))
	return uint64(out), s
}

// MapReserve sets memory up for so many entries in all.
func MapReserve(m, entries uint64) Status {
	return Status(C.escrow1_map_reserve(C.escrow_map(m), C.uint64_t(entries)))
}

// MapGrow does the growth that a leaf could not.
func MapGrow(m uint64) Status { return Status(C.escrow1_map_grow(C.escrow_map(m))) }

// MapShrink gives memory back that the entries do not need: the cleared ones' records, too.
func MapShrink(m uint64) (bytes uint64, s Status) {
	var out C.uint64_t
	if s = Status(C.escrow1_map_sweep(C.escrow_map(m))); s < 0 {
		return 0, s
	}
	s = Status(C.escrow1_map_shrink(C.escrow_map(m), &out))
	return uint64(out), s
}

// MapReadStats counts what the map holds.
func MapReadStats(m uint64, out *MapStats) Status {
	stats := C.escrow_map_stats{struct_size: C.uint32_t(unsafe.Sizeof(C.escrow_map_stats{}))}
	s := Status(C.escrow1_map_read_stats(C.escrow_map(m), &stats))
	*out = MapStats{
		Entries:     uint64(stats.entries),
		Buckets:     uint64(stats.buckets),
		Nodes:       uint64(stats.nodes),
		Retries:     uint64(stats.retries),
		BytesIndex:  uint64(stats.bytes_index),
		RecordsLive: uint64(stats.bytes_records_live),
		RecordsHeld: uint64(stats.bytes_records_held),
	}
	for i := range out.Probes {
		out.Probes[i] = uint64(stats.probes[i])
	}
	return s
}

// ReadMapPlace says where the words of a map of words lie. Version: they lie as Go does not know.
func ReadMapPlace(m uint64) (p MapPlace, s Status) {
	var c C.escrow_map_place
	s = Status(C.escrow1_read_map_place(C.escrow_map(m), &c))
	if s == OK && c.layout != MapLayout {
		s = Version
	}
	if s != OK {
		return MapPlace{}, s
	}
	return MapPlace{
		Word:       (*uint64)(c.word),
		Open:       uint64(c.open),
		Bound:      (*uint64)(c.bound),
		Mask:       (*uint64)(c.mask),
		Epoch:      (*uint64)(c.epoch),
		Buckets:    c.buckets,
		Offset:     uint64(c.offset),
		Multiplier: uint64(c.multiplier),
	}, OK
}

// MapGet reads the value of a word key in a map of words.
func MapGet(m, key uint64, value *uint64) Status {
	return Status(C.escrow1_map_get(C.escrow_map(m), C.uint64_t(key), (*C.uint64_t)(value)))
}

// MapPut stores a word.
func MapPut(m, key, value uint64) Status {
	return Status(C.escrow1_map_put(C.escrow_map(m), C.uint64_t(key), C.uint64_t(value)))
}

// MapPutIfAbsent stores a word unless the key has one; there is the key's afterwards.
func MapPutIfAbsent(m, key, value uint64, there *uint64) Status {
	return Status(C.escrow1_map_put_if_absent(C.escrow_map(m), C.uint64_t(key), C.uint64_t(value), (*C.uint64_t)(there)))
}

// MapSwap stores a word and says what it replaced.
func MapSwap(m, key, value uint64, before *uint64) Status {
	return Status(C.escrow1_map_swap(C.escrow_map(m), C.uint64_t(key), C.uint64_t(value), (*C.uint64_t)(before)))
}

// MapCompareAndSwap stores desired if the word is expected.
func MapCompareAndSwap(m, key, expected, desired uint64) Status {
	return Status(C.escrow1_map_compare_and_swap(C.escrow_map(m), C.uint64_t(key), C.uint64_t(expected), C.uint64_t(desired)))
}

// MapAdd adds to a word.
func MapAdd(m, key, delta uint64, before *uint64) Status {
	return Status(C.escrow1_map_add(C.escrow_map(m), C.uint64_t(key), C.uint64_t(delta), (*C.uint64_t)(before)))
}

// MapErase removes a key.
func MapErase(m, key uint64) Status {
	return Status(C.escrow1_map_erase(C.escrow_map(m), C.uint64_t(key)))
}

// MapTake removes a key and says what its word was.
func MapTake(m, key uint64, value *uint64) Status {
	return Status(C.escrow1_map_take(C.escrow_map(m), C.uint64_t(key), (*C.uint64_t)(value)))
}

// MapEraseIf removes a key whose word meets a condition.
func MapEraseIf(m, key uint64, condition uint32, operand uint64) Status {
	return Status(C.escrow1_map_erase_if(C.escrow_map(m), C.uint64_t(key), C.uint32_t(condition), C.uint64_t(operand)))
}

// MapGetN is MapGet of count keys; each gets a status.
func MapGetN(m uint64, keys *uint64, count int, values *uint64, each *Status) Status {
	return Status(C.escrow1_map_get_n(C.escrow_map(m), (*C.uint64_t)(keys), C.uint64_t(count),
		(*C.uint64_t)(values), (*C.escrow_status)(each), nil))
}

// MapPutN is MapPut of count keys.
func MapPutN(m uint64, keys, values *uint64, count int, each *Status) Status {
	return Status(C.escrow1_map_put_n(C.escrow_map(m), (*C.uint64_t)(keys), (*C.uint64_t)(values),
		C.uint64_t(count), (*C.escrow_status)(each), nil))
}

// MapEraseN is MapErase of count keys.
func MapEraseN(m uint64, keys *uint64, count int, each *Status) Status {
	return Status(C.escrow1_map_erase_n(C.escrow_map(m), (*C.uint64_t)(keys), C.uint64_t(count),
		(*C.escrow_status)(each), nil))
}

// MapScan copies entries of a map of words from the cursor on and moves it.
func MapScan(m uint64, cursor *uint64, entries []MapEntry) (count int, s Status) {
	if len(entries) == 0 {
		return 0, Size
	}
	var n C.uint64_t
	s = Status(C.escrow1_map_scan(C.escrow_map(m), (*C.uint64_t)(cursor),
		(*C.escrow_map_entry)(unsafe.Pointer(unsafe.SliceData(entries))), C.uint64_t(len(entries)), &n))
	return int(n), s
}
