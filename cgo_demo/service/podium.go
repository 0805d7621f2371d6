package service

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"example.com/escrow/cgo_demo/engine"
)

// podium keeps the lines of the files with the highest scores while a search goes on: copies, since the
// texts are on loan for a page only, and no more than the limit and one file's.
type podium struct {
	limit int // lines that will be asked for; 0 is all
	files []ranked
	seen  int    // lines, those included that are not kept
	kept  int    // lines of files
	last  ranked // the file that is being added: its next part may be on the next page
}

type ranked struct {
	path    string
	score   float64
	matches int     // in the file
	lines   []Match // the first of them; Text is a copy
}

// add takes a line of the file that comes after all others, or goes on.
func (p *podium) add(m Match) error {
	if m.Path != p.last.path {
		p.place()
		p.last = ranked{path: m.Path}
	}
	p.seen++
	p.last.matches++
	if p.limit == 0 || len(p.last.lines) < p.limit {
		m.Text = bytes.Clone(m.Text)
		p.last.lines = append(p.last.lines, m)
	}
	return nil
}

// end scores the file that lines were added of, as far as it was seen. It returns the version of the
// ranking: the one of before, if the file had no lines.
func (p *podium) end(file engine.Found, before uint64) (ranking uint64, err error) {
	if file.Path != p.last.path {
		return before, nil
	}
	p.last.score, ranking, err = file.Score(p.last.matches)
	if err != nil {
		return ranking, fmt.Errorf("%w: version %d, %s: %w", ErrRanking, ranking, file.Path, err)
	}
	return ranking, nil
}

// place puts the file that is complete behind those that score as high, and lets those go whose lines will
// not be asked for.
func (p *podium) place() {
	if p.last.lines == nil {
		return
	}
	at := sort.Search(len(p.files), func(i int) bool { return p.files[i].score < p.last.score })
	p.files = slices.Insert(p.files, at, p.last)
	p.kept += len(p.last.lines)
	p.last = ranked{}
	for p.limit > 0 {
		lowest := p.files[len(p.files)-1]
		if p.kept-len(lowest.lines) < p.limit {
			return
		}
		p.kept -= len(lowest.lines)
		p.files = p.files[:len(p.files)-1]
	}
}

// visit delivers what was kept, best first.
func (p *podium) visit(r *run) error {
	p.place()
	for _, f := range p.files {
		for _, m := range f.lines {
			if err := r.deliver(m); err != nil {
				return err
			}
		}
	}
	r.sum.More = p.seen > r.sum.Matches
	return nil
}
