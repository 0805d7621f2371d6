package escrow

import (
	"strings"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// Options configures a pool. The zero value is a pool of any sizes without a byte limit.
type Options struct {
	// Name shows in Stats and reports; at most 31 bytes, none of them zero.
	Name string
	// Limit bounds the bytes held from the system, in whole slots; 0 is no bound. At the bound
	// Acquire runs one garbage collection for forgotten guards before it answers ErrFull.
	Limit int64
	// FixedSize makes every object this many bytes; 0 is any size, in size classes from 16 bytes.
	FixedSize int
	// Alignment of every object, a power of two up to 4096; 0 is that of the size class.
	Alignment int
	// TypeID is stamped on every object for C and C++ to check (escrow_validate); 0 is untyped.
	TypeID uint32
	// Layout is what every object begins with, for C++ to bind and for Bind; nil: nothing is said. An
	// object of FixedSize must have room for it, and Alignment, where it is above 16, must do. OpenOf
	// sets it.
	Layout *Layout
	// HugePages backs the pool with transparent huge pages where the system offers them.
	HugePages bool
	// Reserve sets up this many bytes at once; needs FixedSize.
	Reserve int64
	// NoPressure leaves this pool's bytes out of the count that triggers collections; see
	// SetPressure.
	NoPressure bool

	// PreciseGuards gives every guard and ticket a cleanup of its own, as objects of 16 KiB and more
	// have anyway: a forgotten guard is released whatever other guards do. It costs a Go allocation
	// and some hundred nanoseconds each.
	PreciseGuards bool

	// UnsafeDestructor is a C function, an escrow_destructor, that runs once for each freed object:
	// in the Close that freed it, or on the drainer's goroutine when a cleanup or a loan freed it.
	// It may call back into Go. UnsafeContext is passed to it, points to C memory or is nil, and
	// outlives the pool.
	UnsafeDestructor unsafe.Pointer
	UnsafeContext    unsafe.Pointer
}

// raw translates the options; ok is false where a value cannot be said in C at all.
func (o *Options) raw() (raw cabi.Options, ok bool) {
	if o.Limit < 0 || o.FixedSize < 0 || o.Reserve < 0 || o.Alignment < 0 || o.Alignment > 4096 ||
		strings.IndexByte(o.Name, 0) >= 0 {
		return raw, false
	}
	return cabi.Options{
		Name:       o.Name,
		Limit:      uint64(o.Limit),
		FixedSize:  uint64(o.FixedSize),
		Reserve:    uint64(o.Reserve),
		Alignment:  uint32(o.Alignment),
		TypeID:     o.TypeID,
		HugePages:  o.HugePages,
		Destructor: o.UnsafeDestructor,
		Context:    o.UnsafeContext,
		Layout:     o.Layout.raw(),
	}, true
}
