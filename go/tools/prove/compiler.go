package prove

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// compiler is gcc with the flags of the code that is linked.
type compiler struct {
	command []string
	unit    string
	folder  string // for what is made; the caller removes it
	arm64   bool
	redZone int // bytes that a function which calls nothing may use below its frame, uncounted
}

// identify asks the compiler what it is and refuses one that cannot tell stack and calls.
func identify(command []string, unit, folder string) (*compiler, error) {
	c := &compiler{command: command, unit: unit, folder: folder}
	for _, flag := range command[1:] {
		if strings.HasPrefix(flag, "-flto") {
			return nil, fmt.Errorf("%s: the linker compiles the unit again and differently; compile leaves without it", flag)
		}
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil, fmt.Errorf("%s is not installed (%w); the proof needs gcc 10 or newer", command[0], err)
	}
	out, err := c.run("-dM", "-E", "-x", "c++", os.DevNull)
	if err != nil {
		return nil, err
	}
	macros := map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		if fields := strings.SplitN(line, " ", 3); len(fields) == 3 {
			macros[fields[1]] = fields[2]
		}
	}
	if _, is := macros["__clang__"]; is {
		return nil, fmt.Errorf("%s is clang, which has no -fcallgraph-info; prove the unit with gcc 10 or newer and the same flags", command[0])
	}
	if major, _ := strconv.Atoi(macros["__GNUC__"]); major < 10 {
		return nil, fmt.Errorf("%s is gcc %s; -fcallgraph-info needs gcc 10 or newer", command[0], macros["__GNUC__"])
	}
	_, amd64 := macros["__x86_64__"]
	_, c.arm64 = macros["__aarch64__"]
	if !amd64 && !c.arm64 {
		return nil, fmt.Errorf("%s compiles for neither x86-64 nor aarch64", command[0])
	}
	if amd64 {
		c.redZone = 128
		for _, flag := range command {
			switch flag {
			case "-mno-red-zone":
				c.redZone = 0
			case "-mred-zone":
				c.redZone = 128
			}
		}
	}
	return c, nil
}

func (c *compiler) run(arguments ...string) ([]byte, error) {
	cmd := exec.Command(c.command[0], append(append([]string{}, c.command[1:]...), arguments...)...)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(talk.String())
		if text == "" {
			text = err.Error()
		}
		return nil, errors.New(strings.Join(cmd.Args, " ") + ":\n" + text)
	}
	return out.Bytes(), nil
}

// compiled is one compilation: the call graph and the assembly, and the object where asked for.
type compiled struct {
	graph    graph
	assembly map[string]*body
	object   string
}

// linked compiles the unit as it is linked; debug information does not change gcc's code.
func (c *compiler) linked() (*compiled, error) {
	assembly := filepath.Join(c.folder, "linked.s")
	if _, err := c.run("-g", "-fstack-usage", "-fcallgraph-info=su,da", "-S", "-o", assembly, c.unit); err != nil {
		return nil, err
	}
	object := filepath.Join(c.folder, "linked.o")
	if out, err := exec.Command(c.command[0], "-c", "-o", object, assembly).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("assembling: %w\n%s", err, out)
	}
	made, err := c.made(assembly)
	if err == nil {
		made.object = object
	}
	return made, err
}

// apart compiles the unit so that a loop stays in the function it is written in. Forced inlining is
// undone by its attribute's name; the one that system headers use has another spelling.
func (c *compiler) apart() (*compiled, error) {
	assembly := filepath.Join(c.folder, "apart.s")
	_, err := c.run("-g0", "-O1", "-fno-inline", "-fno-jump-tables", "-fno-tree-loop-distribute-patterns",
		"-fno-optimize-sibling-calls", "-Dalways_inline=noinline", "-w", "-Wno-error", "-fstack-usage",
		"-fcallgraph-info=su,da", "-S", "-o", assembly, c.unit)
	if err != nil {
		return nil, err
	}
	return c.made(assembly)
}

func (c *compiler) made(assembly string) (*compiled, error) {
	g, err := readGraph(strings.TrimSuffix(assembly, ".s") + ".ci")
	if err != nil {
		return nil, err
	}
	bodies, err := readAssembly(assembly, c.arm64)
	return &compiled{graph: g, assembly: bodies}, err
}
