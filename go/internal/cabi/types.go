package cabi

import (
	"time"
	"unsafe"
)

// Options mirrors escrow_pool_options. Destructor is an escrow_destructor; it and Context point to
// C, never to Go memory.
type Options struct {
	Name       string
	Limit      uint64
	FixedSize  uint64
	Reserve    uint64
	Alignment  uint32
	TypeID     uint32
	HugePages  bool
	Destructor unsafe.Pointer
	Context    unsafe.Pointer
	Layout     *Layout
}

// Layout mirrors escrow_layout: what the values of a type look like in memory.
type Layout struct {
	Size, Alignment uint32
	Fingerprint     uint64
	Fields          []Field
}

// Field mirrors escrow_field.
type Field struct{ Kind, Offset, Width, Count uint32 }

// Kinds of fields.
const (
	FieldUnsigned uint32 = 1
	FieldSigned   uint32 = 2
	FieldFloat    uint32 = 3
	FieldBool     uint32 = 4
)

// LayoutFields is how many fields a layout has at most.
const LayoutFields = 1024

// View mirrors escrow_view. Payload points to C memory.
type View struct {
	Payload unsafe.Pointer
	Size    uint64
	Root    uint64
}

// Bytes is the memory of the view, valid as long as the reference it was read through.
func (v View) Bytes() []byte { return unsafe.Slice((*byte)(v.Payload), v.Size) }

// Stats mirrors escrow_pool_stats.
type Stats struct {
	Name           string
	TypeID         uint32
	Live           uint64
	Duplicates     uint64
	Loans          uint64
	Borrows        uint64
	Tickets        uint64
	Pending        uint64
	Retired        uint64
	BytesLive      uint64
	BytesCommitted uint64
	BytesPeak      uint64
	BytesLimit     uint64
	Refills        uint64
	Misuse         [ErrorCount + 1]uint64
}

// Class mirrors escrow_class_stats.
type Class struct {
	SlotBytes uint64
	Slots     uint64
	Live      uint64
	BytesLive uint64
}

// Reference mirrors escrow_reference_info.
type Reference struct {
	Handle     uint64
	Root       uint64
	Payload    uint64
	Size       uint64
	Kind       uint32
	TypeID     uint32
	References uint32
	Loans      uint32
}

// ABI mirrors the part of escrow_abi_info that Go depends on.
type ABI struct {
	Major, Minor    uint32
	HeaderBytes     uint32
	WordOffset      uint32
	PayloadOffset   uint32
	AboutOffset     uint32
	GenerationShift uint32
	IndexShift      uint32
	TagShift        uint32
	OptionsBytes    uint32
	StatsBytes      uint32
	APIBytes        uint32
	Optimized       bool
	Sanitizer       uint32
	Hash            uint64
}

// Bytes mirrors escrow_bytes: bytes that C reads, or room that it writes.
type Bytes struct {
	Data unsafe.Pointer
	Size uint64
}

// Kinds of a map's keys and values.
const (
	MapWord   uint32 = 1
	MapBytes  uint32 = 2
	MapHandle uint32 = 3
)

// Conditions on a map's value.
const (
	IfEqual      uint32 = 0
	IfLess       uint32 = 1
	IfLessSigned uint32 = 2
)

// What a map's leaves add to a result when MapGrow should be called, and how many keys they take at
// once.
const (
	LeafGrow  = 0x100
	LeafBatch = 64
)

// MapEnd is the cursor of a scan that is over.
const MapEnd = ^uint64(0)

// MapOptions mirrors escrow_map_options.
type MapOptions struct {
	Keys, Values    uint32
	Expected, Limit uint64
	Seed            uint64

	KeyLayout, ValueLayout *Layout
}

// MapEntry mirrors escrow_map_entry.
type MapEntry struct{ Key, Value uint64 }

// MapPlace is escrow_map_place: where the words of a map of words lie. All of it stays readable.
type MapPlace struct {
	Word               *uint64 // reads Open while the map is open
	Open               uint64
	Bound              *uint64 // buckets in one piece
	Mask               *uint64 // of a bucket's index
	Epoch              *uint64 // clears so far
	Buckets            unsafe.Pointer
	Offset, Multiplier uint64 // of the hash of words
}

// MapLayout is ESCROW_MAP_LAYOUT as Go knows it.
const MapLayout = 1

// MapStats mirrors escrow_map_stats.
type MapStats struct {
	Entries     uint64
	Buckets     uint64
	Nodes       uint64
	Probes      [8]uint64
	Retries     uint64
	BytesIndex  uint64
	RecordsLive uint64
	RecordsHeld uint64
}

// CellOptions is what Go says of an escrow_cell_options.
type CellOptions struct {
	Name             string // ends with a zero byte
	Limit, FixedSize uint64
	History          uint32
	Alignment        uint32
	Flags            uint32
	Layout           *Layout // nil: none
}

// CellDecided is the flag of a cell whose versions are decided outside of C.
const CellDecided = 1

// CellMostHistory is how many versions a cell keeps at most, the current one included.
const CellMostHistory = 64

// CellIf is what must hold when a snapshot is published.
type CellIf uint32

// The conditions of cell_types.h.
const (
	CellAlways    CellIf = 0
	CellIfVersion CellIf = 1
	CellIfETag    CellIf = 2
)

// CellView mirrors escrow_cell_view. Content points to C memory and is held by the loan.
type CellView struct {
	Loan      uint64
	Snapshot  uint64
	Content   unsafe.Pointer
	Size      uint64
	ETag      string
	Version   uint64
	Published time.Time
}

// CellEntry mirrors escrow_cell_entry.
type CellEntry struct{ Version, Snapshot, Published, Size uint64 }

// CellStats is what Go shows of an escrow_cell_stats.
type CellStats struct {
	Version, Published, Refused, Differed uint64
	Proposals, Snapshots, Loans           uint64
	BytesHeld                             uint64
	LastReason                            string
}

// Leaf is a leaf entry of the facade.
type Leaf struct {
	Name    string
	Address unsafe.Pointer
}

// LedgerState is what a pool's ledger does.
type LedgerState struct {
	Rate   uint32
	Frames bool
	Missed uint64
	Lost   uint64
}

// GuardedState is what a pool guards.
type GuardedState struct {
	Rate            uint32
	Guarded, Missed uint64
}

// LedgerEntry is an escrow_ledger_entry.
type LedgerEntry struct {
	Handle uint64
	Root   uint64
	Pool   uint64
	Size   uint64
	When   uint64
	Kind   uint32
	Holder uint32
	TypeID uint32
	Site   uint32
	Label  uint32
	Weight uint32
}

// TraceEvent is an escrow_trace_event.
type TraceEvent struct {
	Sequence  uint64
	When      uint64
	Handle    uint64
	Root      uint64
	Peer      uint64
	Pool      uint64
	Goroutine uint64
	Status    Status
	Operation uint32
	Thread    uint32
	Site      uint32
}

// MisuseSite is an escrow_misuse_site.
type MisuseSite struct {
	Site      uint32
	Operation uint32
	Status    Status
	_         uint32
	Pool      uint64
	Count     uint64
	Last      uint64
}
