package facade

import (
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// buffer mirrors escrow_buffer.
type buffer struct {
	data           unsafe.Pointer
	capacity, size uint64
}

// MapGetBytes reads the value of a key into out; n is how long it is, also with Size, where that is
// more than out has room for.
func MapGetBytes(m uint64, key, out cabi.Bytes, n *uint64) cabi.Status {
	if usesLeaves() {
		b := buffer{out.Data, out.Size, 0}
		if s := leafMapGetBytes(m, key.Data, key.Size, unsafe.Pointer(&b)); s != int64(cabi.Busy) {
			*n = b.size
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.MapGetBytes(m, key, out, n)
}

// MapPutBytes stores a value.
func MapPutBytes(m uint64, key, value cabi.Bytes) cabi.Status {
	if usesLeaves() {
		if s := leafMapPutBytes(m, key.Data, key.Size, unsafe.Pointer(&value)); s != int64(cabi.Busy) {
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapPutBytes(m, key, value)
}

// MapPutBytesIfAbsent stores a value unless the key has one, which then goes into there; n as MapGetBytes.
func MapPutBytesIfAbsent(m uint64, key, value, there cabi.Bytes, n *uint64) cabi.Status {
	if usesLeaves() {
		b := buffer{there.Data, there.Size, 0}
		if s := leafMapPutBytesIfAbsent(m, key.Data, key.Size, unsafe.Pointer(&value), unsafe.Pointer(&b)); s != int64(cabi.Busy) {
			*n = b.size
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapPutBytesIfAbsent(m, key, value, there, n)
}

// MapSwapBytes stores a value, and what it replaces goes into before; with Size nothing has happened.
func MapSwapBytes(m uint64, key, value, before cabi.Bytes, n *uint64) cabi.Status {
	if usesLeaves() {
		b := buffer{before.Data, before.Size, 0}
		if s := leafMapSwapBytes(m, key.Data, key.Size, unsafe.Pointer(&value), unsafe.Pointer(&b)); s != int64(cabi.Busy) {
			*n = b.size
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapSwapBytes(m, key, value, before, n)
}

// MapCompareAndSwapBytes stores desired if the value is expected.
func MapCompareAndSwapBytes(m uint64, key, expected, desired cabi.Bytes) cabi.Status {
	if usesLeaves() {
		if s := leafMapCompareAndSwapBytes(m, key.Data, key.Size, unsafe.Pointer(&expected), unsafe.Pointer(&desired)); s != int64(cabi.Busy) {
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapCompareAndSwapBytes(m, key, expected, desired)
}

// MapAddBytes adds to the word of a key.
func MapAddBytes(m uint64, key cabi.Bytes, delta uint64, before *uint64) cabi.Status {
	if usesLeaves() {
		if s := leafMapAddBytes(m, key.Data, key.Size, delta, unsafe.Pointer(before)); s != int64(cabi.Busy) {
			return grown(m, s)
		}
		slow.Add(1)
	}
	return cabi.MapAddBytes(m, key, delta, before)
}

// MapCompareAndEraseBytes removes a key whose value is expected.
func MapCompareAndEraseBytes(m uint64, key, expected cabi.Bytes) cabi.Status {
	if usesLeaves() {
		if s := leafMapCompareAndEraseBytes(m, key.Data, key.Size, unsafe.Pointer(&expected)); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.MapCompareAndEraseBytes(m, key, expected)
}

// MapEraseBytes removes a key.
func MapEraseBytes(m uint64, key cabi.Bytes) cabi.Status {
	if usesLeaves() {
		if s := leafMapEraseBytes(m, key.Data, key.Size); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.MapEraseBytes(m, key)
}

// MapTakeBytes removes a key whose value goes into out; with Size nothing has happened.
func MapTakeBytes(m uint64, key, out cabi.Bytes, n *uint64) cabi.Status {
	if usesLeaves() {
		b := buffer{out.Data, out.Size, 0}
		if s := leafMapTakeBytes(m, key.Data, key.Size, unsafe.Pointer(&b)); s != int64(cabi.Busy) {
			*n = b.size
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.MapTakeBytes(m, key, out, n)
}

// MapEraseBytesIf removes a key the first 8 bytes of whose value meet a condition. By cgo.
func MapEraseBytesIf(m uint64, key cabi.Bytes, condition uint32, operand uint64) cabi.Status {
	return cabi.MapEraseBytesIf(m, key, condition, operand)
}

func wordAt(value *uint64) cabi.Bytes { return cabi.Bytes{Data: unsafe.Pointer(value), Size: 8} }

func textOf(b cabi.Bytes) string { return unsafe.String((*byte)(b.Data), int(b.Size)) }

// The batches of byte keys and word values have no ordinary function: that is a call a key.

// MapGetKeyedN reads the words of at most LeafBatch keys, 0 where one is absent.
func MapGetKeyedN(m uint64, keys []cabi.Bytes, values []uint64, each *Batch) cabi.Status {
	n := len(keys)
	one := func(i int) cabi.Status {
		var size uint64
		return cabi.MapGetBytes(m, keys[i], wordAt(&values[i]), &size)
	}
	if !usesLeaves() {
		clear(values)
		return oneByOne(each[:n], one)
	}
	s := leafMapGetKeyedN(m, unsafe.Pointer(unsafe.SliceData(keys)), uint64(n), unsafe.Pointer(unsafe.SliceData(values)), unsafe.Pointer(each))
	return again(m, s, each[:n], one)
}

// MapPutKeyedN stores the words of at most LeafBatch keys.
func MapPutKeyedN(m uint64, keys []cabi.Bytes, values []uint64, each *Batch) cabi.Status {
	n := len(keys)
	one := func(i int) cabi.Status { return cabi.MapPutBytes(m, keys[i], wordAt(&values[i])) }
	if !usesLeaves() {
		return oneByOne(each[:n], one)
	}
	s := leafMapPutKeyedN(m, unsafe.Pointer(unsafe.SliceData(keys)), unsafe.Pointer(unsafe.SliceData(values)), uint64(n), unsafe.Pointer(each))
	return again(m, s, each[:n], func(i int) cabi.Status {
		if overtaken(each[:n], i, func(j int) bool { return textOf(keys[j]) == textOf(keys[i]) }) {
			return cabi.OK
		}
		return one(i)
	})
}

// MapEraseKeyedN removes at most LeafBatch keys.
func MapEraseKeyedN(m uint64, keys []cabi.Bytes, each *Batch) cabi.Status {
	n := len(keys)
	one := func(i int) cabi.Status { return cabi.MapEraseBytes(m, keys[i]) }
	if !usesLeaves() {
		return oneByOne(each[:n], one)
	}
	s := leafMapEraseKeyedN(m, unsafe.Pointer(unsafe.SliceData(keys)), uint64(n), unsafe.Pointer(each))
	return again(m, s, each[:n], one)
}

func oneByOne(each []cabi.Status, one func(i int) cabi.Status) cabi.Status {
	for i := range each {
		each[i] = one(i)
	}
	return cabi.OK
}

// MapGetHandle gives a new reference to the object of a key. By cgo.
func MapGetHandle(m uint64, key cabi.Bytes, handle *uint64) cabi.Status {
	return cabi.MapGetHandle(m, key, handle)
}

// MapBorrowHandle lends the object of a key; end it with Return(view.Root).
func MapBorrowHandle(m uint64, key cabi.Bytes, view *cabi.View) cabi.Status {
	if usesLeaves() {
		if s := leafMapBorrowHandle(m, key.Data, key.Size, unsafe.Pointer(view)); s != int64(cabi.Busy) {
			return cabi.Status(s)
		}
		slow.Add(1)
	}
	return cabi.MapBorrowHandle(m, key, view)
}
