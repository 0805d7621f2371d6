package escrow

import (
	"iter"
	"reflect"
	"runtime"

	"example.com/escrow/go/internal/cabi"
	"example.com/escrow/go/internal/facade"
)

// GuardMap is a concurrent map of references to the objects of one pool: C memory that is found by a
// key, from Go and C++ at once. Keys are as in Map.
//
// The map owns one reference for each key. Store takes over the guard's, under another handle, so that
// no copy of the guard can end it; Load gives a reference of its own, to be closed; Use lends. A
// reference ends when its key is removed or overwritten, or with the map.
//
// Objects in a map are no pressure on the garbage collector, and nothing there is forgotten: they stay
// until they are removed. A closed pool waits for them, as for every reference.
//
// The zero GuardMap answers ErrNull, or false. A GuardMap must not be copied.
type GuardMap[K any] struct {
	table
	pool *Pool
}

// OpenGuardMap opens a map of guards of one pool, to be ended with Close.
//
// Errors: ErrNull (no pool); else as OpenMap.
func OpenGuardMap[K any](p *Pool, o MapOptions) (*GuardMap[K], error) {
	if !p.valid() {
		return nil, mapFailed("open map", cabi.Null)
	}
	t, err := tableOf(reflect.TypeFor[K](), nil)
	if err != nil {
		return nil, err
	}
	if err := t.open(o, cabi.MapHandle); err != nil {
		return nil, err
	}
	m := &GuardMap[K]{table: t, pool: p}
	runtime.AddCleanup(m, endGuardMap, guardMapEnd{t.id, p.core})
	return m, nil
}

// guardMapEnd is what the cleanup of a map of guards needs; it reaches neither the map nor the pool.
type guardMapEnd struct {
	id   uint64
	core *core
}

func endGuardMap(e guardMapEnd) {
	go func() {
		destroyMap(e.id)
		drain.wake(e.core, workDrain)
	}()
}

// removed sees to what the end of references in the map left behind: destructors that are owed, and a
// closed pool that waited for them.
func (m *GuardMap[K]) removed() {
	if m.pool != nil {
		drain.wake(m.pool.core, workDrain)
	}
}

func (m *GuardMap[K]) key(p *K, w *uint64) cabi.Bytes { return bytesOf(p, m.keys, m.signed.key, w) }

// Store gives the guard's reference to the map. On success the guard and all its copies have given it
// up: they answer ErrMoved, and Close does nothing. On an error the guard keeps it, and the map is what
// it was. A reference that the key had is released.
//
// Errors: ErrForeign (a guard of another pool), ErrNull, ErrStale, ErrMoved, ErrRevoked, ErrExhausted,
// ErrLimit; ErrSize, ErrFull, ErrNoMemory, ErrClosed as Map.Store. Cost: one cgo call and a Go
// allocation for the key; the destructor of what it replaces.
func (m *GuardMap[K]) Store(key K, g Guard) error {
	const operation = "store guard in map"
	var word uint64
	k := m.key(&key, &word)
	if err := m.takes(operation, g); err != nil {
		return err
	}
	return m.give(operation, g, func(h uint64) cabi.Status { return cabi.MapPutHandle(m.id, k, h) })
}

// takes says whether a guard may be given to the map.
func (m *GuardMap[K]) takes(operation string, g Guard) error {
	switch {
	case m.id == 0 || g.b == nil:
		return mapFailed(operation, cabi.Null)
	case g.b.core != m.pool.core:
		return mapFailed(operation, cabi.Foreign)
	}
	return nil
}

// give runs f, which may take the reference over; Created and OK are what say so.
func (m *GuardMap[K]) give(operation string, g Guard, f func(h uint64) cabi.Status) error {
	h, s := g.live()
	if s < 0 {
		return g.b.core.refuse(operation, s)
	}
	// Before the handle changes: a Close that finds it stale must see why.
	g.entry().moving.Store(true)
	s = f(h)
	runtime.KeepAlive(g.b)
	runtime.KeepAlive(m)
	if s < 0 {
		return mapFailed(operation, s)
	}
	m.gave(g)
	return nil
}

// gave ends the guard, whose reference is the map's.
func (m *GuardMap[K]) gave(g Guard) {
	if g.claim(g.handle | tombMoved) {
		g.b.ended(g.entry(), cabi.OK, true)
	}
}

// Load gives a new reference to the object of a key, to be closed; ok is false where there is none, or
// where it is revoked or its pool closed.
//
// Cost: as Guard.Dup.
func (m *GuardMap[K]) Load(key K) (g Guard, ok bool) {
	var word, handle uint64
	s := facade.MapGetHandle(m.id, m.key(&key, &word), &handle)
	runtime.KeepAlive(m)
	if s < 0 {
		return Guard{}, false
	}
	m.pool.noted(handle)
	return m.guard(handle), true
}

// guard is a Go reference of a handle that is ours.
func (m *GuardMap[K]) guard(handle uint64) Guard {
	var view cabi.View
	facade.Read(handle, &view)
	return Guard{m.pool.enter(handle, int64(view.Size))}
}

// Use lends the object of a key to f, as Guard.Use.
//
// Errors: f's; ErrAbsent, ErrRevoked, ErrLimit, ErrClosed, ErrNull. Cost: two calls, no allocation.
func (m *GuardMap[K]) Use(key K, f func(b []byte) error) error {
	var word uint64
	var l loan
	if s := facade.MapBorrowHandle(m.id, m.key(&key, &word), &l.view); s < 0 {
		return mapFailed("use object in map", s)
	}
	l.core = m.pool.core
	l.bytes = l.expose(l.view)
	defer runtime.KeepAlive(m)
	defer l.giveBack()
	return f(l.bytes)
}

// LoadOrStore gives a new reference to the object of a key, or, where there is none, the guard's own to
// the map. With loaded actual is to be closed and the guard keeps its reference; else actual is the
// zero Guard and the guard has given it up, as in Store.
//
// Errors: as Store and Load.
func (m *GuardMap[K]) LoadOrStore(key K, g Guard) (actual Guard, loaded bool, err error) {
	const operation = "load or store guard in map"
	var word, there uint64
	k := m.key(&key, &word)
	if err := m.takes(operation, g); err != nil {
		return Guard{}, false, err
	}
	h, s := g.live()
	if s < 0 {
		return Guard{}, false, g.b.core.refuse(operation, s)
	}
	g.entry().moving.Store(true)
	there, s = cabi.MapPutHandleIfAbsent(m.id, k, h)
	runtime.KeepAlive(g.b)
	runtime.KeepAlive(m)
	switch {
	case s < 0:
		return Guard{}, false, mapFailed(operation, s)
	case s == cabi.Created:
		m.gave(g)
		return Guard{}, false, nil
	}
	m.pool.noted(there)
	return m.guard(there), true, nil
}

// LoadAndDelete removes a key and hands the map's reference over, to be closed; loaded is false where
// there is none.
func (m *GuardMap[K]) LoadAndDelete(key K) (g Guard, loaded bool) {
	var word, handle uint64
	s := cabi.MapTakeHandle(m.id, m.key(&key, &word), &handle)
	runtime.KeepAlive(m)
	if s < 0 {
		return Guard{}, false
	}
	return m.guard(handle), true
}

// Delete removes a key and releases the map's reference; a destructor runs before it returns.
//
// Cost: one cgo call and a Go allocation for the key.
func (m *GuardMap[K]) Delete(key K) {
	var word uint64
	s := cabi.MapEraseHandle(m.id, m.key(&key, &word))
	runtime.KeepAlive(m)
	if s >= 0 && m.pool.state.Load() == stateClosed {
		m.removed()
	}
}

// PurgeStale removes the keys whose object can no longer be had, because it was revoked or its pool was
// closed, and returns how many.
//
// Errors: ErrClosed. Cost: a look at every entry.
func (m *GuardMap[K]) PurgeStale() (int, error) {
	n, s := cabi.MapPurgeStale(m.id)
	runtime.KeepAlive(m)
	if s < 0 {
		return 0, mapFailed("purge map", s)
	}
	m.removed()
	return int(n), nil
}

// Clear removes every key and releases the references.
//
// Cost: a look at every entry.
func (m *GuardMap[K]) Clear() {
	cabi.MapClear(m.id)
	runtime.KeepAlive(m)
	m.removed()
}

// Keys are the keys. Others may write meanwhile: a key that stays is seen exactly once, one that comes
// or goes at most once.
func (m *GuardMap[K]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		var w walk
		var at uint64
		var page []K
		for at != cabi.MapEnd {
			page = page[:0]
			s := m.scanRaw(&w, &at, func(key, _ []byte) {
				var k K
				if setBytes(&k, m.keys, key) {
					page = append(page, k)
				}
			})
			if s < 0 {
				return
			}
			for _, k := range page {
				if !yield(k) {
					return
				}
			}
		}
	}
}
