package main

import (
	"fmt"
	"go/format"
	"strings"
)

// calls writes package leaf's share: for every shape of arguments, n pointers followed by m words,
// and with and without a result,
//
//	calls_trampoline.go  the exported function, body-less: assembly that looks whether leaves are on
//	framed.go            the trampoline it jumps to when they are, body-less, too
//	calls_cgo.go         the function it jumps to when they are not
//	calls_plain.go       the exported function where there is no trampoline
//
// The exported function has no frame and jumps: one compare and one jump is all that Disable costs.
func calls() map[string]string {
	imports := "package leaf\n\nimport \"unsafe\"\n"
	constraint := "//go:build " + possible + "\n\n"
	amd64, arm64 := header(aboutAMD64), header(aboutARM64)
	exported := generated + constraint + imports
	cgoImports := "package leaf\n\nimport (\n\t\"unsafe\"\n\n\t\"example.com/escrow/go/internal/leafcgo\"\n)\n"
	framed := generated + constraint + cgoImports + "\n// enter is read by the assembly.\nvar enter = leafcgo.Enter()\n\n// The trampolines, each with its frame.\n"
	overCgo := generated + cgoImports
	plain := generated + "//go:build !(" + possible + ")\n\n" + imports
	for arguments := 1; arguments <= most; arguments++ {
		for words := 0; words <= arguments; words++ {
			for _, result := range []string{"uint64", ""} {
				f := shape(arguments-words, words, result)
				frame, cgo := f, f
				frame.name = "framed" + f.name
				cgo.name = "cgo" + f.name
				comment := "// " + f.name + " calls fn with " + f.described() + ".\n"

				amd64 += f.switched("CMPL ·on(SB), $0\n\tJEQ cgo", frame.name, cgo.name) + frame.amd64()
				arm64 += f.switched("MOVWU ·on(SB), R9\n\tCBZ R9, cgo", frame.name, cgo.name) + frame.arm64()
				exported += "\n" + comment + "//\n//go:noescape\nfunc " + f.signature() + "\n"
				framed += "\n//go:noescape\nfunc " + frame.signature() + "\n"
				overCgo += "\n" + cgo.overCgo(arguments-words)
				plain += "\n" + comment + "func " + f.signature() + " { " + f.returned(cgo.name+"("+f.names()+")") + " }\n"
			}
		}
	}
	return map[string]string{
		"calls_amd64.s":       amd64,
		"calls_arm64.s":       arm64,
		"calls_trampoline.go": exported,
		"framed.go":           framed,
		"calls_cgo.go":        formatted(overCgo),
		"calls_plain.go":      formatted(plain),
	}
}

// shape is the exported function for so many pointers followed by so many words.
func shape(pointers, words int, result string) function {
	f := function{result: result, target: "fn"}
	if pointers > 0 {
		f.name = fmt.Sprintf("P%d", pointers)
	}
	if words > 0 {
		f.name += fmt.Sprintf("W%d", words)
	}
	if result == "" {
		f.name += "Void"
	}
	for i := range pointers {
		f.parameters = append(f.parameters, parameter{string(rune('p' + i)), true})
	}
	for i := range words {
		f.parameters = append(f.parameters, parameter{string(rune('a' + i)), false})
	}
	return f
}

// described is the shape in words.
func (f function) described() string {
	count := map[bool]int{}
	for _, p := range f.parameters {
		count[p.pointer]++
	}
	var parts []string
	for _, kind := range []struct {
		pointer bool
		name    string
	}{{true, "pointer"}, {false, "word"}} {
		switch n := count[kind.pointer]; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+kind.name)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n, kind.name))
		}
	}
	text := strings.Join(parts, " and ")
	if f.result == "" {
		text += "; it returns nothing"
	}
	return text
}

// switched is the exported function's text.
func (f function) switched(test, framed, cgo string) string {
	return fmt.Sprintf("\nTEXT ·%s(SB), NOSPLIT|NOFRAME, $0-%d\n\t%s\n\tJMP ·%s(SB)\ncgo:\n\tJMP ·%s(SB)\n", f.name, f.frame(), test, framed, cgo)
}

// overCgo is the function that calls through cgo, always with six arguments: C functions ignore
// registers that they have no parameter for.
func (f function) overCgo(pointers int) string {
	var list []string
	for _, p := range f.parameters {
		list = append(list, p.name)
	}
	for len(list) < most {
		list = append(list, "0")
	}
	call := fmt.Sprintf("leafcgo.P%d(unsafe.Pointer(fn), %s)", pointers, strings.Join(list, ", "))
	return "func " + f.signature() + " {\n\t" + f.returned(call) + "\n}\n"
}

func (f function) returned(call string) string {
	if f.result == "" {
		return call
	}
	return "return " + call
}

// formatted is the text as gofmt would have it.
func formatted(text string) string {
	out, err := format.Source([]byte(text))
	if err != nil {
		panic(err)
	}
	return string(out)
}
