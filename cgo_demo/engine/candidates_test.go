//go:build cgo

package engine

import (
	"errors"
	"slices"
	"testing"

	"example.com/escrow/go/escrow"
)

func gram(s string) uint32 { return uint32(s[0])<<16 | uint32(s[1])<<8 | uint32(s[2]) }

const (
	planAll  = 0x01000000
	planNone = 0x02000000
	planAnd  = 0x40000000
	planOr   = 0x50000000
)

func TestPlansAreEvaluated(t *testing.T) {
	f := open(t, 2, 4)
	for i, text := range []string{"abc xyz", "abc", "xyz", "bcd abcd", "q"} {
		f.put(uint32(i*1000), text)
	}
	f.commit()
	for _, c := range []struct {
		plan []uint32
		want []uint32
	}{
		{[]uint32{gram("abc")}, []uint32{0, 1000, 3000}},
		{[]uint32{gram("zzz")}, nil},
		{[]uint32{planAll}, []uint32{0, 1000, 2000, 3000, 4000}},
		{[]uint32{planNone}, nil},
		{[]uint32{planAnd | 2, gram("abc"), gram("xyz")}, []uint32{0}},
		{[]uint32{planOr | 2, gram("xyz"), gram("bcd")}, []uint32{0, 2000, 3000}},
		{[]uint32{planAnd | 2, planOr | 2, gram("xyz"), gram("bcd"), gram("abc")}, []uint32{0, 3000}},
		{[]uint32{planAnd | 3, planAll, planOr | 1, gram("abc"), gram("xyz")}, []uint32{0}},
		{[]uint32{planOr | 2, gram("abc"), planAll}, []uint32{0, 1000, 2000, 3000, 4000}},
		{[]uint32{planAnd | 2, planOr | 2, planAll, gram("abc"), gram("xyz")}, []uint32{0, 2000}},
		{[]uint32{planAnd | 2, gram("abc"), planNone}, nil},
		{[]uint32{planAnd | 2, planOr | 1, gram("abc"), planOr | 1, gram("xyz")}, []uint32{0}},
		{[]uint32{planAnd | 1, planAll}, []uint32{0, 1000, 2000, 3000, 4000}},
	} {
		if got := f.candidates(c.plan...); !slices.Equal(got, c.want) {
			t.Errorf("%x: %v, want %v", c.plan, got, c.want)
		}
	}
}

func TestAPlanThatIsNoTreeIsRefused(t *testing.T) {
	f := open(t, 1, 1)
	f.put(0, "abc")
	f.commit()
	deep := slices.Repeat([]uint32{planAnd | 1}, 64)
	for _, plan := range [][]uint32{
		{planAnd | 2, gram("abc")}, {planAnd}, {planOr}, {gram("abc"), gram("abc")}, {0x03000000}, {0xffffffff},
		{planAnd | 1}, {0x60000001, 0}, append(deep, planAll),
	} {
		_, err := f.FindFiles(plan)
		if !errors.Is(err, escrow.ErrOption) {
			t.Errorf("%x: %v", plan, err)
		}
	}
	if got := f.candidates(append(deep[1:], planAll)...); len(got) != 1 {
		t.Errorf("a plan of the greatest depth: %v", got)
	}
	for _, plan := range [][]uint32{nil, make([]uint32, 65537)} {
		if _, err := f.FindFiles(plan); !errors.Is(err, escrow.ErrSize) {
			t.Errorf("%d words: %v", len(plan), err)
		}
	}
}
