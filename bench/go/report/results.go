package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// key names a series of values.
type key struct{ contest, subject, form, unit string }

// results are values by series, one a round, and the series in the order they first came.
type results struct {
	values map[key][]float64
	order  []key
}

func (r *results) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		cells := strings.Split(lines.Text(), "\t")
		if number == 1 {
			continue
		}
		if len(cells) != 6 {
			return fmt.Errorf("%s:%d: %d cells, want 6", path, number, len(cells))
		}
		value, err := strconv.ParseFloat(cells[5], 64)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", path, number, err)
		}
		r.add(key{cells[0], cells[1], cells[2], cells[4]}, value)
	}
	return lines.Err()
}

func (r *results) add(k key, value float64) {
	if r.values == nil {
		r.values = map[key][]float64{}
	}
	if _, known := r.values[k]; !known {
		r.order = append(r.order, k)
	}
	r.values[k] = append(r.values[k], value)
}

// raw is one line a series with the values of all rounds.
func (r *results) raw() string {
	var out strings.Builder
	out.WriteString("contest\tsubject\tform\tunit\tvalues, one a round\n")
	for _, k := range r.order {
		fmt.Fprintf(&out, "%s\t%s\t%s\t%s", k.contest, k.subject, k.form, k.unit)
		for _, value := range r.values[k] {
			fmt.Fprintf(&out, "\t%.3g", value)
		}
		out.WriteString("\n")
	}
	return out.String()
}

// quantile is the value below which the share q of the values lies; NaN for none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(math.Round(q*float64(len(sorted)-1)))]
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// ratios are ours : peer, a round at a time.
func ratios(ours, peer []float64) []float64 {
	var out []float64
	for i := range min(len(ours), len(peer)) {
		out = append(out, ours[i]/peer[i])
	}
	return out
}
