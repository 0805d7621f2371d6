package prove

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// indirect is how gcc names the target of a call through a pointer.
const indirect = "__indirect_call"

// function is a node of gcc's call graph: a function as it stands in the object.
type function struct {
	name   string // of the symbol
	pretty string // as a reader knows it: qualified, without arguments
	place  string // file:line:column of its declaration
	stack  int    // bytes, the return address included on amd64
	kind   string // of the frame, in gcc's words
	fixed  bool   // the count is the most that the frame ever takes
	calls  []string
	own    bool // defined in this unit
}

// graph is the call graph of one compilation, by symbol name.
type graph map[string]*function

var (
	nodeLine = regexp.MustCompile(`^node: \{ title: "([^"]*)" label: "(.*)"( shape : ellipse)? \}$`)
	edgeLine = regexp.MustCompile(`^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"`)
	usage    = regexp.MustCompile(`^(\d+) bytes \((.*)\)$`)
)

// symbol of a title: gcc puts the unit's path before the names of local functions.
func symbol(title string) string { return title[strings.LastIndexByte(title, ':')+1:] }

// readGraph reads what gcc -fcallgraph-info=su,da wrote.
func readGraph(path string) (graph, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	g := graph{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		line := lines.Text()
		if m := nodeLine.FindStringSubmatch(line); m != nil {
			f := g.at(symbol(m[1]))
			if err := f.describe(m[2], m[3] == ""); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, m[1], err)
			}
		} else if m := edgeLine.FindStringSubmatch(line); m != nil {
			g.call(symbol(m[1]), symbol(m[2]))
		}
	}
	if len(g) == 0 {
		return nil, fmt.Errorf("%s: no functions", path)
	}
	return g, lines.Err()
}

func (g graph) at(name string) *function {
	if g[name] == nil {
		g[name] = &function{name: name, pretty: name}
	}
	return g[name]
}

// call adds an edge once.
func (g graph) call(from, to string) {
	f := g.at(from)
	for _, known := range f.calls {
		if known == to {
			return
		}
	}
	f.calls = append(f.calls, to)
	g.at(to)
}

// describe takes the parts of a label: the declaration, its place, the stack, and dynamic objects.
func (f *function) describe(label string, own bool) error {
	f.own = own
	if !own {
		return nil
	}
	parts := strings.Split(label, `\n`)
	if len(parts) < 3 {
		return fmt.Errorf("label %q has no stack usage", label)
	}
	m := usage.FindStringSubmatch(parts[2])
	if m == nil {
		return fmt.Errorf("stack usage %q", parts[2])
	}
	f.pretty, f.place, f.kind = Readable(parts[0]), absolute(parts[1]), m[2]
	// "bounded" counts arguments pushed for a call; alloca and arrays are dynamic objects.
	f.fixed = (m[2] == "static" || m[2] == "dynamic,bounded") && len(parts) > 3 && parts[3] == "0 dynamic objects"
	var err error
	f.stack, err = strconv.Atoi(m[1])
	return err
}

// reach lists the functions that the leaf may run, itself included.
func (g graph) reach(leaf string) []*function {
	seen := map[string]bool{leaf: true}
	found := []*function{g[leaf]}
	for at := 0; at < len(found); at++ {
		for _, to := range found[at].calls {
			if !seen[to] {
				seen[to] = true
				found = append(found, g[to])
			}
		}
	}
	return found
}

// way is a path through the graph from a leaf to a function, as printed in complaints.
func (g graph) way(from, to string) string {
	before := map[string]string{from: ""}
	queue := []string{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at == to {
			break
		}
		for _, next := range g[at].calls {
			if _, seen := before[next]; !seen {
				before[next] = at
				queue = append(queue, next)
			}
		}
	}
	var names []string
	for at := to; at != ""; at = before[at] {
		names = append([]string{g[at].pretty}, names...)
	}
	return strings.Join(names, " > ")
}

// recursive tells whether a function comes back to itself; with a set of places, through these only.
func (g graph) recursive(f *function, places map[string]string) bool {
	seen := map[string]bool{}
	queue := []*function{f}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, name := range at.calls {
			to := g[name]
			if to == f {
				return true
			}
			if _, here := places[to.place]; !seen[name] && (places == nil || here) {
				seen[name] = true
				queue = append(queue, to)
			}
		}
	}
	return false
}
