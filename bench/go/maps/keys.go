package main

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// kind makes keys of indices.
type kind[K key] struct {
	name string
	// look writes a key that a map only looks at into place i of the chunk; it is valid until the place
	// is written again.
	look func(c *chunk[K], i int, index uint64)
	// keep returns keys of indices below a bound that a map may keep.
	keep func(bound uint64) func(index uint64) K
}

const chunkKeys = 160 // a multiple of a batch and of what a mixture repeats

// chunk is the keys of the next operations: made here, so that no memory is waited for but the map's.
type chunk[K key] struct {
	keys  [chunkKeys]K
	tags  [chunkKeys]uint64
	bytes [chunkKeys * textBytes]byte
	one   [1]K // of a single operation, here since a call through an interface would move it to the heap
	tag   [1]uint64
}

func tag(index uint64) uint64 { return index * 0xD1B54A32D192ED03 }

var numbers = kind[uint64]{
	name: "u64",
	look: func(c *chunk[uint64], i int, index uint64) { c.keys[i] = tag(index) },
	keep: func(uint64) func(uint64) uint64 { return tag },
}

const textBytes = 32

// writeText writes the key of 16 to 32 bytes and returns its length.
func writeText(to []byte, index uint64) int {
	first := tag(index)
	_ = to[textBytes-1]
	binary.LittleEndian.PutUint64(to, first)
	binary.LittleEndian.PutUint64(to[8:], index)
	binary.LittleEndian.PutUint64(to[16:], ^first)
	binary.LittleEndian.PutUint64(to[24:], first^index)
	return 16 + int(first>>32*17>>32)
}

var texts = kind[string]{
	name: "string:16-32",
	look: func(c *chunk[string], i int, index uint64) {
		to := c.bytes[i*textBytes : (i+1)*textBytes]
		c.keys[i] = unsafe.String(&to[0], writeText(to, index))
	},
	keep: func(bound uint64) func(uint64) string { // made before anything is measured, in one block
		block := make([]byte, bound*textBytes)
		lengths := make([]uint8, bound)
		for index := range bound {
			lengths[index] = uint8(writeText(block[index*textBytes:], index))
		}
		return func(index uint64) string { return unsafe.String(&block[index*textBytes], int(lengths[index])) }
	},
}

// newText is a key as a string of its own.
func newText(index uint64) string {
	var room [textBytes]byte
	return string(room[:writeText(room[:], index)])
}

// indices are numbers below a bound in the order of their drawing.
type indices interface{ next() uint64 }

// uniform is a linear congruence and a shift.
type uniform struct{ state, bound uint64 }

func (u *uniform) next() uint64 {
	u.state = u.state*6364136223846793005 + 1442695040888963407
	return u.state >> 32 * u.bound >> 32
}

// precomputed walks through indices again and again; their number is a power of two.
type precomputed struct {
	drawn []uint32
	at    uint64
}

func (p *precomputed) next() uint64 {
	index := p.drawn[p.at&uint64(len(p.drawn)-1)]
	p.at++
	return uint64(index)
}

// zipf draws 2^20 indices by Zipf's law with exponent 0.99, after Gray et al. 1994.
func zipf(bound uint64) []uint32 {
	const theta = 0.99
	zeta := 0.0
	for i := uint64(1); i <= bound; i++ {
		zeta += math.Pow(float64(i), -theta)
	}
	n := float64(bound)
	two := 1 + math.Pow(0.5, theta)
	eta := (1 - math.Pow(2/n, 1-theta)) / (1 - two/zeta)
	drawn := make([]uint32, 1<<20)
	random := uniform{7, 1 << 32}
	for i := range drawn {
		u := float64(random.next()) / (1 << 32)
		rank := n * math.Pow(eta*u-eta+1, 1/(1-theta))
		switch {
		case u*zeta < 1:
			rank = 0
		case u*zeta < two:
			rank = 1
		}
		drawn[i] = uint32(min(rank, n-1))
	}
	return drawn
}
