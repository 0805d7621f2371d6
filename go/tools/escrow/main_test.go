package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestExitStatuses(t *testing.T) {
	for _, c := range []struct {
		arguments string
		status    int
		out, err  string
	}{
		{"", failed, "", "usage: escrow"},
		{"help", well, "usage: escrow", ""},
		{"help prove", well, "usage: escrow prove", ""},
		{"symbolize -h", well, "usage: escrow symbolize", ""},
		{"nothing", failed, "", "no command"},
		{"prove", failed, "", "one UNIT"},
		{"prove unit.c", failed, "", "no compiler"},
		{"prove unit.c -- gcc", failed, "", "no leaves"},
		{"prove -nothing unit.c -- gcc", failed, "", "-nothing"},
		{"prove -leaf f -allow f=x unit.c -- gcc", failed, "", "-allow f=x"},
		{"symbolize", failed, "", "no BINARY"},
		{"symbolize main.go", failed, "", "ELF only"},
	} {
		var out, talk bytes.Buffer
		status := run(strings.Fields(c.arguments), streams{strings.NewReader(""), &out, &talk})
		if status != c.status || !strings.Contains(out.String(), c.out) || !strings.Contains(talk.String(), c.err) ||
			(c.out == "") != (out.Len() == 0) || (c.err == "") != (talk.Len() == 0) {
			t.Errorf("escrow %s: status %d, out %q, err %q", c.arguments, status, out.String(), talk.String())
		}
	}
}
