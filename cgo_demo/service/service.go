// Package service is the code search: it keeps an engine in step with a tree, answers queries
// meanwhile, and measures both.
package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"example.com/escrow/cgo_demo/engine"
	"example.com/escrow/cgo_demo/plan"
	"example.com/escrow/cgo_demo/tree"
	"example.com/escrow/go/escrow"
)

// Options of a service. Zero values of the numbers are refused, not repaired.
type Options struct {
	Root    string
	MaxFile int64 // bytes; larger files are skipped
	Memory  int64 // bytes the pool of files may hold; 0 is no bound
	Workers int   // threads that index, and as many goroutines that read
	Queue   int   // files that may wait between the two
}

// Service may be used by many goroutines.
type Service struct {
	files, results *escrow.Pool
	engine         *engine.Engine
	tree           *tree.Tree
	latency        Latency
	planted        escrow.Guard
	indexing       indexing

	literal, expressions, refused, matches atomic.Int64
}

// Open looks at the root and opens pools and engine. End it with Close.
func Open(o Options) (s *Service, err error) {
	s = &Service{indexing: indexing{turn: make(chan struct{}, 1)}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(func(string, uint64) {}))
			s = nil
		}
	}()
	if s.files, err = escrow.Open(escrow.Options{Name: "files", Limit: o.Memory}); err != nil {
		return s, err
	}
	if s.results, err = escrow.Open(escrow.Options{Name: "results"}); err != nil {
		return s, err
	}
	s.engine, err = engine.Open(engine.Options{
		Files: s.files, Results: s.results, Workers: o.Workers, Queue: o.Queue,
	})
	if err != nil {
		return s, err
	}
	s.tree, err = tree.Open(tree.Options{
		Root: o.Root, MaxFile: o.MaxFile, Readers: o.Workers, Pool: s.files, Index: s.engine,
	})
	return s, err
}

// Root is the root as it was given, with a separator at its end.
func (s *Service) Root() string { return s.tree.Root() }

// PlantLeak keeps one reference on purpose, so that the way out for a leak can be seen.
func (s *Service) PlantLeak() (err error) {
	s.planted, err = s.files.Acquire(1)
	return err
}

// Close ends the engine, and the pools after it; closed hears of each pool how many objects are live.
// Queries must have returned. The error wraps escrow.ErrLeak where any is.
func (s *Service) Close(closed func(pool string, live uint64)) error {
	var errs []error
	if s.engine != nil {
		errs = append(errs, s.engine.Close())
	}
	for _, pool := range []*escrow.Pool{s.results, s.files} {
		if pool == nil {
			continue
		}
		live, err := closePool(pool)
		name := "results"
		if pool == s.files {
			name = "files"
		}
		closed(name, live)
		if err != nil {
			err = fmt.Errorf("pool %s: %w", name, err)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// closePool counts what is live after the close, as far as there is still a pool to count in.
func closePool(pool *escrow.Pool) (live uint64, err error) {
	err = pool.Close()
	if stats, statsErr := pool.Stats(); statsErr == nil {
		live = stats.Live
	}
	return live, err
}

// Query says what to find.
type Query struct {
	Text   string
	Regexp bool
	Limit  int // matches; 0 is all
}

// Match is one matching line.
type Match struct {
	Path string // below the root
	Line int    // from 1
	Text []byte // the line without its end; file memory on loan, valid inside visit
}

// Summary is how a search went.
type Summary struct {
	Matches int
	More    bool // there are matches beyond the limit
	Took    time.Duration
}

// ErrQuery is wrapped by the errors of queries that cannot be searched for.
var ErrQuery = errors.New("bad query")

// errEnough ends a search from inside visit.
var errEnough = errors.New("enough")

// Search passes the matches to visit in order of path and line. It stops at visit's first error and
// returns it.
func (s *Service) Search(ctx context.Context, q Query, visit func(Match) error) (Summary, error) {
	begin := time.Now()
	var sum Summary
	limited := func(m Match) error {
		if q.Limit > 0 && sum.Matches == q.Limit {
			sum.More = true
			return errEnough
		}
		sum.Matches++
		return visit(m)
	}
	err := s.search(ctx, q, limited)
	if errors.Is(err, errEnough) {
		err = nil
	}
	sum.Took = time.Since(begin)
	s.count(q, sum, err)
	return sum, err
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

func (s *Service) search(ctx context.Context, q Query, visit func(Match) error) error {
	switch {
	case q.Text == "":
		return fmt.Errorf("%w: it is empty", ErrQuery)
	case len(q.Text) > engine.MaxText:
		return fmt.Errorf("%w: it is longer than %d bytes", ErrQuery, engine.MaxText)
	case q.Limit < 0:
		return fmt.Errorf("%w: its limit is below zero", ErrQuery)
	case q.Regexp:
		p, err := plan.Compile(q.Text)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrQuery, err)
		}
		return s.searchRegexp(ctx, p, visit)
	case strings.ContainsRune(q.Text, '\n'):
		return fmt.Errorf("%w: it has a line end, and lines are searched one by one", ErrQuery)
	}
	return s.searchLiteral(ctx, q, visit)
}

// searchLiteral lets the engine find the lines, and lends each file only to show them.
func (s *Service) searchLiteral(ctx context.Context, q Query, visit func(Match) error) error {
	page := 4096
	if q.Limit > 0 {
		page = min(page, q.Limit+1) // one more tells whether there are more
	}
	found, err := s.engine.FindText(q.Text)
	if err != nil {
		return err
	}
	defer found.Close()
	return pages(ctx, found, page, func(file engine.Found) error {
		for _, m := range file.Matches {
			line := file.Text[m.Offset : m.Offset+m.Length : m.Offset+m.Length]
			if err := visit(Match{file.Path, int(m.Line), line}); err != nil {
				return err
			}
		}
		return nil
	})
}

// pageFiles is how many files are borrowed at once for an expression.
const pageFiles = 16

// searchRegexp lets the engine say which files can match and runs Go's regexp over each, on loan.
func (s *Service) searchRegexp(ctx context.Context, p *plan.Plan, visit func(Match) error) error {
	found, err := s.engine.FindFiles(p.Words())
	if err != nil {
		return err
	}
	defer found.Close()
	return pages(ctx, found, pageFiles, func(file engine.Found) (err error) {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.Lines(file.Text, func(number int, line []byte) bool {
			err = visit(Match{file.Path, number, line})
			return err == nil
		})
		return err
	})
}

func pages(ctx context.Context, found *engine.Search, limit int, visit func(engine.Found) error) error {
	for !found.Done() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := found.Next(limit, visit); err != nil {
			return err
		}
	}
	return nil
}
