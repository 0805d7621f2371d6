package facade

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// The control word of a bucket and its tags: bucket.hpp, which says what they mean and why a reader may
// believe them [M1]. The facade refuses to compile when they change under the same cabi.MapLayout.
const (
	bucketShift  = 7 // 128 bytes
	bucketTags   = 8
	bucketPairs  = 16
	bucketValue  = 8
	bucketSlots  = 1<<7 - 1
	bucketOpen   = 1 << 7
	bucketLock   = 1 << 8
	bucketMore   = 1 << 9
	bucketStable = ^uint64(bucketSlots | bucketLock | bucketMore)
	depthShift   = 10
	depthMask    = 31
	tagShift     = 56
	everyTag     = 0x0001010101010101
	lowBits      = 0x7F7F7F7F7F7F7F7F
	gatherTops   = 0x0102040810204080
)

// MapPlace is where the words of a map of words lie, for reads without a call. Made by PlaceMap.
type MapPlace struct{ cabi.MapPlace }

// shut is the word of a place where nothing may be read: it is not open.
var shut uint64

// PlaceMap says where the words of a map of words lie, if they may be read there: where a binary has no
// leaves, as one for the race detector, whoever looks on must see a call.
func PlaceMap(m uint64) MapPlace {
	if usesLeaves() {
		if p, s := cabi.ReadMapPlace(m); s == cabi.OK {
			return MapPlace{p}
		}
	}
	return MapPlace{cabi.MapPlace{Word: &shut, Open: 1}}
}

// Get is MapGet without a call: one attempt, index_reader.hpp's find_first in Go. BUSY: it has not seen
// enough to decide, and MapGet must. The caller keeps the map open or lets it be closed, but not
// destroyed.
//
// An atomic load of Go is at least the acquire load that each of these has to be.
func (p *MapPlace) Get(key uint64) (value uint64, s cabi.Status) {
	if atomic.LoadUint64(p.Word) != p.Open {
		return 0, cabi.Busy
	}
	high, low := bits.Mul64(key^p.Offset, p.Multiplier)
	high, low = bits.Mul64(low, high)
	hash := high ^ low
	bound, mask := atomic.LoadUint64(p.Bound), atomic.LoadUint64(p.Mask)
	index := hash & mask
	below := uint64(int64(index-bound) >> 63) // all bits set if it is: no branch, which keys would decide at random
	index &= mask>>1 | below
	bucket := unsafe.Add(p.Buckets, index<<bucketShift)
	needle := hash>>tagShift*everyTag | atomic.LoadUint64(p.Epoch)<<tagShift
	control := atomic.LoadUint64((*uint64)(bucket))
	differ := atomic.LoadUint64((*uint64)(unsafe.Add(bucket, bucketTags))) ^ needle
	// Exact: the top bit of a byte of `equal` is set just when the byte of differ is zero. The product
	// gathers the eight top bits.
	equal := ^((differ&lowBits + lowBits) | differ | lowBits)
	seen := (equal >> 7 * gatherTops >> 56) & control
	switch {
	case seen > bucketOpen:
		pair := unsafe.Add(bucket, bucketPairs+bits.TrailingZeros64(seen)<<4)
		found := atomic.LoadUint64((*uint64)(pair))
		value = atomic.LoadUint64((*uint64)(unsafe.Add(pair, bucketValue)))
		if found == key && (atomic.LoadUint64((*uint64)(bucket))^control)&bucketStable == 0 {
			return value, cabi.OK
		}
	case seen == bucketOpen && control&bucketMore == 0:
		depth := control >> depthShift & depthMask
		if hash&(1<<depth-1) == index && (atomic.LoadUint64((*uint64)(bucket))^control)&bucketStable == 0 {
			return 0, cabi.Absent
		}
	}
	return 0, cabi.Busy
}
