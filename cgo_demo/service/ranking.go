package service

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"example.com/escrow/cgo_demo/engine"
	"example.com/escrow/go/escrow"
)

// BuiltIn is the name of the ranking that is there from the beginning.
const BuiltIn = "built-in"

// ErrRanking is wrapped by the errors of rankings that cannot be had.
var ErrRanking = errors.New("bad ranking")

// RankingVersion is a version that SetRankingBack can go to.
type RankingVersion struct {
	Version uint64 `json:"version"`
	Name    string `json:"name"`
	Inside  uint64 `json:"inside"` // searches that rank by it
}

// RankingStats is where the ranking stands.
type RankingStats struct {
	Version  uint64           `json:"version"`
	Name     string           `json:"name"`
	Kept     []RankingVersion `json:"kept"`     // oldest first; the last is the current one
	Unloaded uint64           `json:"unloaded"` // libraries that are gone from the process
	Refused  uint64           `json:"refused"`
}

// ranking is the slot that the engine calls, and what its versions are called.
type ranking struct {
	slot      *escrow.CodeSlot
	directory string

	mu    sync.Mutex        // held through a swap, so that names has a version before anybody asks
	names map[uint64]string // of kept versions; guarded by mu
}

func (r *ranking) open(directory string) (err error) {
	r.directory, r.names = directory, map[uint64]string{1: BuiltIn}
	r.slot, err = escrow.OpenCode(engine.RankingCode)
	return err
}

func (r *ranking) close() error {
	if r.slot == nil {
		return nil
	}
	return r.slot.Close()
}

// SetRanking ranks searches that begin later by the function of a library: NAME.so of the directory that
// the service was opened with. Searches under way go on by theirs, and its library is unloaded when the
// last of them and the history have left it.
//
// Errors: ErrRanking for a name that is none, and with escrow.ErrRefused, escrow.ErrVersion or
// escrow.ErrAbsent for what is wrong with the library.
func (s *Service) SetRanking(name string) (version uint64, err error) {
	r := &s.ranking
	switch {
	case r.directory == "":
		return 0, fmt.Errorf("%w: the service was started without a directory of rankings", ErrRanking)
	case name == "" || strings.ContainsAny(name, `/\`) || !filepath.IsLocal(name):
		return 0, fmt.Errorf("%w: %q is not the name of a library", ErrRanking, name)
	}
	return r.publish(name, func() (uint64, error) {
		return r.slot.Swap(filepath.Join(r.directory, name+".so"))
	})
}

// SetRankingBack ranks searches that begin later as a version did that is kept, and makes that a new version.
//
// Errors: ErrRanking with escrow.ErrAbsent where it is not kept.
func (s *Service) SetRankingBack(to uint64) (version uint64, err error) {
	r := &s.ranking
	r.mu.Lock()
	name := r.names[to]
	r.mu.Unlock()
	return r.publish(name, func() (uint64, error) { return r.slot.RollBack(to) })
}

func (r *ranking) publish(name string, swap func() (uint64, error)) (uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	version, err := swap()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrRanking, err)
	}
	r.names[version] = name
	kept := r.slot.Versions()
	for version := range r.names {
		if !slices.ContainsFunc(kept, func(k escrow.CodeVersion) bool { return k.Version == version }) {
			delete(r.names, version)
		}
	}
	return version, nil
}

// Ranking says how searches are ranked.
func (s *Service) Ranking() RankingStats { return s.ranking.stats() }

func (r *ranking) stats() RankingStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	stats := r.slot.Stats()
	out := RankingStats{
		Version: stats.Current, Name: r.names[stats.Current],
		Unloaded: stats.Unloaded, Refused: stats.Refused, Kept: []RankingVersion{},
	}
	for _, v := range r.slot.Versions() {
		out.Kept = append(out.Kept, RankingVersion{v.Version, r.names[v.Version], v.Inside})
	}
	return out
}
