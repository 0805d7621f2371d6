package protocol_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// asked are the six cells of a case that say what is asked.
type asked struct{ operation, handle, state, revoked, pool, owed string }

func (a asked) cells() [6]string {
	return [6]string{a.operation, a.handle, a.state, a.revoked, a.pool, a.owed}
}

func (a asked) String() string { return strings.Join(strings.Fields(fmt.Sprint(a.cells())), " ") }

// answer is what the table says of a case, without the prefix E_ or the order and the reason.
type answer struct{ status, next string }

// row is a line of the table: lists of values, nil for *.
type row struct {
	line  int
	cells [6][]string
	answer
}

func (r row) matches(a asked) bool {
	for i, value := range a.cells() {
		if r.cells[i] != nil && !slices.Contains(r.cells[i], value) {
			return false
		}
	}
	return true
}

var onReferences = []string{"dup", "release", "release_deferred", "lend", "give_back", "borrow", "return",
	"move_out", "move_in", "revoke", "validate", "read"}

// entry is a case and its answer.
type entry struct {
	asked
	answer
}

// readTable reads the table that the C++ test of the facade reads, and joins its cases with its rows:
// each case has one.
func readTable(t *testing.T) (all []entry) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/protocol.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var cases []asked
	var rows []row
	heading := false
	for i, line := range strings.Split(string(text), "\n") {
		isCase := strings.HasPrefix(line, "#case\t")
		if line == "" || line[0] == '#' && !isCase {
			continue
		}
		cells := strings.Split(strings.TrimPrefix(line, "#case\t"), "\t")
		if isCase && len(cells) != 6 || !isCase && len(cells) != 10 {
			t.Fatalf("line %d has %d cells", i+1, len(cells))
		}
		if !isCase && !heading {
			heading = true
			continue
		}
		r := row{line: i + 1}
		for f := range r.cells {
			if cells[f] != "*" {
				r.cells[f] = strings.Split(cells[f], "|")
			}
		}
		if isCase {
			cases = append(cases, expand(r)...)
		} else {
			r.answer = answer{strings.TrimPrefix(cells[6], "E_"), cells[7]}
			rows = append(rows, r)
		}
	}
	for _, a := range cases {
		of := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !r.matches(a) })
		if len(of) != 1 {
			t.Fatalf("%d rows for %v", len(of), a)
		}
		all = append(all, entry{a, of[0].answer})
	}
	return all
}

// expand is every case that a #case line names.
func expand(r row) (all []asked) {
	every := [6][]string{0: onReferences, 3: {"no", "yes"}, 5: {"no", "yes"}}
	combinations := [][6]string{{}}
	for f, values := range r.cells {
		if values == nil {
			values = every[f]
		}
		var more [][6]string
		for _, c := range combinations {
			for _, value := range values {
				c[f] = value
				more = append(more, c)
			}
		}
		combinations = more
	}
	for _, c := range combinations {
		all = append(all, asked{c[0], c[1], c[2], c[3], c[4], c[5]})
	}
	return all
}
