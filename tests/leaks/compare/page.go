package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// The page has blocks between these lines, which are what a run says.
const (
	begin = "<!-- begin: %s from tests/leaks/run -->"
	end   = "<!-- end: %s -->"
)

// page compares the blocks of the page with what the run says, or writes them. Versions are written and not
// compared: other tools that find the same are as good.
func page(path string, blocks map[string]string, write bool) int {
	old, err := os.ReadFile(path)
	if err != nil {
		fmt.Println("WRONG page:", err)
		return 1
	}
	text := string(old)
	for name, content := range blocks {
		if name == "versions" && !write {
			continue
		}
		if text, err = replaced(text, name, content); err != nil {
			fmt.Println("WRONG page:", err)
			return 1
		}
	}
	switch {
	case write:
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			fmt.Println("WRONG page:", err)
			return 1
		}
	case text != string(old):
		fmt.Println("WRONG page: docs/leaks.md is not what the run saw; tests/leaks/run -write mends it")
		return 1
	}
	return 0
}

func replaced(text, name, content string) (string, error) {
	from, to := fmt.Sprintf(begin, name), fmt.Sprintf(end, name)
	block := regexp.MustCompile(`(?s)` + regexp.QuoteMeta(from) + `\n.*?` + regexp.QuoteMeta(to))
	if len(block.FindAllString(text, -1)) != 1 {
		return "", fmt.Errorf("docs/leaks.md has not one block %s", name)
	}
	return block.ReplaceAllLiteralString(text, from+"\n"+content+to), nil
}

var titles = map[string]string{"pprof": "pprof heap", "finalizers": "checkfinalizers", "cgocheck2": "cgocheck2",
	"asan": "ASan and LSan", "memcheck": "Memcheck"}

// counts says how much each tool found. The control programs make no mistake and are left out.
func counts(rows []row) string {
	var out strings.Builder
	fmt.Fprintf(&out, "| of %d mistakes | run | located | found | missed |\n| --- | --- | --- | --- | --- |\n", mistakes(rows))
	for _, tool := range peers {
		n := map[string]int{}
		for _, r := range rows {
			if r.class != "control" && r.expected[tool] != "-" {
				n[r.expected[tool]]++
			}
		}
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d |\n", titles[tool],
			n["located"]+n["found"]+n["missed"], n["located"], n["found"], n["missed"])
	}
	n := map[string]int{}
	unseen, named := 0, 0
	for _, r := range rows {
		if r.class == "control" {
			continue
		}
		verdict, _, _ := strings.Cut(r.expected["escrow"], " ")
		n[verdict]++
		if strings.HasSuffix(r.expected["escrow"], located) {
			named++
		}
		seen := false
		for tool := range titles {
			seen = seen || r.expected[tool] == "located" || r.expected[tool] == "found"
		}
		if !seen {
			unseen++
		}
	}
	fmt.Fprintf(&out, "\nOn escrow %d cannot happen, %d end in a code at the call that is wrong, and %d show in a report, "+
		"%d of which name the function. %d are seen by none of the five tools.\n", n["cannot"], n["code"], n["report"], named, unseen)
	return out.String()
}

func mistakes(rows []row) (n int) {
	for _, r := range rows {
		if r.class != "control" {
			n++
		}
	}
	return n
}

func table(rows []row) string {
	var out strings.Builder
	out.WriteString("| program | | the mistake |")
	for _, tool := range peers {
		out.WriteString(" " + titles[tool] + " |")
	}
	out.WriteString(" escrow says | because |\n| --- | --- | --- |" + strings.Repeat(" --- |", len(peers)+2) + "\n")
	for _, r := range rows {
		mistake := r.mistake
		if r.class != "-" && r.class != "control" {
			mistake += " (" + r.class + ")"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |", r.name, r.language, mistake)
		for _, tool := range append(peers, "escrow") {
			out.WriteString(" " + cell(r.expected[tool]) + " |")
		}
		out.WriteString(" " + r.escrow + " |\n")
	}
	return out.String()
}

// cell makes what was located stand out.
func cell(outcome string) string {
	if report, ok := strings.CutSuffix(outcome, "located"); ok {
		return report + "**located**"
	}
	return outcome
}
