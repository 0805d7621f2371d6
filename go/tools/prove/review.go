package prove

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Review is a list of loops that a person has looked at: the function's qualified name, a tab, and
// why the loop is bounded. Empty lines and lines that start with # are skipped.
type Review struct {
	Name  string // of the file, for complaints
	lines map[string]int
}

// ReadReview reads a review; a line without a reason and a name listed twice are errors.
func ReadReview(name string, from io.Reader) (*Review, error) {
	review := &Review{Name: name, lines: map[string]int{}}
	lines := bufio.NewScanner(from)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		if text == "" || text[0] == '#' {
			continue
		}
		function, reason, _ := strings.Cut(text, "\t")
		if strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s:%d: no reason behind a tab: why is the loop in %s bounded?", name, n, function)
		}
		if before, twice := review.lines[function]; twice {
			return nil, fmt.Errorf("%s:%d: %s stands in line %d, too", name, n, function, before)
		}
		review.lines[function] = n
	}
	return review, lines.Err()
}

// review compares the loops in the leaves' code with the list, both ways.
func (p *prover) review(apart *compiled, code map[string]string) {
	found := map[string]bool{}
	for name, body := range apart.assembly {
		f := apart.graph[name]
		if f == nil || !f.own {
			continue
		}
		leaf, here := code[f.place]
		if !here {
			continue
		}
		// The optimiser may make a loop of a call that comes last, so that recursion shows here only.
		if apart.graph.recursive(f, code) {
			p.refuseRecursion(leaf, f)
		}
		if !body.loops() {
			continue
		}
		found[f.pretty] = true
		if p.Loops == nil {
			p.refuse("%s: %s has a loop (%s): say why it is bounded, in a file given by -loops: %s<TAB>reason", leaf, f.pretty, f.place, f.pretty)
		} else if _, listed := p.Loops.lines[f.pretty]; !listed {
			p.refuse("%s: %s has a loop (%s) that nobody has looked at: add the line %s<TAB>why it is bounded to %s", leaf, f.pretty, f.place, f.pretty, p.Loops.Name)
		}
	}
	if p.Loops == nil {
		return
	}
	for function, line := range p.Loops.lines {
		if !found[function] {
			p.refuse("%s:%d: no leaf runs a loop in %s: remove the line", p.Loops.Name, line, function)
		}
	}
}
