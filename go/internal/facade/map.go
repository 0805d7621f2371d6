package facade

import (
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// The operations of maps, by the rules of call.go. A leaf that stores adds LeafGrow to its result when
// the map should grow, which takes memory from the system: an ordinary call does that at once.

// grown is the status of a leaf that stored, after the growth it asked for.
func grown(m uint64, s int64) cabi.Status {
	if s >= cabi.LeafGrow {
		cabi.MapGrow(m)
		s &^= cabi.LeafGrow
	}
	return cabi.Status(s)
}

// MapGet reads the word of a key in a map of words.
func MapGet(m, key uint64) (value uint64, s cabi.Status) {
	if usesLeaves() {
		if s := leafMapGet(m, key, unsafe.Pointer(&value)); s != int64(cabi.Busy) {
			return value, cabi.Status(s)
		}
		slow.Add(1)
	}
	s = cabi.MapGet(m, key, &value)
	return value, s
}

// MapPut stores a word.
func MapPut(m, key, value uint64) cabi.Status {
	if usesLeaves() {
		if s := leafMapPut(m, key, value); s != int64(cabi.Busy) {
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapPut(m, key, value)
}

// MapPutIfAbsent stores a word unless the key has one; there is the key's afterwards.
func MapPutIfAbsent(m, key, value uint64, there *uint64) cabi.Status {
	if usesLeaves() {
		if s := leafMapPutIfAbsent(m, key, value, unsafe.Pointer(there)); s != int64(cabi.Busy) {
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapPutIfAbsent(m, key, value, there)
}

// MapSwap stores a word and says what it replaced.
func MapSwap(m, key, value uint64, before *uint64) cabi.Status {
	if usesLeaves() {
		if s := leafMapSwap(m, key, value, unsafe.Pointer(before)); s != int64(cabi.Busy) {
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapSwap(m, key, value, before)
}

// MapCompareAndSwap stores desired if the word is expected.
func MapCompareAndSwap(m, key, expected, desired uint64) cabi.Status {
	if usesLeaves() {
		if s := leafMapCompareAndSwap(m, key, expected, desired); s != int64(cabi.Busy) {
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapCompareAndSwap(m, key, expected, desired)
}

// MapAdd adds to a word.
func MapAdd(m, key, delta uint64, before *uint64) cabi.Status {
	if usesLeaves() {
		if s := leafMapAdd(m, key, delta, unsafe.Pointer(before)); s != int64(cabi.Busy) {
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapAdd(m, key, delta, before)
}

// MapErase removes a key.
func MapErase(m, key uint64) cabi.Status {
	if usesLeaves() {
		if s := leafMapErase(m, key); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.MapErase(m, key)
}

// MapTake removes a key and says what its word was.
func MapTake(m, key uint64, value *uint64) cabi.Status {
	if usesLeaves() {
		if s := leafMapTake(m, key, unsafe.Pointer(value)); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.MapTake(m, key, value)
}

// MapEraseIf removes a key whose word meets a condition.
func MapEraseIf(m, key uint64, condition uint32, operand uint64) cabi.Status {
	if usesLeaves() {
		if s := leafMapEraseIf(m, key, uint64(condition), operand); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.MapEraseIf(m, key, condition, operand)
}

// Batch is room for the statuses of as many keys as one leaf takes.
type Batch [cabi.LeafBatch]cabi.Status

// again repeats, by the ordinary function, what a batch's leaf left, and says what refused the whole.
func again(m uint64, s int64, each []cabi.Status, one func(i int) cabi.Status) cabi.Status {
	if s < 0 {
		return cabi.Status(s)
	}
	if s&(cabi.LeafGrow-1) != 0 {
		for i := range each {
			if each[i] == cabi.Busy {
				slow.Add(1)
				each[i] = one(i)
			}
		}
	}
	grown(m, s)
	return cabi.OK
}

// overtaken says that a batch has stored the key of i once more: it was asked to later. A repeated store
// of i would take that one's place, so it counts as made before it.
func overtaken(each []cabi.Status, i int, same func(j int) bool) bool {
	for j := i + 1; j < len(each); j++ {
		if each[j] >= 0 && same(j) {
			return true
		}
	}
	return false
}

// MapGetN is MapGet of at most LeafBatch keys, whose values are 0 where a key is absent.
func MapGetN(m uint64, keys, values []uint64, each *Batch) cabi.Status {
	n := len(keys)
	if !usesLeaves() {
		return cabi.MapGetN(m, unsafe.SliceData(keys), n, unsafe.SliceData(values), &each[0])
	}
	s := leafMapGetN(m, unsafe.Pointer(unsafe.SliceData(keys)), uint64(n), unsafe.Pointer(unsafe.SliceData(values)), unsafe.Pointer(each))
	if s == 0 {
		return cabi.OK
	}
	return again(m, s, each[:n], func(i int) cabi.Status { return cabi.MapGet(m, keys[i], &values[i]) })
}

// MapPutN is MapPut of at most LeafBatch keys.
func MapPutN(m uint64, keys, values []uint64, each *Batch) cabi.Status {
	n := len(keys)
	if !usesLeaves() {
		return cabi.MapPutN(m, unsafe.SliceData(keys), unsafe.SliceData(values), n, &each[0])
	}
	s := leafMapPutN(m, unsafe.Pointer(unsafe.SliceData(keys)), unsafe.Pointer(unsafe.SliceData(values)), uint64(n), unsafe.Pointer(each))
	if s == 0 {
		return cabi.OK
	}
	return again(m, s, each[:n], func(i int) cabi.Status {
		if overtaken(each[:n], i, func(j int) bool { return keys[j] == keys[i] }) {
			return cabi.OK
		}
		return cabi.MapPut(m, keys[i], values[i])
	})
}

// MapEraseN is MapErase of at most LeafBatch keys.
func MapEraseN(m uint64, keys []uint64, each *Batch) cabi.Status {
	n := len(keys)
	if !usesLeaves() {
		return cabi.MapEraseN(m, unsafe.SliceData(keys), n, &each[0])
	}
	s := leafMapEraseN(m, unsafe.Pointer(unsafe.SliceData(keys)), uint64(n), unsafe.Pointer(each))
	if s == 0 {
		return cabi.OK
	}
	return again(m, s, each[:n], func(i int) cabi.Status { return cabi.MapErase(m, keys[i]) })
}
