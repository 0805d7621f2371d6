package facade

import (
	"fmt"
	"runtime"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// arena is what the leaves of maps are given: words and bytes that C reads and writes. It stays on the
// heap, because its addresses go as words.
type arena struct {
	keys, values [cabi.LeafBatch]uint64
	each         [cabi.LeafBatch]int32
	bytes        [cabi.LeafBatch]cabi.Bytes
	value, old   cabi.Bytes
	out          buffer
	text         [1024]byte
	room         [1024]byte
}

var escapingArena *arena

func at(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }

// measureMaps runs the leaves of maps, by run, on maps of each kind as these fill up and empty; object
// gives a handle.
func measureMaps(run func(name string, words ...uint64) uint64, object func() uint64) string {
	a := new(arena)
	escapingArena = a
	for i := range a.bytes {
		a.bytes[i] = cabi.Bytes{Data: unsafe.Pointer(&a.text[i]), Size: uint64(1 + 3*i)}
		a.keys[i] = uint64(i)
	}
	a.value = cabi.Bytes{Data: unsafe.Pointer(&a.text), Size: 8}
	a.old = a.value
	a.out = buffer{unsafe.Pointer(&a.room), uint64(len(a.room)), 0}
	keys, values, each, bytes := at(unsafe.Pointer(&a.keys)), at(unsafe.Pointer(&a.values)), at(unsafe.Pointer(&a.each)), at(unsafe.Pointer(&a.bytes))
	old, out, text := at(unsafe.Pointer(&a.old)), at(unsafe.Pointer(&a.out)), at(unsafe.Pointer(&a.text))
	for _, kind := range []cabi.MapOptions{
		{Keys: cabi.MapWord, Values: cabi.MapWord}, {Keys: cabi.MapBytes, Values: cabi.MapWord},
		{Keys: cabi.MapWord, Values: cabi.MapBytes}, {Keys: cabi.MapBytes, Values: cabi.MapBytes},
		{Keys: cabi.MapWord, Values: cabi.MapHandle}, {Keys: cabi.MapBytes, Values: cabi.MapHandle},
	} {
		kind.Seed = 1
		m, s := cabi.MapOpen(&kind)
		if s < 0 {
			return fmt.Sprintf("no map to try leaves on: status %d", s)
		}
		words := kind.Keys == cabi.MapWord && kind.Values == cabi.MapWord
		size := func(i uint64) uint64 {
			if kind.Keys == cabi.MapWord {
				return 8
			}
			return 1 + i%1000
		}
		if kind.Values == cabi.MapHandle {
			key := cabi.Bytes{Data: unsafe.Pointer(&a.text), Size: size(7)}
			cabi.MapPutHandle(m, key, object())
			for range 2 { // the second time it is gone
				run("map_borrow_handle", m, text, size(7), at(unsafe.Pointer(&a.room)))
				cabi.Return((*cabi.View)(unsafe.Pointer(&a.room)).Root)
				cabi.MapEraseHandle(m, key)
			}
		}
		const rounds, distance = 6, 17
		for i := uint64(0); i < rounds*distance; i += distance {
			for more := range uint64(distance) {
				if words {
					cabi.MapPut(m, i+more, more)
				} else {
					*(*uint64)(unsafe.Pointer(&a.text)) = i + more
					cabi.MapPutBytes(m, cabi.Bytes{Data: unsafe.Pointer(&a.text), Size: size(i + more)}, a.value)
				}
			}
			if words {
				run("map_put", m, i, i)
				run("map_get", m, i, values)
				run("map_swap", m, 2*i, i, values)
				run("map_put_if_absent", m, 3*i, i, values)
				run("map_add", m, 5*i, 1, values)
				run("map_compare_and_swap", m, i, i, i+1)
				if i%3 == 0 {
					run("map_get_n", m, keys, cabi.LeafBatch, values, each)
					run("map_put_n", m, keys, values, cabi.LeafBatch, each)
					run("map_erase_n", m, keys, cabi.LeafBatch/2, each)
				}
				continue
			}
			*(*uint64)(unsafe.Pointer(&a.text)) = i
			k := size(i)
			run("map_put_bytes", m, text, k, old)
			run("map_get_bytes", m, text, k, out)
			run("map_swap_bytes", m, text, k, old, out)
			run("map_compare_and_swap_bytes", m, text, k, old, old)
			run("map_put_bytes_if_absent", m, text, k, old, out)
			run("map_add_bytes", m, text, k, 1, values)
			if i%3 == 0 {
				run("map_put_keyed_n", m, bytes, values, cabi.LeafBatch, each)
				run("map_get_keyed_n", m, bytes, cabi.LeafBatch, values, each)
				run("map_erase_keyed_n", m, bytes, cabi.LeafBatch/2, each)
			}
		}
		for i := uint64(0); i < rounds*distance; i += distance {
			if words {
				run("map_erase_if", m, i, uint64(cabi.IfLess), i/2)
				run("map_take", m, 2*i, values)
				run("map_erase", m, i)
				continue
			}
			*(*uint64)(unsafe.Pointer(&a.text)) = i
			k := size(i)
			run("map_compare_and_erase_bytes", m, text, k, old)
			run("map_take_bytes", m, text, k, out)
			run("map_erase_bytes", m, text, k)
		}
		cabi.MapClose(m)
		cabi.MapDestroy(m)
	}
	runtime.KeepAlive(escapingArena)
	return ""
}
