// Package report is who holds what in this process, Go, C and C++ joined: a snapshot as text, JSON and a page
// of HTML, what grew and is suspect, a report at the exit or at a signal, and a page over HTTP that refreshes.
//
//	defer report.DumpOnExit(os.Stderr)()
//	http.Handle("/debug/escrow/", report.Handler())
//
// What pools hold is counted always. Where it was acquired is known for what ledgers have noted
// (escrow.Pool.SetLedger).
package report

import (
	"cmp"
	"container/heap"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/inventory"
)

// Snapshot is who holds what at one moment.
type Snapshot = inventory.Snapshot

// Options say how much a snapshot has.
type Options struct {
	// Objects is how many objects a site shows one by one, the oldest; 0 means 20, less than 0 none.
	Objects int
	// Unnamed leaves C and C++ frames as file and address. Else they are named from the symbols and debug
	// information of the files, which are read once, when the first such frame shows up.
	Unnamed bool
}

const (
	usualObjects = 20
	mostLabels   = 50 // of a site: a label may be a tenant, of which there are many
)

// Take takes a snapshot. It is safe while everything runs: what is made, moved or ended meanwhile may be
// missed, so numbers that are counted apart need not agree.
//
// Cost: walks over the slots of all pools; about 0.4 µs a noted reference, and 84 bytes of garbage for one that
// Go holds; some microseconds a new site, and once the symbols of a file that has a native frame.
func Take(o Options) *Snapshot {
	began := time.Now()
	s := &Snapshot{Taken: began, Program: inventory.ProgramName(os.Args[0]), PID: os.Getpid()}
	totals := escrow.ReadTotals()
	s.Leaked, s.ForgottenPools = totals.Leaked, totals.ForgottenPools
	titles := make(map[uint64]string)
	for _, id := range escrow.PoolIDs() {
		if p, ok := pool(s, id); ok {
			s.Pools = append(s.Pools, p)
			titles[id] = p.Title()
		}
	}
	sites(s, o, titles)
	misuse(s, o, titles)
	lives(s, o, titles)
	s.Sort()
	s.Took = time.Since(began)
	return s
}

// pool reads one pool; false: it is gone.
func pool(s *Snapshot, id uint64) (inventory.Pool, bool) {
	stats, err := escrow.StatsOf(id)
	if err != nil {
		return inventory.Pool{}, false
	}
	p := inventory.Pool{
		ID:         inventory.ID(id),
		Name:       stats.Name,
		Type:       stats.TypeID,
		Live:       stats.Live,
		Duplicates: stats.Duplicates,
		Loans:      stats.Loans,
		Borrows:    stats.Borrows,
		Tickets:    stats.Tickets,
		Pending:    stats.Pending,
		Bytes:      stats.BytesLive,
		Committed:  stats.BytesCommitted,
		Peak:       stats.BytesPeak,
		Limit:      stats.BytesLimit,
		Held:       stats.Held,
		HeldByAge:  stats.HeldByAge,
		Leaked:     stats.Leaked,
		States:     states(id),
	}
	if l, err := escrow.LedgerOf(id); err == nil {
		p.Rate = l.Rate
		s.Lost = l.Lost
	}
	for refusal, n := range stats.Misuse {
		p.Misuse = append(p.Misuse, inventory.Refused{Error: refusal.Error(), Count: n})
	}
	slices.SortFunc(p.Misuse, func(a, b inventory.Refused) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Error, b.Error))
	})
	return p, true
}

// states counts a pool's objects by type and state, most bytes first.
func states(id uint64) []inventory.Count {
	type key struct {
		typeID uint32
		state  inventory.State
	}
	sums := make(map[key]*inventory.Count)
	for r := range escrow.ReferencesOf(id) {
		state, ok := stateOf(r)
		if !ok {
			continue
		}
		k := key{r.TypeID, state}
		c := sums[k]
		if c == nil {
			c = &inventory.Count{Type: r.TypeID, State: state}
			sums[k] = c
		}
		c.Objects++
		c.Bytes += uint64(r.Size)
	}
	all := make([]inventory.Count, 0, len(sums))
	for _, c := range sums {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b inventory.Count) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.State, b.State), cmp.Compare(a.Type, b.Type))
	})
	return all
}

// stateOf is the state of docs/ownership.md that an object is in; false: it is a reference to one.
func stateOf(r escrow.Reference) (inventory.State, bool) {
	if r.Root != r.ID {
		return "", false
	}
	lent := r.Loans > 0
	switch r.Kind {
	case escrow.KindPending:
		return inventory.Dead, true
	case escrow.KindTicket:
		return inventory.Transit, true
	case escrow.KindObject:
		switch {
		case r.References > 1 && lent:
			return inventory.SharedLent, true
		case r.References > 1:
			return inventory.Shared, true
		case lent:
			return inventory.Lent, true
		}
		return inventory.Live, true
	case escrow.KindOrphan:
		switch {
		case r.References > 0 && lent:
			return inventory.OwnerlessLent, true
		case r.References > 0:
			return inventory.Ownerless, true
		}
		return inventory.Orphan, true
	}
	return "", false
}

// gathered is a site that grows while notes are walked.
type gathered struct {
	inventory.Site
	oldest        oldest
	pools, labels map[string]struct{}
}

// sites adds the notes up by site, and asks for each who holds it.
func sites(s *Snapshot, o Options, titles map[uint64]string) {
	most := cmp.Or(o.Objects, usualObjects)
	held := heldByGo()
	at := make(map[uint32]*gathered)
	for n := range escrow.LiveNotes() {
		g := at[n.Site]
		if g == nil {
			g = &gathered{pools: map[string]struct{}{}, labels: map[string]struct{}{}}
			at[n.Site] = g
		}
		title := titleOf(n.Pool, titles)
		g.Noted++
		g.Live += n.Weight
		g.Bytes += int64(n.Size) * int64(n.Weight)
		g.Oldest = max(g.Oldest, n.Age)
		g.pools[title] = struct{}{}
		if n.Label != "" && len(g.labels) < mostLabels {
			g.labels[n.Label] = struct{}{}
		}
		holder, collections := holderOf(n, held)
		g.Holders = count(g.Holders, holder)
		if most > 0 && (len(g.oldest) < most || n.Age > g.oldest[0].Age) {
			if len(g.oldest) == most {
				heap.Pop(&g.oldest)
			}
			heap.Push(&g.oldest, inventory.Object{
				ID:     inventory.ID(n.ID),
				Root:   inventory.ID(n.Root),
				Pool:   title,
				Type:   n.TypeID,
				Size:   n.Size,
				Kind:   n.Kind.String(),
				Holder: holder,
				Label:  n.Label,
				Age:    n.Age,
				Weight: n.Weight,
				Rounds: collections,
			})
		}
	}
	byKey := make(map[string]int)
	for number, g := range at {
		g.Stack = stackOf(number, o.Unnamed)
		g.Key = inventory.KeyOf(g.Stack)
		g.Objects = g.oldest.sorted()
		g.Pools, g.Labels = names(g.pools), names(g.labels)
		// Two sites that differ in addresses alone, as calls in one line do, are one to a person.
		if i, ok := byKey[g.Key]; ok {
			s.Sites[i] = joined(s.Sites[i], g.Site, most)
			continue
		}
		byKey[g.Key] = len(s.Sites)
		s.Sites = append(s.Sites, g.Site)
	}
}

func names(set map[string]struct{}) []string {
	all := make([]string, 0, len(set))
	for name := range set {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func joined(a, b inventory.Site, most int) inventory.Site {
	a.Noted += b.Noted
	a.Live += b.Live
	a.Bytes += b.Bytes
	a.Oldest = max(a.Oldest, b.Oldest)
	a.Holders.Go += b.Holders.Go
	a.Holders.Unreachable += b.Holders.Unreachable
	a.Holders.Map += b.Holders.Map
	a.Holders.Cell += b.Holders.Cell
	a.Holders.Other += b.Holders.Other
	a.Holders.Lent += b.Holders.Lent
	a.Pools = slices.Compact(slices.Sorted(slices.Values(append(a.Pools, b.Pools...))))
	a.Labels = slices.Compact(slices.Sorted(slices.Values(append(a.Labels, b.Labels...))))
	all := oldest(append(a.Objects, b.Objects...)).sorted()
	a.Objects = all[:min(len(all), max(most, 0))]
	return a
}

func count(h inventory.Holders, holder string) inventory.Holders {
	switch holder {
	case "go":
		h.Go++
	case "unreachable":
		h.Unreachable++
	case "map":
		h.Map++
	case "cell":
		h.Cell++
	case "lent":
		h.Lent++
	default:
		h.Other++
	}
	return h
}

// oldest is a heap whose first is the youngest.
type oldest []inventory.Object

func (o oldest) Len() int           { return len(o) }
func (o oldest) Less(i, j int) bool { return o[i].Age < o[j].Age }
func (o oldest) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }
func (o *oldest) Push(x any)        { *o = append(*o, x.(inventory.Object)) }
func (o *oldest) Pop() any {
	last := len(*o) - 1
	x := (*o)[last]
	*o = (*o)[:last]
	return x
}

func (o oldest) sorted() []inventory.Object {
	slices.SortFunc(o, func(a, b inventory.Object) int { return cmp.Or(cmp.Compare(b.Age, a.Age), cmp.Compare(a.ID, b.ID)) })
	return o
}

// grip is how Go holds a reference.
type grip struct {
	id          uint64
	collections uint32
	reachable   bool
}

// grips are in the order of slots, the lower 56 bits of an ID, in which notes are walked, too: what is asked for
// is most often what follows what was asked for before.
type grips struct {
	all  []grip
	next int
}

func bySlot(a, b uint64) int { return cmp.Compare(a<<8, b<<8) }

func heldByGo() *grips {
	var g grips
	for h := range escrow.HeldReferences() {
		g.all = append(g.all, grip{h.ID, uint32(h.Collections), h.Reachable})
	}
	slices.SortFunc(g.all, func(a, b grip) int { return bySlot(a.id, b.id) })
	return &g
}

// find is nil where Go holds no such reference.
func (g *grips) find(id uint64) *grip {
	if g.next == len(g.all) || g.all[g.next].id != id {
		i, found := slices.BinarySearchFunc(g.all, id, func(x grip, id uint64) int { return bySlot(x.id, id) })
		g.next = i
		if !found {
			return nil
		}
	}
	g.next++
	if x := &g.all[g.next-1]; x.id == id { // the same slot may be of another pool now
		return x
	}
	return nil
}

func holderOf(n escrow.Note, held *grips) (holder string, collections int) {
	switch n.Holder {
	case escrow.HolderMap:
		return "map", 0
	case escrow.HolderCell:
		return "cell", 0
	}
	if n.Kind == escrow.KindOrphan {
		return "lent", 0
	}
	g := held.find(n.ID)
	switch {
	case g == nil:
		return "other", 0
	case g.reachable:
		return "go", int(g.collections)
	}
	return "unreachable", int(g.collections)
}

// stacks keeps what sites are called: a site's stack never changes.
var stacks sync.Map // of stackKey: []inventory.Frame

type stackKey struct {
	site    uint32
	unnamed bool
}

func stackOf(site uint32, unnamed bool) []inventory.Frame {
	key := stackKey{site, unnamed}
	if known, ok := stacks.Load(key); ok {
		return known.([]inventory.Frame)
	}
	var stack []inventory.Frame
	for _, f := range escrow.SiteStack(site) {
		if f.Native {
			stack = append(stack, native(f.PC, unnamed)...)
			continue
		}
		stack = append(stack, inventory.Frame{Function: f.Function, File: f.File, Line: f.Line})
	}
	// What starts a goroutine is on every stack and says nothing.
	for len(stack) > 1 && strings.HasPrefix(stack[len(stack)-1].Function, "runtime.") {
		stack = stack[:len(stack)-1]
	}
	if len(stack) > 0 { // a site that another thread has only begun to enter has none yet
		stacks.Store(key, stack)
	}
	return stack
}
