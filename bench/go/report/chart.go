package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// series is a subject's operations a second, in millions, by the number in the contest's name.
type series struct {
	subject string
	points  map[int]float64
}

// picture says which contests a component's chart is drawn from: those whose names are `before`, a
// number and `after`.
type picture struct {
	title, axis   string
	before, after string
}

var pictures = map[string]picture{
	"map": {"operations on 1 M entries, 90 % of them reads, million a second, all threads together", "threads",
		"Map/u64/entries:1M/reads:90/threads:", ""},
	"map-go": {"operations on 1 M entries from goroutines on all cores, million a second", "reads of a hundred operations",
		"GoMap/u64/entries:1M/reads:", "/goroutines:all"},
	"cell": {"reads of a configuration, million a second, all threads together", "threads", "Cell/Read/threads:", ""},
}

// pictureOf is the component's picture; acquire and release by threads where it has none of its own.
func pictureOf(component string) picture {
	if p, ok := pictures[component]; ok {
		return p
	}
	return picture{"acquire + release, million a second, all threads together", "threads", "/threads:", "/"}
}

// at is the number in a contest's name.
func (p picture) at(contest string) (int, bool) {
	prefix, rest, found := strings.Cut(contest, p.before)
	number, end := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		number, end = rest[:i], rest[i:]
	}
	whole := p.before[0] == '/' // any contest with such a part
	if !found || !whole && (prefix != "" || end != p.after) {
		return 0, false
	}
	count, err := strconv.Atoi(number)
	return count, err == nil
}

// scaling draws the contests of the component's picture, the subjects that zero, as SVG; empty when
// there are none.
func scaling(r *results, p picture) string {
	var all []series
	numbers := map[int]bool{}
	most := 0.0
	for _, k := range r.order {
		count, ok := p.at(k.contest)
		if !ok || k.form != "inlined" || k.unit != "wall_ns" || strings.HasSuffix(k.subject, ".malloc") {
			continue
		}
		i := slices.IndexFunc(all, func(s series) bool { return s.subject == k.subject })
		if i < 0 {
			i = len(all)
			all = append(all, series{k.subject, map[int]float64{}})
		}
		rate := 1000 / median(r.values[k])
		all[i].points[count] = rate
		numbers[count] = true
		most = max(most, rate)
	}
	if len(all) == 0 {
		return ""
	}
	ticks := make([]int, 0, len(numbers))
	for count := range numbers {
		ticks = append(ticks, count)
	}
	slices.Sort(ticks)
	return draw(all, ticks, most, p)
}

const (
	width, height = 720.0, 400.0
	left, right   = 60.0, 170.0 // margins; the names stand in the right one
	top, bottom   = 30.0, 50.0
)

var colours = []string{"#1b6ac9", "#67a9e8", "#0f4c81", "#c9531b", "#3c8d40", "#8d3c86", "#777777", "#b8860b", "#a02c2c"}

func draw(all []series, ticks []int, most float64, p picture) string {
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for most/step < 4 {
		step /= 2
	}
	limit := math.Ceil(most/step) * step
	x := func(count int) float64 {
		return left + (width-left-right)*float64(slices.Index(ticks, count))/float64(max(1, len(ticks)-1))
	}
	y := func(rate float64) float64 { return height - bottom - (height-top-bottom)*rate/limit }

	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&out, `<rect width="%g" height="%g" fill="white"/>`+"\n", width, height)
	fmt.Fprintf(&out, `<text x="%g" y="18">%s</text>`+"\n", left, p.title)
	for rate := 0.0; rate <= limit+step/2; rate += step {
		fmt.Fprintf(&out, `<line x1="%g" x2="%g" y1="%.1f" y2="%.1f" stroke="#dddddd"/><text x="%g" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left, width-right, y(rate), y(rate), left-6, y(rate)+4, rate)
	}
	for _, count := range ticks {
		fmt.Fprintf(&out, `<text x="%.1f" y="%g" text-anchor="middle">%d</text>`+"\n", x(count), height-bottom+18, count)
	}
	fmt.Fprintf(&out, `<text x="%.1f" y="%g" text-anchor="middle">%s</text>`+"\n", (left+width-right)/2, height-12, p.axis)

	// Names at the right end of their lines, apart from each other.
	slices.SortStableFunc(all, func(a, b series) int {
		last := ticks[len(ticks)-1]
		return int(math.Copysign(1, b.points[last]-a.points[last]))
	})
	below := 0.0
	for i, s := range all {
		var line []string
		for _, count := range ticks {
			if rate, ok := s.points[count]; ok {
				line = append(line, fmt.Sprintf("%.1f,%.1f", x(count), y(rate)))
			}
		}
		colour := colours[i%len(colours)]
		fmt.Fprintf(&out, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(line, " "), colour)
		at := max(below+15, y(s.points[ticks[len(ticks)-1]])+4)
		fmt.Fprintf(&out, `<text x="%g" y="%.1f" fill="%s">%s</text>`+"\n", width-right+8, at, colour, s.subject)
		below = at
	}
	out.WriteString("</svg>\n")
	return out.String()
}
