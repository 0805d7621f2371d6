package escrow

import (
	"fmt"
	"iter"

	"example.com/escrow/go/internal/cabi"
)

// Kind says what a Reference is.
type Kind uint32

// The kinds of references.
const (
	KindObject    = Kind(cabi.KindObject)    // the reference that Acquire or MoveIn gave
	KindDuplicate = Kind(cabi.KindDuplicate) // made by Dup
	KindLoan      = Kind(cabi.KindLoan)      // a named loan of C
	KindTicket    = Kind(cabi.KindTicket)    // in flight
	KindOrphan    = Kind(cabi.KindOrphan)    // no owner left, kept by loans or duplicates
	KindPending   = Kind(cabi.KindPending)   // freed, its destructor is owed
)

// String is the kind in lower case.
func (k Kind) String() string {
	switch k {
	case KindObject:
		return "object"
	case KindDuplicate:
		return "duplicate"
	case KindLoan:
		return "loan"
	case KindTicket:
		return "ticket"
	case KindOrphan:
		return "orphan"
	case KindPending:
		return "pending"
	}
	return fmt.Sprintf("Kind(%d)", uint32(k))
}

// Reference describes one live reference, for reports of who holds what.
type Reference struct {
	ID         uint64 // names the slot; not a handle that may be used
	Root       uint64 // the ID of the object it refers to; its own for an object
	Address    uint64 // of the memory, for reports only
	Size       int
	Kind       Kind
	TypeID     uint32
	References int // on the object
	Loans      int // on the object
}

// References lists the pool's live references. References made or ended during the loop may be
// missed; none is listed twice. A closed pool that has given its memory back lists none.
//
// Cost: one call for 64 references, and a walk over the pool's slots.
func (p *Pool) References() iter.Seq[Reference] {
	if !p.valid() {
		return func(func(Reference) bool) {}
	}
	return references(p.id)
}

func references(pool uint64) iter.Seq[Reference] {
	return func(yield func(Reference) bool) {
		var cursor uint64
		var page [64]cabi.Reference
		for {
			n, s := cabi.PoolInspect(pool, &cursor, &page)
			if s < 0 {
				return
			}
			for _, r := range page[:n] {
				if !yield(Reference{
					ID:         r.Handle,
					Root:       r.Root,
					Address:    r.Payload,
					Size:       int(r.Size),
					Kind:       Kind(r.Kind),
					TypeID:     r.TypeID,
					References: int(r.References),
					Loans:      int(r.Loans),
				}) {
					return
				}
			}
			if cursor == 0 {
				return
			}
		}
	}
}
