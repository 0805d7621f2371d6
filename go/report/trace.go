package report

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/inventory"
)

const (
	mostLives  = 50  // those with the latest events
	mostEvents = 200 // of a life, the latest
)

// misuse lists refused calls by place, and those that have none by pool: which were made before any ledger
// was on, or are no mistake of a caller, such as a pool that is full.
func misuse(s *Snapshot, o Options, titles map[uint64]string) {
	type key struct {
		pool inventory.ID
		err  string
	}
	placed := make(map[key]uint64)
	for _, m := range escrow.MisuseSites() {
		err := text(m.Err)
		placed[key{inventory.ID(m.Pool), err}] += m.Count
		s.Misuse = append(s.Misuse, inventory.Misuse{
			Pool:      titleOf(m.Pool, titles),
			Operation: m.Operation,
			Error:     err,
			Count:     m.Count,
			Last:      m.Last,
			Stack:     stackOf(m.Site, o.Unnamed),
		})
	}
	for i := range s.Pools {
		p := &s.Pools[i]
		for _, m := range p.Misuse {
			if at := placed[key{p.ID, m.Error}]; m.Count > at {
				s.Misuse = append(s.Misuse, inventory.Misuse{Pool: p.Title(), Error: m.Error, Count: m.Count - at})
			}
		}
	}
}

// titleOf is what a pool is called; "" for none.
func titleOf(id uint64, titles map[uint64]string) string {
	if id == 0 {
		return ""
	}
	title, ok := titles[id]
	if !ok {
		title = cmp.Or(escrow.PoolName(id), inventory.ID(id).String())
		titles[id] = title
	}
	return title
}

// placeOf is where an event was, in as few words as the sequence picture has room for.
func placeOf(stack []inventory.Frame) string {
	f := inventory.Innermost(stack)
	if f.File == "" {
		return f.Name()
	}
	return fmt.Sprintf("%s %s:%d", f.Name(), path.Base(f.File), f.Line)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// lives lists what traces have of objects, that with the latest event first.
func lives(s *Snapshot, o Options, titles map[uint64]string) {
	at := make(map[uint64]int)
	for e := range escrow.TraceEvents() {
		i, ok := at[e.Root]
		if !ok {
			i = len(s.Lives)
			at[e.Root] = i
			s.Lives = append(s.Lives, inventory.Life{Root: inventory.ID(e.Root), Pool: titleOf(e.Pool, titles)})
		}
		s.Lives[i].Events = append(s.Lives[i].Events, inventory.Event{
			When:      e.When,
			ID:        inventory.ID(e.ID),
			Peer:      inventory.ID(e.Peer),
			Operation: e.Operation.String(),
			Error:     text(e.Err),
			Freed:     e.Freed,
			Thread:    e.Thread,
			Goroutine: e.Goroutine,
			Place:     placeOf(stackOf(e.Site, o.Unnamed)),
		})
	}
	last := func(l inventory.Life) inventory.Event { return l.Events[len(l.Events)-1] }
	slices.SortStableFunc(s.Lives, func(a, b inventory.Life) int { return cmp.Compare(last(b).When, last(a).When) })
	s.Lives = s.Lives[:min(len(s.Lives), mostLives)]
	for i := range s.Lives {
		if all := s.Lives[i].Events; len(all) > mostEvents {
			s.Lives[i].Events = all[len(all)-mostEvents:]
		}
	}
}
