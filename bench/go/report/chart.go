package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// series is a subject's operations a second, in millions, by threads.
type series struct {
	subject string
	points  map[int]float64
}

// scaling draws contests that differ in threads:N alone, the subjects that zero, as SVG; empty when
// there are none.
func scaling(r *results) string {
	var all []series
	threads := map[int]bool{}
	most := 0.0
	for _, k := range r.order {
		count, ok := threadsOf(k.contest)
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
		threads[count] = true
		most = max(most, rate)
	}
	if len(all) == 0 {
		return ""
	}
	ticks := make([]int, 0, len(threads))
	for count := range threads {
		ticks = append(ticks, count)
	}
	slices.Sort(ticks)
	return draw(all, ticks, most)
}

func threadsOf(contest string) (int, bool) {
	_, after, found := strings.Cut(contest, "/threads:")
	if !found {
		return 0, false
	}
	number, _, _ := strings.Cut(after, "/")
	count, err := strconv.Atoi(number)
	return count, err == nil
}

const (
	width, height = 720.0, 400.0
	left, right   = 60.0, 170.0 // margins; the names stand in the right one
	top, bottom   = 30.0, 50.0
)

var colours = []string{"#1b6ac9", "#67a9e8", "#0f4c81", "#c9531b", "#3c8d40", "#8d3c86", "#777777"}

func draw(all []series, ticks []int, most float64) string {
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
	fmt.Fprintf(&out, `<text x="%g" y="18">acquire + release, million a second, all threads together</text>`+"\n", left)
	for rate := 0.0; rate <= limit+step/2; rate += step {
		fmt.Fprintf(&out, `<line x1="%g" x2="%g" y1="%.1f" y2="%.1f" stroke="#dddddd"/><text x="%g" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left, width-right, y(rate), y(rate), left-6, y(rate)+4, rate)
	}
	for _, count := range ticks {
		fmt.Fprintf(&out, `<text x="%.1f" y="%g" text-anchor="middle">%d</text>`+"\n", x(count), height-bottom+18, count)
	}
	fmt.Fprintf(&out, `<text x="%.1f" y="%g" text-anchor="middle">threads</text>`+"\n", (left+width-right)/2, height-12)

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
