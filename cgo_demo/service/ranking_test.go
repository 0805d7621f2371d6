//go:build cgo && linux

package service

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

// libraries builds the rankings of this repository, and what else is given by name and text.
func libraries(t *testing.T, others map[string]string) (directory string) {
	t.Helper()
	directory = t.TempDir()
	sources, err := filepath.Glob("../rankings/*.c")
	if err != nil || len(sources) != 2 {
		t.Fatal(sources, err)
	}
	for name, text := range others {
		source := filepath.Join(directory, name+".c")
		if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		sources = append(sources, source)
	}
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".c")
		out, err := exec.Command(compiler, "-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror",
			"-I", "../../include", "-I", "../engine", source, "-o", filepath.Join(directory, name+".so")).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", source, err, out)
		}
	}
	return directory
}

// Four matches in a small file far away, five in a large one at the root.
var nearAndFar = map[string]string{
	"far/far/small": strings.Repeat("needle\n", 4),
	"large":         strings.Repeat("needle\n", 5) + strings.Repeat("nothing to be found here\n", 4000),
}

// firsts is which of the files each ranking puts first.
var firsts = map[string]string{BuiltIn: "large", "dense": "far/far/small", "shallow": "large"}

func TestRankedAnswersComeByScore(t *testing.T) {
	s := startIn(t, Options{Rankings: libraries(t, nil)}, map[string]string{
		"a": "needle\n", "b": strings.Repeat("needle\n", 3), "c": strings.Repeat("needle\n", 2), "d": strings.Repeat("needle\n", 3),
	})
	if _, err := s.SetConfig([]byte(`{"weights": {"matches": 1}, "limits": {"page_matches": 2}}`)); err != nil {
		t.Fatal(err)
	}
	all := []string{"b", "b", "b", "d", "d", "d", "c", "c", "a"} // b and d score alike, and come by path
	for limit := range 11 {
		want := all
		if limit > 0 {
			want = all[:min(limit, len(all))]
		}
		for _, regexp := range []bool{false, true} {
			got, sum := find(t, s, Query{Text: "needle", Ranked: true, Limit: limit, Regexp: regexp})
			if !slices.Equal(got, want) || sum.More != (len(want) < len(all)) || sum.Ranking != 1 || sum.Matches != len(want) {
				t.Errorf("limit %d, regexp %v: %q, %+v", limit, regexp, got, sum)
			}
		}
	}
	if got, sum := find(t, s, Query{Text: "needle"}); got[0] != "a" || sum.Ranking != 0 {
		t.Errorf("not ranked: %q %+v", got, sum)
	}
	if got, sum := find(t, s, Query{Text: "zyxw", Ranked: true}); got != nil || sum.More {
		t.Errorf("nothing to rank: %q %+v", got, sum)
	}
}

func TestLinesOfRankedAnswersAreWholeOrCut(t *testing.T) {
	s := startIn(t, Options{}, map[string]string{"a": "needle 0123456789\nneedle\n", "b": "a needle\n"})
	for _, ranked := range []bool{false, true} {
		var got []Match
		if _, err := s.Search(context.Background(), Query{Text: "needle", Ranked: ranked, Line: 8}, func(m Match) error {
			m.Text = slices.Clone(m.Text)
			got = append(got, m)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		want := []Match{{"a", 1, []byte("needle 0"), true}, {"a", 2, []byte("needle"), false}, {"b", 1, []byte("a needle"), false}}
		if !slices.EqualFunc(got, want, func(a, b Match) bool {
			return a.Path == b.Path && a.Line == b.Line && string(a.Text) == string(b.Text) && a.Cut == b.Cut
		}) {
			t.Errorf("ranked %v: %v", ranked, got)
		}
	}
}

func TestLibrariesAreRefusedWithTheirReason(t *testing.T) {
	head := `#include "escrow/code_table.h"
#include "ranking.h"
static double score(engine_ranked const *f, engine_weights const *w) { (void)f; (void)w; return 0.0 / 0.0; }
static engine_ranking const functions = {score};
`
	tail := `, sizeof functions, &functions, 0};
__attribute__((visibility("default"))) escrow_code_descriptor const *escrow_code_table(void);
escrow_code_descriptor const *escrow_code_table(void) { return &descriptor; }
`
	descriptor := "static escrow_code_descriptor const descriptor = {sizeof descriptor, ESCROW_CODE_FORMAT, "
	s := startIn(t, Options{Rankings: libraries(t, map[string]string{
		"newer": head + descriptor + "2" + tail, "nan": head + descriptor + "1" + tail, "none": "int nothing = 1;\n",
	})}, nearAndFar)
	for name, want := range map[string]error{
		"newer": escrow.ErrVersion, "none": escrow.ErrRefused, "absent": escrow.ErrAbsent, "": ErrRanking, "..": ErrRanking,
		"../dense": ErrRanking, "/dense": ErrRanking, ".": escrow.ErrAbsent,
	} {
		if version, err := s.SetRanking(name); !errors.Is(err, want) || !errors.Is(err, ErrRanking) {
			t.Errorf("%q: %d, %v, want %v", name, version, err, want)
		}
	}
	if _, err := s.SetRankingBack(7); !errors.Is(err, escrow.ErrAbsent) {
		t.Errorf("back to a version that never was: %v", err)
	}
	if now := s.Ranking(); now.Version != 1 || now.Name != BuiltIn || now.Refused == 0 {
		t.Errorf("%+v", now)
	}
	if version, err := s.SetRanking("nan"); err != nil || version != 2 {
		t.Fatal(version, err)
	}
	_, err := s.Search(context.Background(), Query{Text: "needle", Ranked: true}, func(Match) error { return nil })
	if !errors.Is(err, ErrRanking) || !errors.Is(err, escrow.ErrRefused) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a score that is no number: %v", err)
	}
	if version, err := s.SetRankingBack(1); err != nil || version != 3 || s.Ranking().Name != BuiltIn {
		t.Errorf("back: %d, %v, %+v", version, err, s.Ranking())
	}
	without := startIn(t, Options{}, nil)
	if _, err := without.SetRanking("dense"); !errors.Is(err, ErrRanking) {
		t.Errorf("without a directory: %v", err)
	}
}

func TestASearchIsRankedByOneVersion(t *testing.T) {
	s := startIn(t, Options{Rankings: libraries(t, nil)}, nearAndFar)
	swapped := false
	sum, err := s.Search(context.Background(), Query{Text: "needle", Ranked: true}, func(m Match) error {
		if !swapped { // it is delivered when all is scored, but the search is still inside its version
			swapped = true
			if _, err := s.SetRanking("dense"); err != nil {
				return err
			}
			if kept := s.Ranking().Kept; len(kept) != 2 || kept[0].Inside != 1 || kept[1].Inside != 0 {
				t.Errorf("%+v", kept)
			}
		}
		return nil
	})
	if err != nil || sum.Ranking != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	if kept := s.Ranking().Kept; kept[0].Inside != 0 {
		t.Errorf("after the search: %+v", kept)
	}
}

// Libraries are loaded, rolled back and unloaded while others search: no search fails, and each is ranked as
// the version says that it names.
func TestRankingIsSwappedUnderLoad(t *testing.T) {
	s := startIn(t, Options{Rankings: libraries(t, nil)}, nearAndFar)
	if _, err := s.SetConfig([]byte(`{"weights": {"matches": 4, "size": 0, "depth": 0}}`)); err != nil {
		t.Fatal(err)
	}
	var names sync.Map // of versions
	names.Store(uint64(1), BuiltIn)
	var searches, overtaken atomic.Uint64
	var searching sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		searching.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got, sum := find(t, s, Query{Text: "needle", Ranked: true, Limit: 1})
				var name any
				for deadline := time.Now().Add(10 * time.Second); name == nil && time.Now().Before(deadline); {
					name, _ = names.Load(sum.Ranking) // the swapper may be about to tell
				}
				if name == nil || len(got) != 1 || got[0] != firsts[name.(string)] {
					t.Errorf("version %d, %v: %q", sum.Ranking, name, got)
					return
				}
				searches.Add(1)
				if s.Ranking().Version > sum.Ranking {
					overtaken.Add(1)
				}
			}
		})
	}
	const swaps = 300
	for i := range swaps {
		var version uint64
		var err error
		name := []string{"dense", "shallow"}[i%2]
		if i%5 == 4 {
			kept := s.Ranking().Kept[0]
			name = kept.Name
			version, err = s.SetRankingBack(kept.Version)
		} else {
			version, err = s.SetRanking(name)
		}
		if err != nil {
			t.Error(err)
			break
		}
		names.Store(version, name)
	}
	close(done)
	searching.Wait()
	stats := s.Ranking()
	t.Logf("%d searches, %d of them overtaken by a swap; %d libraries unloaded", searches.Load(), overtaken.Load(), stats.Unloaded)
	if searches.Load() == 0 || overtaken.Load() == 0 || stats.Unloaded < swaps/2 {
		t.Errorf("not tested: %d searches, %d overtaken, %+v", searches.Load(), overtaken.Load(), stats)
	}
	if slices.ContainsFunc(stats.Kept, func(v RankingVersion) bool { return v.Inside != 0 }) {
		t.Errorf("searches are inside after the last has ended: %+v", stats.Kept)
	}
}
