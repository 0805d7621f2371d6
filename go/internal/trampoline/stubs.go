package main

import (
	"fmt"
	"strings"
)

// stubs writes package facade's share. A line of the list is a leaf's name as in escrow1_leaf_NAME,
// then its parameters, NAME:word or NAME:pointer; # starts a comment.
func stubs(list string) (map[string]string, error) {
	leaves, err := parse(list)
	if err != nil {
		return nil, err
	}
	amd64, arm64 := header(aboutAMD64), header(aboutARM64)
	present := generated + "//go:build " + possible + "\n\npackage facade\n\nimport \"unsafe\"\n\n" +
		"// trampolines says that the stubs below call C; without it they panic.\nconst trampolines = true\n"
	absent := generated + "//go:build !(" + possible + ")\n\npackage facade\n\nimport \"unsafe\"\n\n" +
		"// trampolines says that there are no stubs in this binary: those below panic.\nconst trampolines = false\n\n" +
		"const noTrampoline = \"escrow: a leaf was called where there is no trampoline\"\n\n"
	addresses := generated + "package facade\n\n//go:generate go run ../trampoline stubs leaves.txt .\n\nimport \"unsafe\"\n\n" +
		"// The C addresses of the leaves. Set before the first call and never again: a stub reads its own\n" +
		"// without synchronisation.\nvar (\n"
	table := "\n// addresses are the variables above, in the order of leaves.txt.\nfunc addresses() []*unsafe.Pointer {\n\treturn []*unsafe.Pointer{\n"
	width := 0
	for _, leaf := range leaves {
		width = max(width, len(leaf.function.target))
	}
	for _, leaf := range leaves {
		f := leaf.function
		amd64 += f.amd64()
		arm64 += f.arm64()
		present += fmt.Sprintf("\n// %s calls escrow1_leaf_%s.\n//\n//go:noescape\nfunc %s\n", f.name, leaf.name, f.signature())
		absent += fmt.Sprintf("func %s { panic(noTrampoline) }\n", f.blank())
		addresses += fmt.Sprintf("\t%-*s unsafe.Pointer\n", width, f.target)
		table += fmt.Sprintf("\t\t&%s,\n", f.target)
	}
	return map[string]string{
		"leaves_amd64.s":       amd64,
		"leaves_arm64.s":       arm64,
		"leaves_trampoline.go": present,
		"leaves_absent.go":     formatted(absent),
		"leaves_address.go":    addresses + ")\n" + table + "\t}\n}\n",
	}, nil
}

type stub struct {
	name     string
	function function
}

func parse(list string) ([]stub, error) {
	var leaves []stub
	for number, line := range strings.Split(list, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		name := camel(fields[0])
		f := function{name: "leaf" + name, result: "int64", target: "leaf" + name + "Address", variable: true}
		for _, field := range fields[1:] {
			parameterName, kind, _ := strings.Cut(field, ":")
			if parameterName == "" || (kind != "word" && kind != "pointer") {
				return nil, fmt.Errorf("line %d: %q is neither NAME:word nor NAME:pointer", number+1, field)
			}
			f.parameters = append(f.parameters, parameter{parameterName, kind == "pointer"})
		}
		if len(f.parameters) == 0 || len(f.parameters) > most {
			return nil, fmt.Errorf("line %d: %d parameters, not 1 to %d", number+1, len(f.parameters), most)
		}
		leaves = append(leaves, stub{fields[0], f})
	}
	return leaves, nil
}

// camel turns move_out into MoveOut.
func camel(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// blank is the signature of a function that uses none of its arguments.
func (f function) blank() string {
	g := f
	g.parameters = nil
	for _, p := range f.parameters {
		g.parameters = append(g.parameters, parameter{"_", p.pointer})
	}
	return g.signature()
}
