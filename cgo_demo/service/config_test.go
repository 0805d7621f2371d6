//go:build cgo

package service

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

// startIn is a service of these files, indexed.
func startIn(t *testing.T, o Options, files map[string]string) *Service {
	t.Helper()
	o.Root, o.MaxFile, o.Workers, o.Queue = t.TempDir(), 1<<20, 2, 4
	for name, text := range files {
		path := filepath.Join(o.Root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := s.Close(func(pool string, live uint64) {
			if live != 0 {
				t.Errorf("pool %s: %d live at the end", pool, live)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	if err := s.Index(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// find are the files of an answer, each once for every line.
func find(t *testing.T, s *Service, q Query) (paths []string, sum Summary) {
	t.Helper()
	sum, err := s.Search(context.Background(), q, func(m Match) error {
		paths = append(paths, m.Path)
		return nil
	})
	if err != nil {
		t.Errorf("%+v: %v", q, err)
	}
	return paths, sum
}

func TestConfigIsReadStrictly(t *testing.T) {
	c, err := ParseConfig([]byte(`{"limits": {"default": 7}, "skip": ["*.md"]}`))
	want := DefaultConfig()
	want.Limits.Default, want.Skip = 7, []string{"*.md"}
	if err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("%+v, %v, want %+v", c, err, want)
	}
	for content, want := range map[string]string{
		``: "nothing in it", `{`: "unexpected EOF", `{} {}`: "follows the end", `{"limit": {}}`: `unknown field "limit"`,
		`{"limits": {"default": -1}}`: "limits.default", `{"skip": "a"}`: "skip", `null x`: "follows the end",
	} {
		_, err := ParseConfig([]byte(content))
		if !errors.Is(err, ErrConfig) || !errors.Is(err, escrow.ErrRefused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
}

func TestConfigIsPutUnderACondition(t *testing.T) {
	s := startIn(t, Options{}, nil)
	_, first := s.Config()
	second, err := s.SetConfig([]byte(`{"limits": {"default": 2}}`), `"another"`, first.ETag)
	if err != nil || second.Number != 2 || second.ETag == first.ETag {
		t.Fatalf("%+v, %v", second, err)
	}
	if _, err := s.SetConfig([]byte(`{}`), first.ETag); !errors.Is(err, escrow.ErrDiffers) {
		t.Errorf("with the ETag of before: %v", err)
	}
	if _, err := s.SetConfig([]byte(`{"limits": {"default": 0}}`), second.ETag); !errors.Is(err, ErrConfig) {
		t.Errorf("a limit of 0: %v", err)
	}
	if c, now := s.Config(); now != second || c.Limits.Default != 2 {
		t.Errorf("%+v %+v", c, now)
	}
	back, err := s.SetConfig([]byte(`{"skip": []}`))
	if err != nil || back.ETag != first.ETag || back.Number != 3 {
		t.Errorf("the first again: %+v, %v, want the ETag %s", back, err, first.ETag)
	}
}

func TestConfigFollowsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	write := func(content string) {
		t.Helper()
		fresh := path + ".new"
		if err := errors.Join(os.WriteFile(fresh, []byte(content), 0o644), os.Rename(fresh, path)); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"skip": ["b"]}`)
	s := startIn(t, Options{Config: path}, map[string]string{"a": "needle\n", "b": "needle\n"})
	if got, _ := find(t, s, Query{Text: "needle"}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("from the beginning: %q", got)
	}
	ctx, stop := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { s.FollowConfig(ctx) })
	defer following.Wait()
	defer stop()

	reaches := func(what string, there func(ConfigStats) bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !there(s.config.stats()); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %+v", what, s.config.stats())
			}
		}
	}
	reaches("followed", func(c ConfigStats) bool { return c.Follows && c.Error == "" && s.config.file.Status().Checks > 0 })
	if c := s.config.stats(); c.Version != 1 {
		t.Errorf("the same content became version %d", c.Version)
	}
	write(`{"skip": ["a"]}`)
	reaches("another content", func(c ConfigStats) bool { return c.Version == 2 })
	if got, sum := find(t, s, Query{Text: "needle"}); !slices.Equal(got, []string{"b"}) || sum.Config != 2 {
		t.Errorf("%q by version %d", got, sum.Config)
	}
	write(`{"skip": ["a"`)
	reaches("half a content", func(c ConfigStats) bool { return strings.Contains(c.Error, "unexpected EOF") })
	if got, sum := find(t, s, Query{Text: "needle"}); !slices.Equal(got, []string{"b"}) || sum.Config != 2 {
		t.Errorf("%q by version %d", got, sum.Config)
	}

	if _, err := Open(Options{Root: t.TempDir(), MaxFile: 1, Workers: 1, Queue: 1, Config: path}); !errors.Is(err, ErrConfig) {
		t.Errorf("opened with half a content: %v", err)
	}
}

// Two configurations that differ in what Go obeys, the limit, and in what C++ obeys, skip list, weights and
// pages, are put in turns while others search in pages of one match. Every answer must be as one of the two
// says, and the one that it names; and it must not be older than what was put before it began.
func TestNoRequestSeesAMixture(t *testing.T) {
	files := map[string]string{}
	for i := range 8 { // a0, b0: 1 match, to a7, b7: 8
		files["a"+string(rune('0'+i))] = strings.Repeat("needle\n", i+1)
		files["b"+string(rune('0'+i))] = strings.Repeat("needle\n", i+1)
	}
	s := startIn(t, Options{}, files)
	configs := [2]struct {
		json, files string
		limit       int
		best        [2]string // by path, by score
	}{
		{`{"limits": {"default": 20, "most": 20, "page_matches": 1}, "weights": {"matches": 1}, "skip": ["b*"]}`,
			"a", 20, [2]string{"a0", "a7"}},
		{`{"limits": {"default": 30, "most": 30, "page_matches": 1}, "weights": {"matches": -1}, "skip": ["a*"]}`,
			"b", 30, [2]string{"b0", "b0"}},
	}
	first, err := s.SetConfig([]byte(configs[0].json))
	if err != nil || first.Number != 2 { // so version n is configs[n%2]
		t.Fatal(first, err)
	}
	var known, overtaken atomic.Uint64
	var seen [2]atomic.Uint64
	known.Store(first.Number)
	var searching, swapping sync.WaitGroup
	done := make(chan struct{})
	deadline := time.Now().Add(10 * time.Second)
	swapping.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			v, err := s.SetConfig([]byte(configs[(known.Load()+1)%2].json))
			if err != nil || v.Number != known.Load()+1 {
				t.Error(v, err)
				return
			}
			known.Store(v.Number)
		}
	})
	for i := range 4 {
		searching.Go(func() {
			for n := 0; overtaken.Load() < 200 && time.Now().Before(deadline); n++ {
				before := known.Load()
				ranked := (i + n) % 2
				got, sum := find(t, s, Query{Text: "needle", Bounded: true, Ranked: ranked == 1, Regexp: n%8 == 7})
				c := configs[sum.Config%2]
				if sum.Config < before {
					t.Errorf("obeyed version %d after %d was put", sum.Config, before)
				}
				if len(got) != c.limit || !sum.More || got[0] != c.best[ranked] ||
					slices.ContainsFunc(got, func(path string) bool { return path[:1] != c.files }) {
					t.Errorf("version %d, ranked %d: %d lines of %q, more %v", sum.Config, ranked, len(got), got, sum.More)
				}
				seen[sum.Config%2].Add(1)
				if known.Load() > sum.Config {
					overtaken.Add(1)
				}
			}
		})
	}
	searching.Wait()
	close(done)
	swapping.Wait()
	t.Logf("%d versions; %d and %d searches, %d of them while another one was put", known.Load(), seen[0].Load(), seen[1].Load(), overtaken.Load())
	if overtaken.Load() == 0 || seen[0].Load() == 0 || seen[1].Load() == 0 {
		t.Error("nothing was swapped while a search was under way, so nothing was tested")
	}
}
