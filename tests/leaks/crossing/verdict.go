package main

import (
	"errors"
	"fmt"

	"example.com/escrow/go/escrow"
)

// verdict is what escrow made of a mistake: "code STALE", an error at the very call that was wrong;
// "report live=1", a number that says that something is still out; or "cannot": the right result.
type verdict string

var codes = []struct {
	err  error
	name string
}{
	{escrow.ErrStale, "STALE"},
	{escrow.ErrMoved, "MOVED"},
	{escrow.ErrKind, "KIND"},
	{escrow.ErrForeign, "FOREIGN"},
	{escrow.ErrSize, "SIZE"},
}

func code(err error) verdict {
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return verdict("code " + c.name)
		}
	}
	return verdict(fmt.Sprintf("no code: %v", err))
}

// codeOfC is what a C function of held.h answered.
func codeOfC(status int) verdict {
	for name, value := range map[string]int{"STALE": statusStale, "SIZE": statusSize} {
		if status == value {
			return verdict("code " + name)
		}
	}
	return verdict(fmt.Sprintf("no code: %d", status))
}

// cannot is the verdict where the mistake does not exist; `right` says that the result is what it
// should be.
func cannot(right bool) verdict {
	if right {
		return "cannot"
	}
	return "the mistake is there"
}

// still reports what a pool holds that should hold nothing, by its own statistics and by Close.
func still(p *escrow.Pool) verdict {
	s := must(p.Stats())
	err := p.Close()
	if !errors.Is(err, escrow.ErrLeak) {
		return verdict(fmt.Sprintf("no report: close says %v, live %d", err, s.Live))
	}
	v := verdict(fmt.Sprintf("report live=%d", s.Live))
	if s.Loans > 0 {
		v += verdict(fmt.Sprintf(" loans=%d", s.Loans))
	}
	return v
}

// lost waits until the pool has taken back what was forgotten, and reports how much that was.
func lost(p *escrow.Pool) verdict {
	eventually(func() bool { return must(p.Stats()).Live == 0 })
	s := must(p.Stats())
	if err := p.Close(); err != nil {
		return verdict(fmt.Sprintf("no report: close says %v", err))
	}
	return verdict(fmt.Sprintf("report forgotten=%d", s.Leaked))
}

func open() *escrow.Pool { return must(escrow.Open(escrow.Options{Name: "leaks"})) }

// number acquires an object that begins with an int of C.
func number(p *escrow.Pool, value byte) escrow.Guard {
	g := must(p.Acquire(64))
	must(g.WriteAt([]byte{value, 0, 0, 0}, 0))
	return g
}
