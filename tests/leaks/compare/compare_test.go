package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const leak = `==12==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 100 byte(s) in 1 object(s) allocated from:
    #0 0x7f in __interceptor_malloc
    #1 0x55 in lose_block native/block.c:30
`

func TestAToolThatNamesThePlaceHasLocatedIt(t *testing.T) {
	for _, c := range []struct{ report, site, outcome string }{
		{leak, "lose_block", "located"},
		{leak, "lose", "found"}, // part of another name
		{leak, "other_place", "found"},
		{"", "lose_block", "missed"},
		{"all went well in lose_block\n", "lose_block", "missed"}, // no sign that anything is wrong
	} {
		if f := decide(asanSigns, c.report, c.site); f.outcome != c.outcome {
			t.Errorf("%s in %q: %s, not %s", c.site, c.report, f.outcome, c.outcome)
		}
	}
	for _, sign := range []string{"Invalid read of size 4", "Invalid free() / delete", "Mismatched free()",
		"Conditional jump or move depends on uninitialised value(s)",
		"100 bytes in 1 blocks are definitely lost in loss record 1 of 2"} {
		if f := decide(memcheckSigns, "==1== "+sign+"\n==1==    at 0x1: place (a.c:1)\n", "place"); f.outcome != "located" {
			t.Errorf("%q is no sign: %s", sign, f.outcome)
		}
	}
	if f := decide(memcheckSigns, "==1== Command: crossing uninitialised_read naive\n", "place"); f.outcome != "missed" {
		t.Errorf("the name of a program is a sign: %s", f.outcome)
	}
	if f := decide(memcheckSigns, "==1== definitely lost: 0 bytes in 0 blocks\n", "place"); f.outcome != "missed" {
		t.Errorf("a summary of nothing is a sign: %s", f.outcome)
	}
}

func TestAProfileLocatesOnlyWhatIsInUse(t *testing.T) {
	const profile = `heap profile: 2: 1136 [3: 1200] @ heap/1048576
1: 1024 [1: 1024] @ 0x1 0x2
#	0x1	main.cachePages+0x10	/x/holding.go:50
1: 96 [1: 96] @ 0x1 0x4
#	0x1	time.Sleep+0x3c	/go/time.go:338
#	0x4	main.settle+0x25	/x/main.go:112
#	0x5	main.finalizeElsewhere+0xa4	/x/finalizer.go:110
0: 0 [1: 64] @ 0x3
#	0x3	main.forgetThumbnails+0x10	/x/holding.go:30
`
	for site, outcome := range map[string]string{
		"cachePages": "located", "forgetThumbnails": "missed", "cachePage": "missed",
		"settle": "located", "finalizeElsewhere": "missed", // the first is the one that made it
	} {
		if f := decideProfile(profile, site); f.outcome != outcome {
			t.Errorf("%s: %s, not %s", site, f.outcome, outcome)
		}
	}
}

func TestAReportLocatesTheFirstFunctionThatIsNotTheLibrarys(t *testing.T) {
	const stacks = `out 1
	leaks_number /x/tests/leaks/native/verdict.c:90
	escrow::pool::acquire(unsigned long) /x/include/escrow/pool.hpp:125
	parse_held(unsigned long) /x/tests/leaks/native/block.c:56
	escrow_early_return /x/tests/leaks/native/block.c:63
out 32
	main.forgetHeld.func1 /x/tests/leaks/crossing/holding.go:10
`
	for function, want := range map[string]bool{
		"parse_held": true, "forgetHeld": true, "escrow_early_return": false, "leaks_number": false, "acquire": false, "parse": false,
	} {
		if acquiredBy(stacks, function) != want {
			t.Errorf("%s: not %v", function, want)
		}
	}
}

func TestATableThatCannotBeRightIsRefused(t *testing.T) {
	const right = "lost\tC\t-\tlose\t-\t-\t-\t-\tfound\tmissed\tcode STALE\tmalloc\tcounted"
	if rows, err := parseTable("t", columns+"\n"+right+"\n"); err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, wrong := range [][2]string{
		{"\tfound", "\tseen"},
		{"code STALE", "STALE"},
		{"\tC\t", "\tD\t"},
		{"\tlose\t-\t-\t", "\tlose\t-\tmissed\t"}, // no heap profile of a C program
		{"\tlose\t-\t", "\tlose\tlose_held\t"},    // no place of what no report shows
		{"code STALE", "report live=1"},           // a report without a place
		{"code STALE", "code STALE, located"},
		{"\tcounted", ""},
		{"malloc", ""},
		{"counted", "counted\nlost\tC\t-\tlose\t-\t-\t-\t-\tfound\tmissed\tcannot\tmalloc\tcounted"}, // twice
	} {
		if _, err := parseTable("t", columns+"\n"+strings.Replace(right, wrong[0], wrong[1], 1)+"\n"); err == nil {
			t.Errorf("%q for %q is taken", wrong[1], wrong[0])
		}
	}
	if _, err := parseTable("t", right+"\n"); err == nil {
		t.Error("a table without its columns is taken")
	}
}

func TestThePageIsComparedAndWritten(t *testing.T) {
	rows, err := parseTable("t", columns+"\nlost\tC\t-\tlose\t-\t-\t-\t-\tfound\tmissed\tcode STALE\tmalloc\tcounted\n")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "leaks.md")
	text := "before\n"
	for _, block := range []string{"versions", "counts", "table"} {
		text += strings.ReplaceAll(begin, "%s", block) + "\n" + strings.ReplaceAll(end, "%s", block) + "\n"
	}
	if err := os.WriteFile(path, []byte(text+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	blocks := func(version string) map[string]string {
		return map[string]string{"counts": counts(rows), "table": table(rows), "versions": version}
	}
	if page(path, blocks(""), false) != 1 {
		t.Error("an empty page is what the run saw")
	}
	if page(path, blocks("a tool 1.0\n"), true) != 0 || page(path, blocks("a tool 2.0\n"), false) != 0 {
		t.Error("a page that was just written is not what the run saw")
	}
	rows[0].expected["memcheck"] = "found"
	if page(path, blocks(""), false) != 1 {
		t.Error("a page of another run is what the run saw")
	}
	if page(filepath.Join(t.TempDir(), "none.md"), blocks(""), false) != 1 {
		t.Error("a page that is not there is what the run saw")
	}
}

func TestEveryClassHasAProgramAndEveryProgramAClass(t *testing.T) {
	rows := []row{{name: "one", language: "Go", class: "A"}, {name: "two", language: "C", class: "A"}, {name: "three", class: "-"}}
	const right = classColumns + "\nA\tfrees\ta/b#1\tcannot\n"
	classes, err := parseClasses("c", right, rows)
	if err != nil || !strings.Contains(classTable(classes, rows), "| A | frees | a/b#1 | `one`, `two` | cannot |") {
		t.Errorf("%v, %s", err, classTable(classes, rows))
	}
	for what, text := range map[string]string{
		"a class without a program": right + "B\tfrees\ta/b#1\tcannot\n", "a program without a class": classColumns + "\n",
		"no columns": "A\tfrees\ta/b#1\tcannot\n", "an empty field": classColumns + "\nA\tfrees\t\tcannot\n",
	} {
		if _, err := parseClasses("c", text, rows); err == nil {
			t.Error(what + " is taken")
		}
	}
	if _, err := parseClasses("c", right, rows[1:]); err == nil {
		t.Error("a class whose only program is not of Go is taken")
	}
}
