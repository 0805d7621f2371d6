package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	prover "example.com/escrow/go/tools/prove"
)

const proveText = `usage: escrow prove [-leaf NAME]... [-list FILE] [-loops FILE] [FLAG]... UNIT -- COMPILER [COMPILER FLAG]...

Proves that leaf functions of a C or C++ unit keep to the stack they are given: compiles UNIT with
gcc and exactly the flags of the linked code, and prints a line for each leaf: its name, its worst
stack in bytes, and the deepest path, separated by tabs. Refused on standard error, with status 1:
more stack than the limit, frames of unknown size, recursion, calls through pointers, calls out of
the unit, calls bound lazily, weak symbols, thread-local variables, system calls, and loops that are
not in the list of reviewed loops, or no longer are.

`

// texts is a flag that may be given several times.
type texts []string

func (t *texts) String() string     { return strings.Join(*t, " ") }
func (t *texts) Set(s string) error { *t = append(*t, s); return nil }

// granted is the stack an allowed function of the C library gets: with -fno-plt these take less.
const granted = 64

func prove(arguments []string, io streams) (int, error) {
	request := prover.Request{Allowed: map[string]int{}}
	var leaves, allowed, own texts
	set := flags("prove", proveText, io)
	set.Var(&leaves, "leaf", "a leaf's `NAME` as the linker sees it, or a pattern with *; may be repeated")
	list := set.String("list", "", "`FILE` of leaves: a name a line, or a header with a macro *LEAF_LIST(X) of entries X(name)")
	prefix := set.String("prefix", "", "`TEXT` before the names of -list")
	loops := set.String("loops", "", "`FILE` of reviewed loops: function<TAB>why it is bounded")
	set.IntVar(&request.Limit, "limit", 512, "the stack a leaf may take, in `BYTES`")
	set.Var(&allowed, "allow", "`NAME[=BYTES]` of a function elsewhere that leaves may call, and the stack it is granted; besides memcpy, memmove, memset and memcmp")
	set.Var(&own, "own", "`NAMESPACE` that no other unit defines functions in, so that weak symbols of it are this unit's; the beginning is enough")
	at := slices.Index(arguments, "--")
	if at < 0 {
		at = len(arguments)
	}
	if err := parse(set, arguments[:at]); err != nil {
		return failed, err
	}
	if set.NArg() != 1 {
		return failed, fmt.Errorf("one UNIT, not %d (escrow prove -h)", set.NArg())
	}
	if at+1 >= len(arguments) {
		return failed, errors.New("no compiler: put -- and the compiler with its flags last")
	}
	request.Unit, request.Command = set.Arg(0), arguments[at+1:]
	request.Leaves, request.Own = leaves, own
	if err := grant(request.Allowed, allowed); err != nil {
		return failed, err
	}
	if *list != "" {
		text, err := os.ReadFile(*list)
		if err != nil {
			return failed, err
		}
		names, err := prover.Names(string(text), *prefix)
		if err != nil {
			return failed, fmt.Errorf("%s: %w", *list, err)
		}
		request.Leaves = append(request.Leaves, names...)
	}
	if len(request.Leaves) == 0 {
		return failed, errors.New("no leaves: name them with -leaf or -list")
	}
	if *loops != "" {
		file, err := os.Open(*loops)
		if err != nil {
			return failed, err
		}
		defer file.Close()
		if request.Loops, err = prover.ReadReview(*loops, file); err != nil {
			return failed, err
		}
	}
	result, err := prover.Prove(request)
	if err != nil {
		return failed, err
	}
	for _, leaf := range result.Leaves {
		fmt.Fprintf(io.out, "%s\t%d\t%s\n", leaf.Name, leaf.Stack, leaf.Path)
	}
	for _, refusal := range result.Refusals {
		fmt.Fprintln(io.err, refusal)
	}
	if len(result.Refusals) > 0 {
		return found, nil
	}
	return well, nil
}

// grant fills the table of functions that may be called.
func grant(table map[string]int, allowed []string) error {
	for _, name := range []string{"memcpy", "memmove", "memset", "memcmp"} {
		table[name] = granted
	}
	for _, text := range allowed {
		name, bytes, has := strings.Cut(text, "=")
		table[name] = granted
		if has {
			n, err := strconv.Atoi(bytes)
			if err != nil || n < 0 || name == "" {
				return fmt.Errorf("-allow %s: NAME or NAME=BYTES", text)
			}
			table[name] = n
		}
	}
	return nil
}
