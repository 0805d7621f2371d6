package main

import (
	"errors"
	"fmt"

	"example.com/escrow/go/escrow"
)

// verdict is what escrow made of a mistake: "code STALE", an error at the very call that was wrong;
// "report live=1", a number that says that something is still out; or "cannot": the right result. After a
// report come the stacks of those who acquired what is out.
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
	s, where := must(p.Stats()), acquired(p)
	err := p.Close()
	if !errors.Is(err, escrow.ErrLeak) {
		return verdict(fmt.Sprintf("no report: close says %v, live %d", err, s.Live))
	}
	v := verdict(fmt.Sprintf("report live=%d", s.Live))
	if s.Loans > 0 {
		v += verdict(fmt.Sprintf(" loans=%d", s.Loans))
	}
	return v + where
}

// acquired are the stacks of those who acquired what is out of a pool: a line with how much, and one for each
// frame, an address where it is of C.
func acquired(p *escrow.Pool) (where verdict) {
	for _, site := range p.LiveSites() {
		where += verdict(fmt.Sprintf("\nout %d", site.Live))
		for _, f := range site.Stack {
			if f.Native {
				where += verdict(fmt.Sprintf("\n\t%#x", f.PC-1))
			} else {
				where += verdict(fmt.Sprintf("\n\t%s %s:%d", f.Function, f.File, f.Line))
			}
		}
	}
	return where
}

// lost waits until the pool has taken back what was forgotten, and reports how much that was. Who acquired it
// is asked before the collector has been there.
func lost(p *escrow.Pool) verdict {
	where := acquired(p)
	eventually(func() bool { return must(p.Stats()).Live == 0 })
	s := must(p.Stats())
	if err := p.Close(); err != nil {
		return verdict(fmt.Sprintf("no report: close says %v", err))
	}
	return verdict(fmt.Sprintf("report forgotten=%d", s.Leaked)) + where
}

// open opens a pool whose ledger notes every acquisition.
func open() *escrow.Pool {
	p := must(escrow.Open(escrow.Options{Name: "leaks"}))
	demand(p.SetLedger(escrow.LedgerOptions{Rate: 1}) == nil, "a ledger is switched on")
	return p
}

// number acquires an object that begins with an int of C.
func number(p *escrow.Pool, value byte) escrow.Guard {
	g := must(p.Acquire(64))
	must(g.WriteAt([]byte{value, 0, 0, 0}, 0))
	return g
}
