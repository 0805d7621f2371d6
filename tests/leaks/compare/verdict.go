package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// runEscrow runs a program's counterpart on escrow, with no tool at all, and reads what escrow itself
// said: the code of the very call that was wrong; the pool's statistics and Close, and its ledger of who
// acquired what is out; or that the result is right.
func runEscrow(ctx context.Context, b bench, r row) finding {
	out, exit, failed := b.start(ctx, limit, nil, b.binary(r, "plain"), r.name, "escrow")
	if failed != "" || exit != 0 {
		return finding{fmt.Sprintf("exit %d %s", exit, failed), out, out}
	}
	said, where, _ := strings.Cut(strings.TrimSpace(out), "\n")
	verdict, ok := strings.CutPrefix(said, "escrow: ")
	report := strings.HasPrefix(verdict, "report ")
	if !ok || where != "" && !report {
		return finding{"no verdict", out, out}
	}
	text, err := resolved(ctx, b.binary(r, "plain"), where)
	if err != nil {
		return finding{"no function of what is out", err.Error(), out}
	}
	if report && acquiredBy(text, r.held) {
		verdict += located
	}
	return finding{verdict, verdict, said + "\n" + text}
}

// located is added to a report that names the function in which the mistake is.
const located = ", located"

// resolved is a report's list of stacks with functions and files in place of addresses of C: a line for each, and
// for each function that the compiler put into another.
func resolved(ctx context.Context, binary, where string) (string, error) {
	var out strings.Builder
	for line := range strings.Lines(where) {
		address, ok := strings.CutPrefix(strings.TrimSpace(line), "0x")
		if !ok {
			out.WriteString(line)
			continue
		}
		lines, err := exec.CommandContext(ctx, "addr2line", "-Cfie", binary, address).Output()
		if err != nil {
			return "", fmt.Errorf("addr2line of %s: %w", address, err)
		}
		pairs := strings.Split(strings.TrimSpace(string(lines)), "\n")
		for i := 0; i+1 < len(pairs); i += 2 {
			fmt.Fprintf(&out, "\t%s %s\n", pairs[i], pairs[i+1])
		}
	}
	return out.String(), nil
}

// between are the files whose functions are on the way from a mistake to the ledger: the library's headers and
// the corpus's own short forms.
var between = regexp.MustCompile(`/(verdict\.(go|c)|include/escrow/[a-z_0-9]+\.(hpp|h)):`)

// acquiredBy says whether the first function of one of the stacks that is not in between is this one.
func acquiredBy(stacks, function string) bool {
	looking := false
	for line := range strings.Lines(stacks) {
		switch {
		case strings.HasPrefix(line, "out "):
			looking = true
		case looking && !between.MatchString(line):
			if names(line[:strings.LastIndex(line, " ")], function) {
				return true
			}
			looking = false
		}
	}
	return false
}
