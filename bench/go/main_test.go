package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryContestAddsUpAndWritesItsRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.tsv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := newRows(file)
	all := contests()
	if err := runAll(all, &options{seconds: 0.01, rounds: 2}, out); err != nil {
		t.Fatal(err)
	}
	if err := out.close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		for _, e := range c.entries {
			want := len(units) * 2
			if got := strings.Count(string(text), "\n"+c.name+"\t"+e.subject+"\t"); got != want {
				t.Errorf("%s %s: %d rows, want %d", c.name, e.subject, got, want)
			}
		}
	}
}

func TestAWrongSumIsAnError(t *testing.T) {
	c := contest{name: "wrong", expected: oneEach, entries: []entry{
		{"lazy", func(n int) uint64 { return uint64(n - 1) }},
	}}
	err := c.run(&options{seconds: 0.001, rounds: 1}, &rows{})
	if err == nil || !strings.Contains(err.Error(), "wrong checksum: wrong lazy") {
		t.Fatal(err)
	}
}

func TestAFilterChoosesByPartsOfNames(t *testing.T) {
	o := options{filter: []string{"Guarded", "Lent"}}
	if !o.wants("Go/Guarded/bytes:64") || !o.wants("Go/Lent") || o.wants("Go/Call") {
		t.Fatal(o.filter)
	}
	if none := (options{}); !none.wants("Go/Call") {
		t.Fatal("without a filter everything is wanted")
	}
}
