package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/escrow/cgo_demo/engine"
	"example.com/escrow/cgo_demo/plan"
)

// Query says what to find.
type Query struct {
	Text   string
	Regexp bool
	Limit  int  // matches; 0 is all, or, if Bounded, what the configuration says
	Ranked bool // files by score, highest first, instead of by path

	Bounded bool // the configuration's limits hold
	Line    int  // longer lines are cut after so many bytes; 0: none is
}

// Match is one matching line.
type Match struct {
	Path string // below the root
	Line int    // from 1
	Text []byte // the line without its end; file memory on loan, valid inside visit
	Cut  bool   // Text is the beginning of the line
}

// Summary is how a search went.
type Summary struct {
	Matches int
	More    bool   // there are matches beyond the limit
	Config  uint64 // version of the configuration that it obeyed
	Ranking uint64 // version of the ranking; 0: none was asked for
	Took    time.Duration
}

// ErrQuery is wrapped by the errors of queries that cannot be searched for.
var ErrQuery = errors.New("bad query")

// errEnough ends a search from inside visit.
var errEnough = errors.New("enough")

// Search passes the matches to visit: in order of path and line, or, if ranked, of score, path and line.
// From beginning to end it obeys one version of the configuration and of the ranking. It stops at visit's
// first error and returns it.
func (s *Service) Search(ctx context.Context, q Query, visit func(Match) error) (Summary, error) {
	begin := time.Now()
	run := run{query: q, visit: visit}
	err := s.search(ctx, &run)
	if errors.Is(err, errEnough) {
		err = nil
	}
	run.sum.Took = time.Since(begin)
	s.count(q, run.sum, err)
	return run.sum, err
}

func (s *Service) count(q Query, sum Summary, err error) {
	if errors.Is(err, ErrQuery) {
		s.refused.Add(1)
		return
	}
	if q.Regexp {
		s.expressions.Add(1)
	} else {
		s.literal.Add(1)
	}
	s.matches.Add(int64(sum.Matches))
	s.latency.Add(sum.Took)
}

// run is one search: what was asked for, what the configuration makes of it, and how far it is.
type run struct {
	query Query
	plan  *plan.Plan // of an expression
	visit func(Match) error
	limit int // matches; 0 is all
	page  int // of matches, or of files for an expression
	sum   Summary
	best  podium // if ranked
}

func (s *Service) search(ctx context.Context, r *run) error {
	found, err := s.begin(r)
	if err != nil {
		return err
	}
	defer found.Close()
	if s.plant == PlantGo {
		if err := recent.remember(s.results, r.query.Text); err != nil {
			return err
		}
	}
	if err := r.obey(found); err != nil {
		return err
	}
	for !found.Done() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := found.Next(r.page, func(file engine.Found) error { return r.file(ctx, file) }); err != nil {
			return err
		}
	}
	if r.query.Ranked {
		return r.best.visit(r)
	}
	return nil
}

// begin looks at the query and begins the search in the engine.
func (s *Service) begin(r *run) (found *engine.Search, err error) {
	q := r.query
	switch {
	case q.Text == "":
		return nil, fmt.Errorf("%w: it is empty", ErrQuery)
	case len(q.Text) > engine.MaxText:
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrQuery, engine.MaxText)
	case q.Limit < 0:
		return nil, fmt.Errorf("%w: its limit is below zero", ErrQuery)
	case q.Regexp:
		if r.plan, err = plan.Compile(q.Text); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrQuery, err)
		}
		return s.engine.FindFiles(r.plan.Words())
	case strings.ContainsRune(q.Text, '\n'):
		return nil, fmt.Errorf("%w: it has a line end, and lines are searched one by one", ErrQuery)
	}
	return s.engine.FindText(q.Text)
}

// pageFiles is how many files are borrowed at once for an expression.
const pageFiles = 16

// obey takes the limits from the settings that the engine obeys in this search: no others, though there
// may be newer ones by now.
func (r *run) obey(found *engine.Search) error {
	settings, version := found.Settings()
	r.sum.Config = version
	r.limit = r.query.Limit
	if r.query.Bounded {
		if r.limit == 0 {
			r.limit = int(settings.DefaultLimit)
		}
		if most := int(settings.MostLimit); r.limit > most {
			return fmt.Errorf("%w: limit %d is above %d", ErrQuery, r.limit, most)
		}
	}
	r.page = int(settings.PageMatches)
	if r.query.Regexp {
		r.page = min(r.page, pageFiles)
	} else if r.limit > 0 && !r.query.Ranked {
		r.page = min(r.page, r.limit+1) // one more tells whether there are more
	}
	r.best.limit = r.limit
	return nil
}

// file passes the lines of a file, or of a part of it, on: those that the engine found, or those that Go's
// regexp finds in the text on loan.
func (r *run) file(ctx context.Context, file engine.Found) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	take := r.deliver
	if r.query.Ranked {
		take = r.best.add
	}
	if r.plan != nil {
		r.plan.Lines(file.Text, func(number int, line []byte) bool {
			err = take(r.match(file.Path, number, line))
			return err == nil
		})
	} else {
		for _, m := range file.Matches {
			line := file.Text[m.Offset : m.Offset+m.Length : m.Offset+m.Length]
			if err = take(r.match(file.Path, int(m.Line), line)); err != nil {
				break
			}
		}
	}
	if err == nil && r.query.Ranked {
		r.sum.Ranking, err = r.best.end(file, r.sum.Ranking)
	}
	return err
}

func (r *run) match(path string, number int, line []byte) Match {
	m := Match{Path: path, Line: number, Text: line}
	if r.query.Line > 0 && len(line) > r.query.Line {
		m.Text, m.Cut = line[:r.query.Line], true
	}
	return m
}

// deliver passes a match on, up to the limit.
func (r *run) deliver(m Match) error {
	if r.limit > 0 && r.sum.Matches == r.limit {
		r.sum.More = true
		return errEnough
	}
	r.sum.Matches++
	return r.visit(m)
}
