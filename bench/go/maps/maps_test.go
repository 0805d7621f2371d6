package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/escrow/bench/go/rows"
)

// The processes of the subjects are this program again.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-child") {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestEveryContestOfEverySubjectAddsUpAndWritesItsRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.tsv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := rows.NewWriter(file)
	o := &options{seconds: 0.01, rounds: 2, filter: []string{"entries:1K/", "Collect", "Growth"}}
	if err := everything(o, out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects() {
		if s.missing != "" {
			continue
		}
		for contest, want := range map[string]int{
			"GoMap/u64/entries:1K/reads:90/goroutines:all":                  2 * len(contestUnits),
			"GoMap/string:16-32/entries:1K/batch:32/overwrite/goroutines:1": 2 * len(contestUnits),
			"GoMap/Collect/u64/entries:40K":                                 2*2 + 1,
			"GoMap/Growth/u64/entries:40K":                                  2 * len(growthUnits),
		} {
			if s.lossy && strings.Contains(contest, "Growth") {
				want = 0
			}
			if got := strings.Count(string(text), "\n"+contest+"\t"+s.name+"\t"); got != want {
				t.Errorf("%s %s: %d rows, want %d", contest, s.name, got, want)
			}
		}
	}
}

// forgetful is a map that does one thing wrong.
type forgetful struct {
	table[uint64]
	wrong string
}

func (f *forgetful) Load(keys []uint64, tags []uint64, stamp uint64) uint64 {
	if f.wrong == "load" {
		tags = slices.Repeat([]uint64{7}, len(tags))
	}
	return f.table.Load(keys, tags, stamp)
}

func (f *forgetful) Miss(keys []uint64) uint64 {
	if f.wrong == "miss" {
		return 0
	}
	return f.table.Miss(keys)
}

func (f *forgetful) Store(keys []uint64, tags []uint64, stamp uint64) {
	if f.wrong != "store" {
		f.table.Store(keys, tags, stamp)
	}
}

func (f *forgetful) Remove(keys []uint64) {
	if f.wrong != "remove" {
		f.table.Remove(keys)
	}
}

func open(t *testing.T, f *forgetful) *field[uint64] {
	t.Helper()
	all, err := newField(func(n int) table[uint64] { f.table = newXsync[uint64](n); return f }, numbers, 1<<10, false)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAMapThatIsRightHasTheRightSumInEveryContest(t *testing.T) {
	f := open(t, &forgetful{})
	names := append(slices.Clone(readContests), writeContests...)
	for _, name := range names {
		if _, err := f.slice(name, 2, chunkKeys); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(names) != len(f.works()) {
		t.Errorf("%d contests of %d", len(names), len(f.works()))
	}
}

func TestWhatAMapDoesWrongIsAWrongSum(t *testing.T) {
	for wrong, contests := range map[string][]string{
		"load":   {"reads:100", "zipf/reads:100", "batch:32/reads:100", "reads:90", "reads:50"},
		"miss":   {"misses"},
		"store":  {"reads:90", "reads:50", "reads:0", "zipf/reads:90", "overwrite", "batch:32/overwrite"},
		"remove": {"reads:90", "reads:50", "reads:0", "zipf/reads:90"},
	} {
		for _, name := range contests {
			m := &forgetful{}
			f := open(t, m)
			m.wrong = wrong
			if _, err := f.slice(name, 1, chunkKeys); err == nil || !strings.Contains(err.Error(), "wrong checksum") {
				t.Errorf("%s, though %s is wrong: %v", name, wrong, err)
			}
		}
	}
}

func TestTheEntriesAreThoseOfTheStartWhenTheCircleHasComeRound(t *testing.T) {
	f, err := newField(newXsync[uint64], numbers, 1<<10, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, goroutines := range []int{1, 2, 4} {
		if _, err := f.slice("reads:0", goroutines, chunkKeys); err != nil {
			t.Fatal(err)
		}
		f.comeRound()
		if amiss := f.sample(0, f.entries, f.entries); amiss != 0 {
			t.Errorf("%d goroutines: %d entries are not there", goroutines, amiss)
		}
		if size := f.table.(*xsyncMap[uint64]).m.Size(); size != int(f.entries) {
			t.Errorf("%d goroutines: %d entries", goroutines, size)
		}
	}
}

func TestTextKeysAreDifferentAndHave16To32Bytes(t *testing.T) {
	seen := map[string]bool{}
	lengths := map[int]bool{}
	kept := texts.keep(10_000)
	var c chunk[string]
	for index := range uint64(10_000) {
		texts.look(&c, 3, index)
		if c.keys[3] != kept(index) || c.keys[3] != newText(index) {
			t.Fatalf("three keys of index %d", index)
		}
		seen[kept(index)] = true
		lengths[len(kept(index))] = true
	}
	if len(seen) != 10_000 || len(lengths) != 17 || !lengths[16] || !lengths[32] {
		t.Error(len(seen), lengths)
	}
}

func TestZipfDrawsTheFirstIndexMostOften(t *testing.T) {
	counts := make([]int, 1000)
	for _, index := range zipf(1000) {
		counts[index]++
	}
	// By the law the first has 1/zeta(1000, .99) of all, 13 %; the second half as many.
	if share := float64(counts[0]) / (1 << 20); share < 0.12 || share > 0.14 {
		t.Error(share)
	}
	if ratio := float64(counts[0]) / float64(counts[1]); ratio < 1.9 || ratio > 2.1 {
		t.Error(ratio)
	}
}

func TestAChildSaysWhatItCannotDo(t *testing.T) {
	var answers bytes.Buffer
	if err := serve("nobody", "u64", 8, strings.NewReader(""), &answers); err == nil {
		t.Error("a subject that does not exist")
	}
	if err := serve("sync.Map", "u64", 8, strings.NewReader("dance\nslice tango 1 160\n"), &answers); err != nil {
		t.Error(err)
	}
	if lines := strings.Split(answers.String(), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[0], "failed no order") ||
		!strings.HasPrefix(lines[1], "failed no contest") {
		t.Errorf("%q", lines)
	}
}
