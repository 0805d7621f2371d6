package protocol_test

import (
	"errors"
	"flag"

	"example.com/escrow/go/escrow"
)

// small is set where the facade was compiled with small counts, as the leg of that name has it.
var small = flag.Bool("small", false, "the facade has small counts: 31 generations, 7 references, 3 loans")

func mostLoans() int {
	if *small {
		return 3
	}
	return 1<<16 - 1
}

// fresh says whether a slot has generations enough for a scene.
func fresh(handle uint64) bool { return !*small || handle&generationBits <= 20 }

// wearOut moves what is passed until its slot has no generation left for another move.
func (s *scene) wearOut() {
	for g := *s.passed.guard; ; {
		ticket, err := g.MoveOut()
		if errors.Is(err, escrow.ErrExhausted) {
			s.passed = passed{raw: s.handle(g), guard: &g}
			return
		}
		s.must(err)
		g, err = ticket.MoveIn()
		s.must(err)
		s.keep(g)
	}
}
