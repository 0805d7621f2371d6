package service

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"example.com/escrow/cgo_demo/engine"
	"example.com/escrow/cgo_demo/tree"
)

// Scope is what a reindexing looks at.
type Scope struct {
	Path string `json:"path"` // a file or directory below the root; empty is all
	All  bool   `json:"all"`  // read also the files that have not changed as far as their times tell
}

// Reindexed is what a reindexing found and did.
type Reindexed struct {
	Scope
	Running       bool           `json:"running"`
	Files         int64          `json:"files"` // that are searched, below the path
	Bytes         int64          `json:"bytes"`
	Read          int64          `json:"read"` // of the files, how many were read
	Changes       engine.Changes `json:"changes"`
	Seconds       float64        `json:"seconds"`
	CommitSeconds float64        `json:"commit_seconds"` // of these, after the last file was read
	Skipped       tree.Skipped   `json:"skipped"`
}

// indexing is the state of the index beside the engine.
type indexing struct {
	turn  chan struct{} // holds one while somebody reindexes
	walks uint64        // ever; belongs to whose turn it is

	walk  atomic.Pointer[tree.Walk] // the latest
	begun atomic.Int64              // when it began

	mu          sync.Mutex
	first, last Reindexed    // guarded by mu
	skipped     tree.Skipped // by the last walk of the whole tree; guarded by mu
}

// ErrPath is wrapped by the errors of paths that cannot be reindexed.
var ErrPath = errors.New("bad path")

// Index reads the whole tree.
func (s *Service) Index(ctx context.Context) error {
	_, err := s.Reindex(ctx, Scope{})
	return err
}

// Reindex brings the index in step with the tree or a part of it, one call after another. Searches
// go on meanwhile: of each file they find one version that was current while they ran. The error is
// the context's, the pool's or the engine's; what had been read by then is in the index, and nothing
// was removed.
func (s *Service) Reindex(ctx context.Context, scope Scope) (Reindexed, error) {
	if scope.Path != "" {
		if scope.Path = filepath.Clean(scope.Path); !filepath.IsLocal(scope.Path) {
			return Reindexed{}, fmt.Errorf("%w: %q is not below the root", ErrPath, scope.Path)
		}
		if scope.Path == "." {
			scope.Path = ""
		}
	}
	select {
	case s.indexing.turn <- struct{}{}:
	case <-ctx.Done():
		return Reindexed{}, ctx.Err()
	}
	defer func() { <-s.indexing.turn }()

	begin := time.Now()
	s.indexing.walks++
	// The first walk need not ask of any file whether it is there.
	walk := &tree.Walk{Number: s.indexing.walks, Below: scope.Path, All: scope.All || s.indexing.walks == 1}
	s.indexing.begun.Store(begin.UnixNano())
	s.indexing.walk.Store(walk)

	err := s.tree.Do(ctx, walk)
	if err == nil {
		err = s.engine.RemoveUnseen(scope.Path, walk.Number)
	}
	read := time.Now()
	changes, commitErr := s.engine.Commit() // also after an error: it empties the batch
	out := of(walk)
	out.Changes = changes
	out.Seconds, out.CommitSeconds = time.Since(begin).Seconds(), time.Since(read).Seconds()
	s.indexing.note(out)
	return out, errors.Join(err, commitErr)
}

func of(w *tree.Walk) Reindexed {
	return Reindexed{
		Scope: Scope{w.Below, w.All}, Files: w.Files.Load(), Bytes: w.Bytes.Load(), Read: w.Read.Load(), Skipped: w.Skipped(),
	}
}

func (i *indexing) note(r Reindexed) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.walks == 1 {
		i.first = r
	}
	if r.Path == "" {
		i.skipped = r.Skipped
	}
	i.last = r
}

// Progress is the reindexing under way, or the last one.
func (s *Service) Progress() Reindexed {
	if len(s.indexing.turn) != 0 {
		if walk := s.indexing.walk.Load(); walk != nil {
			out := of(walk)
			out.Running = true
			out.Seconds = time.Since(time.Unix(0, s.indexing.begun.Load())).Seconds()
			return out
		}
	}
	s.indexing.mu.Lock()
	defer s.indexing.mu.Unlock()
	return s.indexing.last
}

// Watch reindexes the whole tree again and again, with a pause in between, until the context ends;
// failed hears of errors.
func (s *Service) Watch(ctx context.Context, pause time.Duration, failed func(error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if _, err := s.Reindex(ctx, Scope{}); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}
