package pool_test

import (
	"slices"

	"pgregory.net/rapid"

	"example.com/escrow/go/escrow"
)

// What rapid chooses from.

func (m *machine) Acquire(t *rapid.T) {
	g, err := m.pool.Acquire(bytesEach)
	m.answers(t, err, m.mayAcquire())
	if err == nil {
		m.add(g)
	}
}

func (m *machine) AcquireMany(t *rapid.T) {
	guards := make([]escrow.Guard, rapid.SampledFrom([]int{1, 30, 64, 65}).Draw(t, "count"))
	want := m.mayAcquire()
	if !m.closed && m.limit > 0 && m.held()+len(guards) > m.limit {
		want = escrow.ErrFull // and none is acquired
	}
	m.answers(t, m.pool.AcquireN(bytesEach, guards), want)
	if want == nil {
		for _, g := range guards {
			m.add(g)
		}
	}
}

func (m *machine) ReleaseMany(t *rapid.T) {
	var guards []escrow.Guard
	for _, r := range m.refs[len(m.refs)/3:] {
		if guards = append(guards, r.guard); r.ended == nil && !r.sent {
			r.end(escrow.ErrStale)
		}
	}
	m.answers(t, escrow.ReleaseN(guards), nil)
}

func (m *machine) Dup(t *rapid.T) {
	r := m.one(t, false)
	d, err := r.guard.Dup()
	m.answers(t, err, r.openToNew())
	if err == nil {
		r.of.refs++
		m.refs = append(m.refs, &reference{of: r.of, guard: d})
	}
}

func (m *machine) Use(t *rapid.T) {
	r, write := m.one(t, false), rapid.Byte().Draw(t, "content")
	m.answers(t, r.guard.Use(func(b []byte) error {
		if len(b) != bytesEach || b[0] != r.of.content {
			t.Fatalf("%d bytes, %d for %d", len(b), b[0], r.of.content)
		}
		b[0] = write
		return nil
	}), r.openToNew())
	if r.openToNew() == nil {
		r.of.content = write
	}
}

// Close is idempotent.
func (m *machine) Close(t *rapid.T) {
	r := m.one(t, false)
	m.answers(t, r.guard.Close(), nil)
	if r.ended == nil {
		r.end(escrow.ErrStale)
	}
}

func (m *machine) CloseTicket(t *rapid.T) {
	r := m.one(t, true)
	m.answers(t, r.ticket.Close(), nil)
	if r.ended == nil {
		r.end(escrow.ErrStale)
	}
}

func (m *machine) Revoke(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "seldom") > 0 {
		t.Skip("seldom")
	}
	r := m.one(t, false)
	m.answers(t, r.guard.Revoke(), r.ended)
	if r.ended == nil {
		r.of.revoked = true
	}
}

func (m *machine) MoveOut(t *rapid.T) {
	r := m.one(t, false)
	ticket, err := r.guard.MoveOut()
	want := r.openToNew()
	if want == nil && r == r.of.first {
		switch {
		case r.of.refs > 1:
			want = escrow.ErrShared
		case r.of.lends > 0:
			want = escrow.ErrLent
		}
	}
	m.answers(t, err, want)
	if err != nil {
		return
	}
	m.becomes(r, &reference{of: r.of, ticket: ticket, sent: true}, escrow.ErrMoved)
}

func (m *machine) MoveIn(t *rapid.T) {
	r := m.one(t, true)
	g, err := r.ticket.MoveIn()
	m.answers(t, err, r.openToNew())
	if err != nil {
		return
	}
	m.becomes(r, &reference{of: r.of, guard: g}, escrow.ErrStale)
}

// Detach gives a guard to C, and takes it over again.
func (m *machine) Detach(t *rapid.T) {
	r := m.one(t, false)
	raw, err := r.guard.UnsafeDetach()
	m.answers(t, err, r.ended)
	if err != nil {
		return
	}
	m.answers(t, func() error { _, err := r.guard.UnsafeBytes(); return err }(), escrow.ErrMoved)
	again, err := m.pool.UnsafeAdopt(raw)
	m.answers(t, err, nil)
	m.becomes(r, &reference{of: r.of, guard: again}, escrow.ErrMoved)
}

func (m *machine) Lend(t *rapid.T) {
	r := m.one(t, false)
	if want := r.openToNew(); want != nil {
		for _, err := range r.guard.Lent() {
			m.answers(t, err, want)
		}
		return
	}
	s := escrow.NewScope()
	_, err := s.Lend(r.guard)
	m.answers(t, err, nil)
	r.of.lends++
	m.loans = append(m.loans, &lending{of: r.of, stop: func() { m.answers(t, s.End(), nil) }})
}

func (m *machine) GiveBack(t *rapid.T) {
	if len(m.loans) == 0 {
		t.Skip("nothing is lent")
	}
	i := rapid.IntRange(0, len(m.loans)-1).Draw(t, "loan")
	m.loans[i].stop()
	m.loans[i].of.lends--
	m.loans = slices.Delete(m.loans, i, i+1)
}

func (m *machine) BeginScope(*rapid.T) { m.scopes = append(m.scopes, &scope{Scope: escrow.NewScope()}) }

func (m *machine) LendInScope(t *rapid.T) {
	s, r := m.scope(t), m.one(t, false)
	want := r.openToNew()
	if s.ended {
		want = escrow.ErrScope
	}
	b, err := s.Lend(r.guard)
	m.answers(t, err, want)
	if err == nil {
		if b[0] != r.of.content {
			t.Fatalf("%d for %d", b[0], r.of.content)
		}
		r.of.lends++
		s.lent = append(s.lent, r.of)
	}
}

func (m *machine) AcquireInScope(t *rapid.T) {
	s := m.scope(t)
	want := m.mayAcquire()
	if want == nil && s.ended {
		want = escrow.ErrScope
	}
	g, err := s.Scope.Acquire(m.pool, bytesEach)
	m.answers(t, err, want)
	if err == nil {
		s.owned = append(s.owned, m.add(g))
	}
}

func (m *machine) OwnInScope(t *rapid.T) {
	s, r := m.scope(t), m.one(t, false)
	var want error
	if s.ended {
		want = escrow.ErrScope
	}
	m.answers(t, s.Own(r.guard), want)
	if !s.ended {
		s.owned = append(s.owned, r)
	}
}

func (m *machine) EndScope(t *rapid.T) {
	s := m.scope(t)
	if s.ended {
		m.answers(t, s.End(), escrow.ErrScope)
		return
	}
	m.answers(t, s.End(), nil)
	for _, o := range s.lent {
		o.lends--
	}
	for _, r := range s.owned {
		if r.ended == nil {
			r.end(escrow.ErrStale)
		}
	}
	s.ended = true
}

// ClosePool revokes what is out, and with `reclaim` ends what is in tickets.
func (m *machine) ClosePool(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "seldom") > 0 {
		t.Skip("seldom")
	}
	reclaim := rapid.Bool().Draw(t, "reclaim")
	call, want := m.pool.Close, error(nil)
	if reclaim {
		call = m.pool.CloseReclaimTickets
	}
	if m.closed {
		m.answers(t, call(), escrow.ErrClosed)
		return
	}
	err := call()
	for _, r := range m.refs {
		if reclaim && r.sent && r.ended == nil {
			r.end(escrow.ErrStale)
		}
	}
	if m.held() > 0 {
		want = escrow.ErrLeak
	}
	m.answers(t, err, want)
	m.closed = true
	for _, o := range m.objects {
		o.revoked = true
	}
}
