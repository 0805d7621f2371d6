// Package service is the code search: it keeps an engine in step with a tree, answers queries
// meanwhile, and measures both.
package service

import (
	"errors"
	"fmt"
	"sync/atomic"

	"example.com/escrow/cgo_demo/engine"
	"example.com/escrow/cgo_demo/tree"
	"example.com/escrow/go/escrow"
)

// Options of a service. Zero values of the numbers are refused, not repaired.
type Options struct {
	Root     string
	MaxFile  int64  // bytes; larger files are skipped
	Memory   int64  // bytes the pool of files may hold; 0 is no bound
	Workers  int    // threads that index, and as many goroutines that read
	Queue    int    // files that may wait between the two
	Config   string // file with a Config in JSON; empty: DefaultConfig
	Rankings string // directory of libraries that SetRanking takes; empty: it takes none
	Ledger   int    // one acquisition in so many is noted, in all pools: escrow.LedgerOptions.Rate
	Plant    Plant
}

// Service may be used by many goroutines.
type Service struct {
	files, results *escrow.Pool
	engine         *engine.Engine
	tree           *tree.Tree
	latency        Latency
	plant          Plant
	indexing       indexing
	config         config
	ranking        ranking

	literal, expressions, refused, matches atomic.Int64
}

// Open looks at the root and opens pools, settings and engine. End it with Close.
func Open(o Options) (s *Service, err error) {
	s = &Service{plant: o.Plant, indexing: indexing{turn: make(chan struct{}, 1)}}
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
	for _, pool := range []*escrow.Pool{s.files, s.results} {
		if o.Ledger == 0 {
			break // as the pools were built: in some builds they note all
		}
		if err = pool.SetLedger(escrow.LedgerOptions{Rate: o.Ledger}); err != nil {
			return s, err
		}
	}
	if err = s.config.open(o.Config); err != nil {
		return s, err
	}
	if err = s.ranking.open(o.Rankings); err != nil {
		return s, err
	}
	s.engine, err = engine.Open(engine.Options{
		Files: s.files, Results: s.results, Settings: s.config.cell, Ranking: s.ranking.slot,
		Workers: o.Workers, Queue: o.Queue, LedgerRate: o.Ledger, PlantLeak: o.Plant == PlantEngine,
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
	return errors.Join(append(errs, s.ranking.close(), s.config.close())...)
}

// closePool counts what is live after the close, as far as there is still a pool to count in.
func closePool(pool *escrow.Pool) (live uint64, err error) {
	err = pool.Close()
	if stats, statsErr := pool.Stats(); statsErr == nil {
		live = stats.Live
	}
	return live, err
}
