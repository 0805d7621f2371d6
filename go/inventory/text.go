package inventory

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// How much of a snapshot the text form shows; JSON and the page have all.
const (
	textSites  = 25
	textFrames = 8
)

// WriteText writes the snapshot for a terminal: what is suspect, pools, sites with their stacks, most bytes
// first, misuse, and what sanitizers said. Names are shown without the control characters that a terminal
// would obey. Errors: those of w.
func (s *Snapshot) WriteText(w io.Writer) error {
	var b strings.Builder
	objects, bytes := s.Held()
	fmt.Fprintf(&b, "Who holds what in %s, pid %d, %s\n", Plain(s.Program), s.PID, s.Taken.Format("2006-01-02 15:04:05 MST"))
	fmt.Fprintf(&b, "%s live in %s of %s\n", Bytes(int64(bytes)), count(objects, "object"), count(uint64(len(s.Pools)), "pool"))
	if s.Leaked > 0 {
		fmt.Fprintf(&b, "%s of Go dropped without Close so far and ended by a cleanup\n", count(s.Leaked, "guard or ticket", "guards or tickets"))
	}
	if s.Lost > 0 {
		fmt.Fprintf(&b, "%s has no stack: more sites than the ledger has places\n", count(s.Lost, "note"))
	}
	s.textSuspects(&b)
	s.textGrowth(&b)
	s.textPools(&b)
	s.textStates(&b)
	s.textSites(&b)
	s.textMisuse(&b)
	s.textFindings(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// table aligns columns; those before the last are numbers.
func table(b *strings.Builder, title string, rows func(row func(cells ...string))) {
	fmt.Fprintf(b, "\n%s\n", title)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows(func(cells ...string) {
		last := len(cells) - 1
		fmt.Fprintf(t, "%s\t  %s\n", strings.Join(cells[:last], "\t"), cells[last])
	})
	t.Flush()
}

func (s *Snapshot) textSuspects(b *strings.Builder) {
	if len(s.Suspects) == 0 {
		return
	}
	table(b, "Suspects: sites that keep growing", func(row func(...string)) {
		row("bytes", "objects", "oldest", "rule", "site")
		for _, x := range s.Suspects {
			row(signedBytes(x.Bytes), signed(int64(x.Objects)), Age(x.Oldest), x.Rule, Plain(x.Place))
		}
	})
}

func (s *Snapshot) textGrowth(b *strings.Builder) {
	g := s.Growth
	if g == nil {
		return
	}
	if len(g.Sites) == 0 {
		fmt.Fprintf(b, "\nNothing changed in %s\n", Age(g.Over))
		return
	}
	table(b, "Growth over "+Age(g.Over), func(row func(...string)) {
		row("bytes", "objects", "site")
		for _, c := range g.Sites[:min(len(g.Sites), textSites)] {
			row(signedBytes(c.Bytes), signed(int64(c.Objects)), Plain(c.Place))
		}
	})
	if n := len(g.Sites) - textSites; n > 0 {
		fmt.Fprintf(b, "and %s\n", count(uint64(n), "more site"))
	}
}

func (s *Snapshot) textPools(b *strings.Builder) {
	if len(s.Pools) == 0 {
		return
	}
	table(b, "Pools", func(row func(...string)) {
		row("bytes", "objects", "held by Go", "dup", "loans", "tickets", "committed", "limit", "noted", "pool")
		for _, p := range s.Pools {
			limit, noted := "-", "none"
			if p.Limit > 0 {
				limit = Bytes(int64(p.Limit))
			}
			switch {
			case p.Rate == 1:
				noted = "all"
			case p.Rate > 1:
				noted = fmt.Sprintf("1 in %d", p.Rate)
			}
			name := Plain(p.Title())
			if p.Type != 0 {
				name += fmt.Sprintf(" (type %d)", p.Type)
			}
			row(Bytes(int64(p.Bytes)), grouped(p.Live), grouped(p.Held), grouped(p.Duplicates), grouped(max(p.Loans, p.Borrows)),
				grouped(p.Tickets), Bytes(int64(p.Committed)), limit, noted, name)
		}
	})
}

func (s *Snapshot) textStates(b *strings.Builder) {
	sums := make(map[State]Count)
	for _, p := range s.Pools {
		for _, c := range p.States {
			sum := sums[c.State]
			sum.Objects += c.Objects
			sum.Bytes += c.Bytes
			sums[c.State] = sum
		}
	}
	if len(sums) == 0 {
		return
	}
	states := slices.SortedFunc(maps.Keys(sums), func(a, b State) int {
		return cmp.Or(cmp.Compare(sums[b].Bytes, sums[a].Bytes), cmp.Compare(a, b))
	})
	table(b, "States", func(row func(...string)) {
		row("bytes", "objects", "state")
		for _, state := range states {
			row(Bytes(int64(sums[state].Bytes)), grouped(sums[state].Objects), Plain(string(state)))
		}
	})
}

func (s *Snapshot) textSites(b *strings.Builder) {
	if len(s.Sites) == 0 {
		if objects, _ := s.Held(); objects > 0 {
			b.WriteString("\nNo site is known: no pool's ledger notes acquisitions (Pool.SetLedger)\n")
		}
		return
	}
	b.WriteString("\nSites, most bytes first\n")
	for _, site := range s.Sites[:min(len(s.Sites), textSites)] {
		about := fmt.Sprintf("%s in %s, oldest %s, held by %s", Bytes(site.Bytes), count(uint64(site.Live), "object"), Age(site.Oldest), site.Holders)
		if len(site.Pools) > 0 {
			about += "; pool " + Plain(strings.Join(site.Pools, ", "))
		}
		if len(site.Labels) > 0 {
			about += "; label " + Plain(strings.Join(site.Labels, ", "))
		}
		fmt.Fprintf(b, "\n  %s\n", about)
		textStack(b, site.Stack)
	}
	if n := len(s.Sites) - textSites; n > 0 {
		fmt.Fprintf(b, "\n  and %s\n", count(uint64(n), "more site"))
	}
}

func textStack(b *strings.Builder, stack []Frame) {
	if len(stack) == 0 {
		b.WriteString("      [stack unknown]\n")
	}
	for _, f := range stack[:min(len(stack), textFrames)] {
		fmt.Fprintf(b, "      %s", Plain(f.Name()))
		if at := f.Place(); at != "" {
			fmt.Fprintf(b, "  %s", Plain(at))
		}
		b.WriteString("\n")
	}
	if n := len(stack) - textFrames; n > 0 {
		fmt.Fprintf(b, "      and %s\n", count(uint64(n), "more frame"))
	}
}

func (s *Snapshot) textMisuse(b *strings.Builder) {
	if len(s.Misuse) == 0 {
		return
	}
	table(b, "Calls that were refused", func(row func(...string)) {
		row("calls", "error", "operation", "pool and place")
		for _, m := range s.Misuse {
			where := Plain(m.Pool)
			if len(m.Stack) > 0 {
				where += "  " + Plain(title(m.Stack))
			}
			row(grouped(m.Count), Plain(m.Error), Plain(cmp.Or(m.Operation, "-")), where)
		}
	})
}

func (s *Snapshot) textFindings(b *strings.Builder) {
	if len(s.Findings) == 0 {
		return
	}
	b.WriteString("\nWhat sanitizers said\n")
	places := make(map[string]string, len(s.Sites))
	for i := range s.Sites {
		places[s.Sites[i].Key] = title(s.Sites[i].Stack)
	}
	for _, f := range s.Findings {
		fmt.Fprintf(b, "\n  %s: %s\n", Plain(f.Tool), Plain(f.What))
		for _, key := range f.Sites {
			fmt.Fprintf(b, "    is the site %s\n", Plain(places[key]))
		}
		if len(f.Sites) == 0 {
			b.WriteString("    is no site of the snapshot\n")
		}
		textStack(b, f.Stack)
	}
}

// String is who holds, most first: "go 12, map 3".
func (h Holders) String() string {
	type part struct {
		name string
		n    int
	}
	parts := []part{{"Go", h.Go}, {"a cleanup", h.Unreachable}, {"a map", h.Map}, {"a cell", h.Cell},
		{"C, C++ or raw handles", h.Other}, {"loans or duplicates", h.Lent}}
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.n == 0 })
	if len(parts) == 1 {
		return parts[0].name
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.n, a.n) })
	var texts []string
	for _, p := range parts {
		texts = append(texts, fmt.Sprintf("%s %s", p.name, grouped(uint64(p.n))))
	}
	return strings.Join(texts, ", ")
}

// Plain is a text on one line, with what a terminal would obey made visible.
func Plain(text string) string {
	var b strings.Builder
	for _, r := range text { // what is not UTF-8 arrives as U+FFFD
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// Bytes is a number of bytes in three digits: 1.5 MiB.
func Bytes(n int64) string {
	if -1024 < n && n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	sign, x := "", float64(n)
	if n < 0 {
		sign, x = "-", -x
	}
	unit := -1
	for x >= 1023.5 && unit < 5 {
		x /= 1024
		unit++
	}
	digits := 2
	if x >= 99.95 {
		digits = 0
	} else if x >= 9.995 {
		digits = 1
	}
	return fmt.Sprintf("%s%.*f %ciB", sign, digits, x, "KMGTPE"[unit])
}

func signedBytes(n int64) string {
	if n > 0 {
		return "+" + Bytes(n)
	}
	return Bytes(n)
}

func signed(n int64) string {
	if n > 0 {
		return "+" + grouped(uint64(n))
	}
	if n < 0 {
		return "-" + grouped(uint64(-n))
	}
	return "0"
}

// grouped is a number with a comma before every third digit.
func grouped(n uint64) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func count(n uint64, noun string, plural ...string) string {
	many := noun + "s"
	if len(plural) > 0 {
		many = plural[0]
	}
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + many
}

// Age is a duration in two units at most: 850ms, 12s, 3m5s, 2h10m, 5d3h.
func Age(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", max(d, 0)/time.Millisecond)
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// ProgramName is what a report calls a program: the last part of its path.
func ProgramName(path string) string { return filepath.Base(path) }
