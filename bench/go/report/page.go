package main

import (
	"fmt"
	"strings"
)

// page is the page of a component in docs/bench.
func page(component, about string, lines []line, r *results, chart bool) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Benchmarks: %s\n\n", component)
	fmt.Fprintf(&out, "What the columns mean is in [bench/README.md](../../bench/README.md); every round is in [%s.tsv](%s.tsv).\n\n", component, component)
	fmt.Fprintf(&out, "```\n%s\n```\n\n", strings.TrimSpace(about))
	out.WriteString("## Targets\n\n")
	rows := [][]string{heading}
	for _, l := range lines {
		cells := l.cells()
		if name, inner := strings.CutPrefix(cells[0], "  "); inner {
			cells[0] = "&nbsp;&nbsp;" + name
		}
		rows = append(rows, cells)
	}
	out.WriteString(markdown(rows))
	if chart {
		fmt.Fprintf(&out, "\n## Scaling\n\n![%s](%s.svg)\n", pictureOf(component).title, component)
	}
	seen := map[string]bool{}
	for _, k := range r.order {
		if !seen[k.contest] {
			seen[k.contest] = true
			fmt.Fprintf(&out, "\n## %s\n\n%s", k.contest, contestTable(k.contest, r))
		}
	}
	return out.String()
}

// contestTable has a row for each subject and form, with the medians of all units; the ratio is the
// contest's first subject : this one, by the thread's time, in the same form where there is one.
func contestTable(contest string, r *results) string {
	type who struct{ subject, form string }
	var subjects []who
	var units []string
	known := map[string]bool{}
	for _, k := range r.order {
		if k.contest != contest {
			continue
		}
		if id := "s" + k.subject + "\t" + k.form; !known[id] {
			known[id] = true
			subjects = append(subjects, who{k.subject, k.form})
		}
		if id := "u" + k.unit; !known[id] {
			known[id] = true
			units = append(units, k.unit)
		}
	}
	top := []string{"subject", "form"}
	for _, unit := range units {
		top = append(top, strings.ReplaceAll(unit, "_", " "))
	}
	timed := known["ucpu_ns"] && len(subjects) > 1
	if timed {
		top = append(top, "cpu 10-90 %", subjects[0].subject+" : it")
	}
	rows := [][]string{top}
	for _, s := range subjects {
		row := []string{s.subject, s.form}
		for _, unit := range units {
			row = append(row, fmt.Sprintf("%.2f", median(r.values[key{contest, s.subject, s.form, unit}])))
		}
		if timed {
			cpu := r.values[key{contest, s.subject, s.form, "cpu_ns"}]
			first := r.values[key{contest, subjects[0].subject, s.form, "cpu_ns"}]
			if len(first) == 0 {
				first = r.values[key{contest, subjects[0].subject, subjects[0].form, "cpu_ns"}]
			}
			row = append(row, fmt.Sprintf("%.2f-%.2f", quantile(cpu, 0.1), quantile(cpu, 0.9)),
				fmt.Sprintf("%.2f", median(ratios(first, cpu))))
		}
		rows = append(rows, row)
	}
	return markdown(rows)
}

func markdown(rows [][]string) string {
	var out strings.Builder
	for i, row := range rows {
		cells := make([]string, len(row))
		for c, cell := range row {
			cells[c] = strings.ReplaceAll(cell, "<", "&lt;")
		}
		out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			out.WriteString("|" + strings.Repeat(" --- |", len(row)) + "\n")
		}
	}
	return out.String()
}
