package prove

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Request says what to prove.
type Request struct {
	Unit    string         // the source file
	Command []string       // compiler and flags of the linked code
	Leaves  []string       // names of functions; a pattern as in [path.Match] stands for all it matches
	Limit   int            // bytes of stack
	Allowed map[string]int // functions of other units that may be called, and the stack granted to each
	Own     []string       // beginnings of qualified names that no other unit defines
	Loops   *Review        // nil: no loop is allowed
}

// Result is the proof: what each leaf takes, and why it is refused.
type Result struct {
	Leaves   []Leaf
	Refusals []string // sorted, each once; empty: proved
}

// Leaf is one function's worst case.
type Leaf struct {
	Name  string
	Stack int    // bytes, return addresses and red zone included
	Path  string // functions with their frames, outermost first
}

// prover walks what one compilation gave.
type prover struct {
	Request
	*compiled
	compiler *compiler
	facts    map[string]*facts
	refused  map[string]bool
	worst    map[string]*cost
	complete map[string]bool // functions already examined
}

// cost is the deepest way down from a function.
type cost struct {
	stack int
	next  string
}

// Prove runs the proof. An error says that it could not be run; a refusal is in the result. It
// compiles twice and takes what that takes; nothing is left behind.
func Prove(request Request) (*Result, error) {
	folder, err := os.MkdirTemp("", "escrow-prove")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	c, err := identify(request.Command, request.Unit, folder)
	if err != nil {
		return nil, err
	}
	linked, err := c.linked()
	if err != nil {
		return nil, err
	}
	apart, err := c.apart()
	if err != nil {
		return nil, err
	}
	facts, file, err := readObject(linked.object)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	within, err := inlined(file)
	if err != nil {
		return nil, err
	}
	p := &prover{Request: request, compiled: linked, compiler: c, facts: facts, refused: map[string]bool{},
		worst: map[string]*cost{}, complete: map[string]bool{}}
	p.addCalls()
	leaves, err := p.leaves()
	if err != nil {
		return nil, err
	}
	result := &Result{}
	code := map[string]string{} // places of source functions in the leaves' code, and a leaf each
	for _, leaf := range leaves {
		p.examine(leaf, code, within)
		stack := p.descend(leaf, nil)
		result.Leaves = append(result.Leaves, Leaf{Name: leaf, Stack: stack, Path: p.path(leaf)})
		if stack > p.Limit {
			p.refuse("%s: %d bytes of stack, more than %d, on the way %s: make the largest frame smaller or leave this way to the ordinary function", leaf, stack, p.Limit, p.path(leaf))
		}
	}
	p.review(apart, code)
	for text := range p.refused {
		result.Refusals = append(result.Refusals, text)
	}
	sort.Strings(result.Refusals)
	return result, nil
}

func (p *prover) refuse(format string, arguments ...any) {
	p.refused[fmt.Sprintf(format, arguments...)] = true
}

func (p *prover) refuseRecursion(leaf string, f *function) {
	p.refuse("%s: %s is called by itself, directly or by what it calls: write it as a loop with a bound", leaf, f.pretty)
}

// addCalls adds to gcc's graph what only relocations show.
func (p *prover) addCalls() {
	for name, f := range p.facts {
		if node := p.graph[name]; node == nil || !node.own {
			continue
		}
		for to := range f.direct {
			p.graph.call(name, to)
		}
	}
}

// leaves resolves names and patterns to functions of the unit.
func (p *prover) leaves() ([]string, error) {
	var names []string
	for _, wanted := range p.Leaves {
		found := false
		for name, f := range p.graph {
			matches, err := path.Match(wanted, name)
			if err != nil {
				return nil, fmt.Errorf("leaf %q: %w", wanted, err)
			}
			if matches && f.own {
				found = true
				names = append(names, name)
			}
		}
		if !found {
			return nil, fmt.Errorf("%s defines no function %s: is its name mangled (extern \"C\"), or is it inline or static and unused?", p.Unit, wanted)
		}
	}
	sort.Strings(names)
	return slices.Compact(names), nil
}

// examine refuses what a leaf must not do anywhere, and collects the places of its code.
func (p *prover) examine(leaf string, code map[string]string, within map[string][]string) {
	for _, f := range p.graph.reach(leaf) {
		if !f.own {
			p.outside(leaf, f)
			continue
		}
		if _, known := code[f.place]; !known {
			code[f.place] = leaf
		}
		for _, place := range within[f.place] {
			if _, known := code[place]; !known {
				code[place] = leaf
			}
		}
		if p.complete[f.name] {
			continue
		}
		p.complete[f.name] = true
		way := p.graph.way(leaf, f.name)
		if !f.fixed {
			p.refuse("%s: %s has a frame whose size is known at run time only (%s): no alloca, no variable-length array", way, f.pretty, f.kind)
		}
		if p.graph.recursive(f, nil) {
			p.refuseRecursion(leaf, f)
		}
		if body := p.assembly[f.name]; body == nil {
			p.refuse("%s: %s has no code in this unit", way, f.pretty)
		} else if kernel := body.systemCall(); kernel != "" {
			p.refuse("%s: %s enters the kernel (%s): leave it to the ordinary function", way, f.pretty, kernel)
		}
		p.examineObject(way, f)
	}
}

// examineObject refuses what the object shows of a function.
func (p *prover) examineObject(way string, f *function) {
	facts := p.facts[f.name]
	if facts == nil {
		p.refuse("%s: %s is not in the object", way, f.pretty)
		return
	}
	if facts.weak && !slices.ContainsFunc(p.Own, func(own string) bool { return mangled(own).MatchString(f.name) }) {
		p.refuse("%s: %s is a weak symbol: the linker may keep another unit's copy, compiled with other flags; make it static, or give it a namespace of its own and name that with -own", way, f.pretty)
	}
	if facts.tls != "" {
		p.refuse("%s: %s uses the thread-local variable %s, whose first use may allocate: pass it as an argument", way, f.pretty, facts.tls)
	}
	for to := range facts.plt {
		if outlined.MatchString(to) {
			continue
		}
		p.refuse("%s: %s calls %s through the procedure linkage table, and binding it takes 1.6 KB of stack: compile with -fno-plt, or hide the symbol (-fvisibility=hidden)", way, f.pretty, to)
	}
}

// mangled matches a qualified name, of whose last part the beginning is enough, in mangled names: a::b
// is 1a1b.
func mangled(qualified string) *regexp.Regexp {
	parts := strings.Split(qualified, "::")
	var out strings.Builder
	for _, part := range parts[:len(parts)-1] {
		fmt.Fprintf(&out, "%d%s", len(part), regexp.QuoteMeta(part))
	}
	return regexp.MustCompile(out.String() + `[0-9]+` + regexp.QuoteMeta(parts[len(parts)-1]))
}

// outlined are gcc's atomic operations on aarch64: of libgcc, always linked statically, without a frame.
var outlined = regexp.MustCompile(`^__aarch64_(cas|swp|ldadd|ldclr|ldeor|ldset)\d+_(relax|acq|rel|acq_rel|sync)$`)

// outside refuses a call that leaves the unit, unless it is allowed; once for each function called.
func (p *prover) outside(leaf string, f *function) {
	if _, allowed := p.Allowed[f.name]; allowed || outlined.MatchString(f.name) || p.complete[f.name] && f.name != indirect {
		return
	}
	p.complete[f.name] = true
	way := p.graph.way(leaf, f.name)
	if f.name == indirect {
		way = strings.TrimSuffix(way, " > "+indirect)
		p.refuse("%s: calls through a pointer, so nobody knows what runs: call a function by name, or pass a lambda to a template", way)
		return
	}
	p.refuse("%s: calls %s, which is not in this unit: do without it, or allow it with -allow %s=BYTES where its stack and time are known", way, f.name, f.name)
}

// descend computes the worst stack below and including a function.
func (p *prover) descend(name string, above []string) int {
	if slices.Contains(above, name) {
		return 0 // recursion, which is refused by name
	}
	if known := p.worst[name]; known != nil {
		return known.stack
	}
	f := p.graph[name]
	if !f.own {
		p.worst[name] = &cost{stack: p.Allowed[name]}
		return p.Allowed[name]
	}
	below := &cost{}
	for _, to := range f.calls {
		if stack := p.descend(to, append(above[:len(above):len(above)], name)); stack > below.stack {
			below.stack, below.next = stack, to
		}
	}
	below.stack += p.frame(f)
	p.worst[name] = below
	return below.stack
}

// frame is gcc's count, what aligning the frame takes included, and the red zone, which it leaves out.
func (p *prover) frame(f *function) int {
	if len(f.calls) == 0 {
		return f.stack + p.compiler.redZone
	}
	return f.stack
}

// path prints the deepest way down.
func (p *prover) path(name string) string {
	var parts []string
	for name != "" && len(parts) < 64 {
		f := p.graph[name]
		bytes := p.Allowed[name]
		if f.own {
			bytes = p.frame(f)
		}
		parts = append(parts, fmt.Sprintf("%s %d", f.pretty, bytes))
		name = p.worst[name].next
	}
	return strings.Join(parts, " > ")
}
