//go:build cgo

package engine

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
)

func TestSettingsThatCannotBeObeyedAreRefused(t *testing.T) {
	f := open(t, 1, 1)
	for want, change := range map[string]func(*Settings){
		"most is 0":              func(s *Settings) { s.MostLimit = 0 },
		"default 0":              func(s *Settings) { s.DefaultLimit = 0 },
		"default 100001":         func(s *Settings) { s.DefaultLimit = s.MostLimit + 1 },
		"page_matches 0":         func(s *Settings) { s.PageMatches = 0 },
		"page_matches 65537":     func(s *Settings) { s.PageMatches = MaxLimit + 1 },
		"page_bytes is 0":        func(s *Settings) { s.PageBytes = 0 },
		"not a finite number":    func(s *Settings) { s.Weights.Size = math.NaN() },
		"skip: 3 bytes":          func(s *Settings) { s.SkipLength = uint32(copy(s.Skip[:], "abc")) },
		"skip: 4294967295 bytes": func(s *Settings) { s.SkipLength = math.MaxUint32 },
	} {
		s := DefaultSettings()
		change(&s)
		_, err := f.Settings.Swap(s.Content(), s.ETag())
		if !errors.Is(err, escrow.ErrRefused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if now, version := f.Settings.LoadVersion(); version.Number != 1 || *now != DefaultSettings() {
		t.Errorf("%+v after refusals", version)
	}
}

func TestSkipPatternsComeBackAsTheyWere(t *testing.T) {
	var s Settings
	for _, patterns := range [][]string{{}, {"*.md"}, {"testdata", "cmd/*/vendor", "[a-c]?.go"}, {strings.Repeat("a", SkipBytes-1)}} {
		if err := s.SetSkip(patterns); err != nil || !slices.Equal(s.SkipPatterns(), patterns) {
			t.Errorf("%q: %q, %v", patterns, s.SkipPatterns(), err)
		}
	}
	before := s
	for want, patterns := range map[string][]string{
		"is empty": {"a", ""}, "zero byte": {"a\x00b"}, "begins or ends": {"/a"}, "a directory too": {"a/"},
		"syntax error": {"[a"}, "room for 2048": {strings.Repeat("a", SkipBytes)},
	} {
		if err := s.SetSkip(patterns); err == nil || !strings.Contains(err.Error(), want) || s != before {
			t.Errorf("%q: %v, want %q and nothing changed", patterns, err, want)
		}
	}
}

// swap publishes changed settings.
func (f fixture) swap(change func(*Settings)) {
	f.t.Helper()
	s := *f.Settings.Load()
	change(&s)
	if _, err := f.Settings.Swap(s.Content(), s.ETag()); err != nil {
		f.t.Fatal(err)
	}
}

func (f fixture) skip(patterns ...string) {
	f.t.Helper()
	f.swap(func(s *Settings) {
		if err := s.SetSkip(patterns); err != nil {
			f.t.Fatal(err)
		}
	})
}

// add puts files of this text into the index.
func (f fixture) add(text string, paths ...string) {
	f.t.Helper()
	for i, path := range paths {
		if err := f.Put(f.ticket(text), File{Path: path, Place: uint32(i)}); err != nil {
			f.t.Fatal(err)
		}
	}
	if _, err := f.Commit(); err != nil {
		f.t.Fatal(err)
	}
}

func TestWhatIsSkippedIsNotFound(t *testing.T) {
	f := open(t, 1, 4)
	all := []string{"a.go", "a_test.go", "cmd/go/testdata/x.go", "cmd/go/vendor/y.go", "testdata", "vendor/z.go"}
	f.add("needle\n", all...)
	for _, c := range []struct{ patterns, gone []string }{
		{nil, nil},
		{[]string{"*_test.go"}, []string{"a_test.go"}},
		{[]string{"testdata"}, []string{"cmd/go/testdata/x.go", "testdata"}},
		{[]string{"vendor/z.go"}, []string{"vendor/z.go"}},
		{[]string{"cmd/*/vendor"}, []string{"cmd/go/vendor/y.go"}},
		{[]string{"cmd/*"}, []string{"cmd/go/testdata/x.go", "cmd/go/vendor/y.go"}},
		{[]string{"go/vendor", "needle", "*/nothing", "test"}, nil}, // paths are from the root, names whole
		{[]string{"[ac]*"}, []string{"a.go", "a_test.go", "cmd/go/testdata/x.go", "cmd/go/vendor/y.go"}},
		{[]string{"*"}, all},
	} {
		f.skip(c.patterns...)
		want := slices.DeleteFunc(slices.Clone(all), func(path string) bool { return slices.Contains(c.gone, path) })
		for what, begin := range map[string]func() (*Search, error){
			"text": func() (*Search, error) { return f.FindText("needle") },
			"plan": func() (*Search, error) { return f.FindFiles([]uint32{planAll}) },
		} {
			if got := paths(t, begin); !slices.Equal(got, want) {
				t.Errorf("skip %q, %s: found %q, want %q", c.patterns, what, got, want)
			}
		}
	}
}

func paths(t *testing.T, begin func() (*Search, error)) (out []string) {
	t.Helper()
	s, err := begin()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for !s.Done() {
		if err := s.Next(100, func(f Found) error { out = append(out, f.Path); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestASearchObeysTheSettingsItBeganWith(t *testing.T) {
	f := open(t, 1, 4)
	f.add("needle\n", "a", "b", "c")
	f.skip("b")
	began, err := f.FindText("needle")
	if err != nil {
		t.Fatal(err)
	}
	f.skip("c")
	f.swap(func(s *Settings) { s.Weights.Matches = 100 })
	var found []string
	var scores []float64
	for !began.Done() {
		if err := began.Next(1, func(file Found) error {
			if len(file.Matches) == 0 { // the page was full before its first
				return nil
			}
			score, _, err := file.Score(1)
			found, scores = append(found, file.Path), append(scores, score)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	settings, version := began.Settings()
	if !slices.Equal(found, []string{"a", "c"}) || version != 2 || !slices.Equal(settings.SkipPatterns(), []string{"b"}) {
		t.Errorf("found %q by version %d, which skips %q", found, version, settings.SkipPatterns())
	}
	if slices.ContainsFunc(scores, func(score float64) bool { return score > 5 }) {
		t.Errorf("scores %v are by the weights of later settings", scores)
	}
	began.Close()
	if got := paths(t, func() (*Search, error) { return f.FindText("needle") }); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("the next search found %q", got)
	}
}

func TestScoresFollowTheWeights(t *testing.T) {
	f := open(t, 1, 4)
	f.add("needle\n", "a/b/c")
	score := func(matches int) (value float64) {
		t.Helper()
		s, err := f.FindText("needle")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Next(1, func(file Found) (err error) {
			var ranking uint64
			value, ranking, err = file.Score(matches)
			if ranking != 1 {
				t.Errorf("ranking %d", ranking)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return value
	}
	f.swap(func(s *Settings) { s.Weights = Weights{Matches: 2, Depth: 10} })
	if got := score(3); got != 2*2+10*2 {
		t.Errorf("%v", got)
	}
	f.swap(func(s *Settings) { s.Weights = Weights{Size: 1e6} })
	if got, want := score(3), 1e6*math.Log2(1+7.0/1024); math.Abs(got-want) > 1e-6 {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAScoreOutsideOfItsPageIsRefused(t *testing.T) {
	f := open(t, 1, 4)
	f.add("needle\n", "a", "b")
	s, err := f.FindText("needle")
	if err != nil {
		t.Fatal(err)
	}
	var kept Found
	if err := s.Next(2, func(file Found) error { kept = file; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Next(2, func(Found) error { return nil }); err != nil { // the page after the last is empty
		t.Fatal(err)
	}
	if _, _, err := kept.Score(1); !errors.Is(err, escrow.ErrOption) {
		t.Errorf("of an earlier page: %v", err)
	}
	s.Close()
	if _, _, err := kept.Score(1); !errors.Is(err, escrow.ErrNull) {
		t.Errorf("of a closed search: %v", err)
	}
}
