// Package rows writes the file of raw rows that the report reads, and picks the contests that are in it.
package rows

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// Writer is a file of rows; the zero value drops them.
type Writer struct {
	file *os.File
	out  *bufio.Writer
}

// NewWriter begins a file, which Close closes.
func NewWriter(file *os.File) *Writer {
	w := &Writer{file, bufio.NewWriter(file)}
	fmt.Fprintln(w.out, "contest\tsubject\tform\tround\tunit\tvalue")
	return w
}

// Add writes one row.
func (w *Writer) Add(contest, subject string, round int, unit string, value float64) {
	if w.out != nil {
		fmt.Fprintf(w.out, "%s\t%s\tinlined\t%d\t%s\t%.4f\n", contest, subject, round, unit, value)
	}
}

// Close ends the file.
func (w *Writer) Close() error {
	if w.out == nil {
		return nil
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	return w.file.Close()
}

// Filter holds parts of contests' names; empty, it lets all through.
type Filter []string

// Wants says whether the contest has one of the parts in its name.
func (f Filter) Wants(contest string) bool {
	for _, part := range f {
		if strings.Contains(contest, part) {
			return true
		}
	}
	return len(f) == 0
}
