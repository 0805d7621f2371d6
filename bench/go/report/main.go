// Command report turns the raw rows of benchmarks into the lines that bench/run prints and into the
// pages of docs/bench.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	component := flag.String("component", "", "whose targets")
	targets := flag.String("targets", "", "file of targets")
	docs := flag.String("docs", "", "folder for the page COMPONENT.md with COMPONENT.tsv and COMPONENT.svg; empty: none")
	about := flag.String("about", "", "text for the page: machine, compiler, flags, command")
	flag.Parse()
	if err := report(*component, *targets, *docs, *about, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(2)
	}
}

func report(component, targetsPath, docs, about string, paths []string) error {
	var results results
	for _, path := range paths {
		if err := results.read(path); err != nil {
			return err
		}
	}
	all, err := readTargets(targetsPath)
	if err != nil {
		return err
	}
	lines := judge(all, component, &results)
	fmt.Print(table(lines))
	if docs == "" {
		return nil
	}
	if err := os.MkdirAll(docs, 0o755); err != nil {
		return err
	}
	chart := scaling(&results, pictureOf(component))
	for name, text := range map[string]string{
		component + ".md":  page(component, about, lines, &results, chart != ""),
		component + ".tsv": results.raw(),
		component + ".svg": chart,
	} {
		if text == "" {
			continue
		}
		path := filepath.Join(docs, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
		fmt.Println("wrote", path)
	}
	return nil
}

// columns aligns cells of rows by spaces; the first row is the heading.
func columns(rows [][]string) string {
	widths := map[int]int{}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i == 0 {
				fmt.Fprintf(&line, "%-*s", widths[i], cell)
			} else {
				fmt.Fprintf(&line, "  %*s", widths[i], cell)
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return out.String()
}
