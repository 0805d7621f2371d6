package prove

import (
	"bufio"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// step is an instruction or a label of gcc's assembly.
type step struct {
	label    string
	mnemonic string
	operands string
}

// body is the assembly of one function.
type body struct {
	steps []step
	arm64 bool
}

var (
	functionType = regexp.MustCompile(`^\s*\.type\s+([\w.$]+), [@%]function`)
	labelLine    = regexp.MustCompile(`^([\w.$]+):`)
	number       = regexp.MustCompile(`^\d+$`)
	numberUse    = regexp.MustCompile(`\b(\d+)([bf])$`)
	localLabel   = regexp.MustCompile(`\.L[\w.$]+$`)
)

// readAssembly splits an assembly file into functions. A numbered label of inline assembly gets a
// name of its own at each definition.
func readAssembly(path string, arm64 bool) (map[string]*body, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	bodies := map[string]*body{}
	functions := map[string]bool{}
	numbered := map[string]int{}
	var at *body
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		line := lines.Text()
		if m := functionType.FindStringSubmatch(line); m != nil {
			functions[m[1]] = true
			continue
		}
		line, _, _ = strings.Cut(line, "//")
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, text := range strings.Split(line, ";") {
			text = strings.TrimSpace(text)
			if m := labelLine.FindStringSubmatch(text); m != nil {
				text = strings.TrimSpace(text[len(m[0]):])
				label := m[1]
				switch {
				case functions[label]:
					at = &body{arm64: arm64}
					bodies[label] = at
				case number.MatchString(label):
					numbered[label]++
					label += "#" + strconv.Itoa(numbered[label])
				}
				if at != nil {
					at.steps = append(at.steps, step{label: label})
				}
			}
			if text == "" || at == nil {
				continue
			}
			if text[0] == '.' {
				if strings.HasPrefix(text, ".size") {
					at = nil
				}
				continue
			}
			mnemonic, operands, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
			operands = strings.TrimSpace(operands)
			if m := numberUse.FindStringSubmatch(operands); m != nil {
				k := numbered[m[1]]
				if m[2] == "f" {
					k++
				}
				operands = operands[:len(operands)-len(m[0])] + ".L" + m[1] + "#" + strconv.Itoa(k)
			}
			at.steps = append(at.steps, step{mnemonic: mnemonic, operands: operands})
		}
	}
	return bodies, lines.Err()
}

// jump tells where an instruction may go on: to a label, to any (a computed jump), and to the next.
func (b *body) jump(s step) (to string, any, next bool) {
	m := s.mnemonic
	branch := strings.HasPrefix(m, "j") || strings.HasPrefix(m, "loop")
	if b.arm64 {
		branch = strings.HasPrefix(m, "b") && m != "bl" || strings.HasPrefix(m, "cb") || strings.HasPrefix(m, "tb")
	}
	if branch {
		if at := strings.LastIndex(s.operands, ".L"); at >= 0 {
			to = s.operands[at:]
			if strings.Contains(to, "#") {
				to = to[2:] // a numbered label
			} else if !localLabel.MatchString(to) {
				to = ""
			}
		}
	}
	switch m {
	case "jmp":
		return to, strings.HasPrefix(s.operands, "*") && !strings.Contains(s.operands, "@GOT"), false
	case "br":
		return "", true, false
	case "b":
		return to, false, !b.arm64
	case "ret", "ud2", "brk", "hlt":
		return "", false, false
	}
	return to, false, true
}

// loops tells whether control can come back to an instruction: whether the flow graph has a cycle.
func (b *body) loops() bool {
	labels := map[string]int{}
	for i, s := range b.steps {
		if s.label != "" {
			labels[s.label] = i
		}
	}
	const open, done = 1, 2
	state := make([]int, len(b.steps)+1)
	type visit struct{ at, branch int }
	var stack []visit
	next := func(at int) []int {
		if at >= len(b.steps) {
			return nil
		}
		s := b.steps[at]
		if s.label != "" {
			return []int{at + 1}
		}
		to, any, on := b.jump(s)
		var all []int
		if i, here := labels[to]; here && to != "" {
			all = append(all, i)
		}
		if any {
			for label, i := range labels {
				if strings.HasPrefix(label, ".L") {
					all = append(all, i)
				}
			}
		}
		if on {
			all = append(all, at+1)
		}
		return all
	}
	state[0] = open
	stack = append(stack, visit{})
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		ways := next(top.at)
		if top.branch == len(ways) {
			state[top.at] = done
			stack = stack[:len(stack)-1]
			continue
		}
		to := ways[top.branch]
		top.branch++
		switch state[to] {
		case open:
			return true
		case 0:
			state[to] = open
			stack = append(stack, visit{at: to})
		}
	}
	return false
}

// systemCall is the mnemonic of an instruction that enters the kernel; "" if there is none.
func (b *body) systemCall() string {
	for _, s := range b.steps {
		switch s.mnemonic {
		case "syscall", "sysenter", "int", "svc":
			return s.mnemonic
		}
	}
	return ""
}
