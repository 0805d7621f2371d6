package cabi

// Status is an escrow_status: zero and above the operation took effect, below zero nothing changed.
type Status int32

// The codes of include/escrow/status.h; abi.go compares each with the header when it is compiled.
const (
	OK          Status = 0
	Deferred    Status = 1
	Freed       Status = 2
	Already     Status = 3
	Pending     Status = 4
	Created     Status = 5
	Null        Status = -1
	Range       Status = -2
	Foreign     Status = -3
	Stale       Status = -4
	Kind        Status = -5
	Moved       Status = -6
	Lent        Status = -7
	Shared      Status = -8
	Transit     Status = -9
	Revoked     Status = -10
	Closed      Status = -11
	Limit       Status = -12
	Scope       Status = -13
	Leak        Status = -14
	NoMemory    Status = -15
	Exhausted   Status = -16
	Full        Status = -17
	Busy        Status = -18
	Size        Status = -19
	Option      Status = -20
	Version     Status = -21
	Unsupported Status = -22
	Absent      Status = -23
	Differs     Status = -24
	Refused     Status = -25
	Timeout     Status = -26
)

// ErrorCount is the lowest code of the facade, negated.
const ErrorCount = 26

// NoCgo is a code of the Go side alone: the binary was built without cgo.
const NoCgo Status = -1000

// ReclaimTickets is a flag of PoolClose.
const ReclaimTickets uint32 = 1

// Reference kinds.
const (
	KindObject    uint32 = 1
	KindDuplicate uint32 = 2
	KindLoan      uint32 = 3
	KindTicket    uint32 = 4
	KindOrphan    uint32 = 5
	KindPending   uint32 = 6
)
