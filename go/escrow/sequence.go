package escrow

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// Sequence gives numbers that are never given twice, to goroutines and, through UnsafePointer, to C
// and C++ threads. It lives in C memory and is ended by Close.
//
// An ordered sequence (Block 0) gives numbers that grow: each is larger than every number given
// before the call began. All callers then share one cache line. A sequence of blocks gives unique
// numbers without that order: a lane takes Block of them at once, and numbers that a lane does not
// need in the end are never given. docs/bench/claims.md says which is faster when.
type Sequence struct {
	guard Guard
	at    unsafe.Pointer
}

// SequenceOptions configures a sequence. The zero value is ordered and begins at 0.
type SequenceOptions struct {
	First uint64 // below 2^63
	Block uint64 // 0, or a power of two from 2 to 65,536
}

// sequences is the pool that sequences live in; opened by the first, never closed.
var sequences struct {
	once sync.Once
	pool *Pool
	err  error
}

// NewSequence makes a generator, to be ended with Close; one that is forgotten is released by its
// cleanup.
//
// Errors: ErrOption; as Open and Pool.Acquire. Cost: some microseconds.
func NewSequence(o SequenceOptions) (*Sequence, error) {
	sequences.once.Do(func() {
		sequences.pool, sequences.err = Open(Options{
			Name: "escrow: sequences", FixedSize: cabi.SequenceBytes, Alignment: 64, NoPressure: true})
	})
	if sequences.err != nil {
		return nil, fmt.Errorf("escrow: new sequence: %w", sequences.err)
	}
	g, err := sequences.pool.Acquire(cabi.SequenceBytes)
	if err != nil {
		return nil, fmt.Errorf("escrow: new sequence: %w", err)
	}
	b, err := g.UnsafeBytes()
	if err != nil {
		return nil, fmt.Errorf("escrow: new sequence: %w", err)
	}
	s := &Sequence{g, unsafe.Pointer(unsafe.SliceData(b))}
	if status := cabi.SequenceInit(s.at, o.First, o.Block); status < 0 {
		g.Close()
		return nil, failed("new sequence", status)
	}
	return s, nil
}

// Next gives a number. Errors: ErrExhausted after 2^63 - 1, ErrStale after Close, ErrNull. Cost: one
// leaf call and one locked instruction.
func (s *Sequence) Next() (number uint64, err error) {
	if status := s.usable(); status < 0 {
		return 0, failed("next number", status)
	}
	if status := facade.SequenceNext(s.at, &number); status < 0 {
		err = failed("next number", status)
	}
	runtime.KeepAlive(s)
	return number, err
}

// NextN gives n numbers in a row, from first on; n is 1 to 2^32.
//
// Errors: ErrSize; else as Next. Cost: one cgo call.
func (s *Sequence) NextN(n int) (first uint64, err error) {
	status := s.usable()
	if status == cabi.OK {
		first, status = cabi.SequenceNextN(s.at, uint64(n))
	}
	runtime.KeepAlive(s)
	if status < 0 {
		return 0, failed("next numbers", status)
	}
	return first, nil
}

func (s *Sequence) usable() cabi.Status {
	if s == nil || s.guard.b == nil {
		return cabi.Null
	}
	_, status := s.guard.live()
	return status
}

// UnsafePointer is the escrow_sequence for C, valid until Close. Not for a caller who races Close.
func (s *Sequence) UnsafePointer() unsafe.Pointer { return s.at }

// Close releases the memory. Nobody may be in Next meanwhile. Idempotent. Errors: as Guard.Close.
func (s *Sequence) Close() error {
	if s == nil {
		return nil
	}
	return s.guard.Close()
}
