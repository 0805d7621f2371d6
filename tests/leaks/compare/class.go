package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// class is a mistake that bindings of C libraries make again and again: a row of classes.tsv.
type class struct{ letter, mistake, seen, escrow string }

const classColumns = "class\tmistake\tseen in\ton escrow"

// readClasses reads the table, and refuses it where a class has no program of Go, or a program no class.
func readClasses(path string, rows []row) ([]class, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseClasses(path, string(text), rows)
}

func parseClasses(path, text string, rows []row) ([]class, error) {
	var all []class
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		bad := func(what string) error { return fmt.Errorf("%s:%d: %s", path, i+1, what) }
		f := strings.Split(line, "\t")
		switch {
		case i == 0 && line != classColumns:
			return nil, bad("the columns are " + strings.ReplaceAll(classColumns, "\t", ", "))
		case i == 0:
			continue
		case len(f) != 4 || slices.Contains(f, ""):
			return nil, bad("a class has four fields")
		case len(programsOf(f[0], "Go", rows)) == 0:
			return nil, bad("no program of Go makes the mistake of class " + f[0])
		}
		all = append(all, class{f[0], f[1], f[2], f[3]})
	}
	for _, r := range rows {
		known := slices.ContainsFunc(all, func(c class) bool { return c.letter == r.class })
		if !known && r.class != "-" && r.class != "control" {
			return nil, fmt.Errorf("%s has no class %s, of %s", path, r.class, r.name)
		}
	}
	return all, nil
}

// programsOf are the names of those that make the mistake of a class; language "": of any.
func programsOf(letter, language string, rows []row) (names []string) {
	for _, r := range rows {
		if r.class == letter && (language == "" || r.language == language) {
			names = append(names, "`"+r.name+"`")
		}
	}
	return names
}

func classTable(classes []class, rows []row) string {
	var out strings.Builder
	out.WriteString("| | the mistake | seen in | programs | on escrow |\n| --- | --- | --- | --- | --- |\n")
	for _, c := range classes {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", c.letter, c.mistake, c.seen,
			strings.Join(programsOf(c.letter, "", rows), ", "), c.escrow)
	}
	return out.String()
}
