package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// row is one program of programs.tsv.
type row struct {
	name, language, class, site string
	held                        string            // where escrow's program makes the mistake, for a report; else "-"
	expected                    map[string]string // tool -> outcome, or "-": not run under it
	mistake, escrow             string
}

// half is the program that holds it: crossing or native.
func (r row) half() string {
	if r.language == "Go" {
		return "crossing"
	}
	return "native"
}

const columns = "name\tlanguage\tclass\tsite\theld\tpprof\tfinalizers\tcgocheck2\tasan\tmemcheck\tescrow\tmistake\twith escrow"

// peers are the tools beside escrow, in the order of the columns.
var peers = []string{"pprof", "finalizers", "cgocheck2", "asan", "memcheck"}

var outcomes = []string{"located", "found", "missed"}

// readTable reads the table and refuses what cannot be right.
func readTable(path string) ([]row, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseTable(path, string(text))
}

func parseTable(path, text string) ([]row, error) {
	var rows []row
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		bad := func(what string) error { return fmt.Errorf("%s:%d: %s", path, i+1, what) }
		if i == 0 {
			if line != columns {
				return nil, bad("the columns are " + strings.ReplaceAll(columns, "\t", ", "))
			}
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != strings.Count(columns, "\t")+1 {
			return nil, bad("a row has as many fields as there are columns")
		}
		r := row{name: f[0], language: f[1], class: f[2], site: f[3], held: f[4], mistake: f[11], escrow: f[12],
			expected: map[string]string{"pprof": f[5], "finalizers": f[6], "cgocheck2": f[7], "asan": f[8], "memcheck": f[9], "escrow": f[10]}}
		switch {
		case slices.Contains(f, ""):
			return nil, bad("an empty field")
		case seen[r.name]:
			return nil, bad(r.name + " was there before")
		case !slices.Contains([]string{"Go", "C", "C++"}, r.language):
			return nil, bad("the language is Go, C or C++")
		}
		for _, tool := range peers {
			ofGo := slices.Contains([]string{"pprof", "finalizers", "cgocheck2"}, tool)
			switch o := r.expected[tool]; {
			case ofGo && r.language != "Go":
				if o != "-" {
					return nil, bad(tool + " is for programs of Go")
				}
			case !slices.Contains(outcomes, o):
				return nil, bad(tool + ": no outcome is called " + o)
			}
		}
		if !verdicts.MatchString(r.expected["escrow"]) {
			return nil, bad("escrow's verdict is `code NAME`, `report ...`, `report ..., located` or `cannot`")
		}
		if (r.held == "-") == strings.HasPrefix(r.expected["escrow"], "report") {
			return nil, bad("`held` is the function in which escrow's program makes a mistake that a report shows")
		}
		seen[r.name] = true
		rows = append(rows, r)
	}
	return rows, nil
}

var verdicts = regexp.MustCompile(`^(code [A-Z]+|report( [a-z]+=\d+)+(, located)?|cannot)$`)
