package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/escrow/go/inventory"
)

const log = "==7==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 100 byte(s) in 1 object(s) allocated from:\n" +
	"    #0 0x7f in malloc (/lib/x.so+0x1)\n    #1 0x55 in lose /src/a.c:3\n\nSUMMARY: AddressSanitizer: 100 byte(s) leaked\n"

func held(minute, live int) *inventory.Snapshot {
	stack := []inventory.Frame{{Function: "lose", File: "/x/a.c", Line: 3, Native: true}}
	return &inventory.Snapshot{
		Program: "program", PID: 1, Taken: time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC),
		Sites: []inventory.Site{{Key: inventory.KeyOf(stack), Stack: stack, Live: live, Bytes: int64(100 * live), Pools: []string{"pool"}}},
	}
}

func TestReport(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	write := func(name, text string) {
		if err := os.WriteFile(path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	save := func(name string, s *inventory.Snapshot) string {
		var b bytes.Buffer
		if err := s.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		write(name, b.String())
		return b.String()
	}
	before := save("before.json", held(4, 2))
	after := save("after.json", held(5, 3))
	suspect := held(6, 3)
	suspect.Suspects = []inventory.Suspect{{Key: suspect.Sites[0].Key, Place: "lose"}}
	save("suspect.json", suspect)
	write("asan.log", log)
	write("other.txt", "package main\n")
	write("half.xml", "<?xml version=\"1.0\"?><valgrindoutput><error><kind>InvalidRead</kind><what>Invalid read</what></error><err")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/debug/escrow/" && r.URL.Query().Get("format") == "json" {
			fmt.Fprint(w, after)
			return
		}
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	for _, c := range []struct {
		arguments string
		in        string
		status    int
		out, err  string
	}{
		{"before.json", "", well, "lose  /x/a.c:3", ""},
		{"-", before, well, "lose  /x/a.c:3", ""},
		{"-format json before.json", "", well, `"format": "escrow snapshot 1"`, ""},
		{"-format html before.json", "", well, "<!doctype html>", ""},
		{"before.json after.json", "", found, "+100 B", ""},
		{"before.json before.json", "", well, "Nothing changed", ""},
		{"suspect.json", "", found, "Suspects", ""},
		{"-log asan.log before.json", "", found, "is the site lose /x/a.c:3", ""},
		{"-log half.xml before.json", "", found, "Invalid read", "ends in the middle"},
		{"URL/debug/escrow/", "", well, "lose", ""},
		{"before.json URL/debug/escrow/#sort=bytes", "", found, "Growth", ""},
		{"", "", failed, "", "one SNAPSHOT or two"},
		{"a b c", "", failed, "", "one SNAPSHOT or two"},
		{"after.json before.json", "", failed, "", "the earlier snapshot first"},
		{"none.json", "", failed, "", "no such file"},
		{"other.txt", "", failed, "", "other.txt"},
		{"-log other.txt before.json", "", failed, "", "neither a log of"},
		{"-log none.log before.json", "", failed, "", "no such file"},
		{"-format xml before.json", "", failed, "", "text, json or html"},
		{"-o none/page.html before.json", "", failed, "", "no such file"},
		{"http://192.0.2.1/debug/escrow/", "", failed, "", "not this machine"},
		{"http://localhost.example/debug/escrow/", "", failed, "", "not this machine"},
		{"URL/elsewhere", "", failed, "", "report.Handler"},
		{"URL/away", "", failed, "", "302"},
	} {
		var arguments []string
		for _, a := range strings.Fields(c.arguments) {
			a = strings.ReplaceAll(a, "URL", server.URL)
			if strings.Contains(a, ".") && !strings.HasPrefix(a, "http") {
				a = path(a)
			}
			arguments = append(arguments, a)
		}
		var out, talk bytes.Buffer
		status := run(append([]string{"report"}, arguments...), streams{strings.NewReader(c.in), &out, &talk})
		if status != c.status || !strings.Contains(out.String(), c.out) || !strings.Contains(talk.String(), c.err) ||
			(c.out == "") != (out.Len() == 0) || (c.err == "") != (talk.Len() == 0) {
			t.Errorf("escrow report %s: status %d, out %q, err %q", c.arguments, status, out.String(), talk.String())
		}
	}
	var out, talk bytes.Buffer
	if status := run([]string{"report", "-o", path("page.html"), path("before.json")}, streams{nil, &out, &talk}); status != well || out.Len()+talk.Len() > 0 {
		t.Errorf("status %d, %s%s", status, &out, &talk)
	}
	if text, err := os.ReadFile(path("page.html")); err != nil || !bytes.HasPrefix(text, []byte("<!doctype html>")) {
		t.Errorf("%.40s, %v", text, err)
	}
}

// closed is a pipe whose reader has gone.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestAReportThatCannotBeWrittenIsNoSuccess(t *testing.T) {
	var in, talk bytes.Buffer
	if err := held(4, 2).WriteJSON(&in); err != nil {
		t.Fatal(err)
	}
	if status := run([]string{"report", "-"}, streams{&in, closed{}, &talk}); status != failed {
		t.Errorf("status %d", status)
	}
}
