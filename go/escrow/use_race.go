//go:build race

package escrow

import (
	"sync"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// The race detector ignores C addresses. So under -race a loan shows a shadow in Go memory instead:
// one for all loans of an object that overlap in time, because only accesses to one address can
// collide. When a loan ends, the bytes that Go changed are written to C memory, and no others: what
// C++ wrote meanwhile stays.
//
// The functions that copy are norace: they touch all bytes on behalf of a user who may have touched
// few, and must not be taken for the user. The mutex orders loans only where they begin and end;
// accesses of overlapping loans remain unordered, and the detector reports them.
type shadow struct {
	loans int
	c     []byte // the object
	shown []byte // what the users see
	last  []byte // what both sides agreed on
}

var shadows struct {
	sync.Mutex
	of map[uint64]*shadow // by root
}

type exposure struct {
	root uint64
	s    *shadow
}

func (x *exposure) expose(v cabi.View) []byte {
	shadows.Lock()
	defer shadows.Unlock()
	s := shadows.of[v.Root]
	if s == nil || unsafe.SliceData(s.c) != (*byte)(v.Payload) {
		words := make([]uint64, 2*((v.Size+7)/8)) // of words: aligned for any Go type
		half := len(words) / 2
		s = &shadow{
			c:     v.Bytes(),
			shown: unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), v.Size),
			last:  unsafe.Slice((*byte)(unsafe.Pointer(&words[half])), v.Size),
		}
		if shadows.of == nil {
			shadows.of = make(map[uint64]*shadow)
		}
		shadows.of[v.Root] = s
	}
	s.loans++
	s.merge()
	x.root, x.s = v.Root, s
	return s.shown
}

func (x *exposure) conceal() {
	shadows.Lock()
	defer shadows.Unlock()
	x.s.merge()
	if x.s.loans--; x.s.loans == 0 {
		delete(shadows.of, x.root)
	}
}

// merge carries over what either side changed since they agreed; where both did, Go's byte wins.
//
//go:norace
func (s *shadow) merge() {
	for i := range s.last {
		switch {
		case s.shown[i] != s.last[i]:
			s.c[i] = s.shown[i]
			s.last[i] = s.shown[i]
		case s.c[i] != s.last[i]:
			s.shown[i] = s.c[i]
			s.last[i] = s.c[i]
		}
	}
}
