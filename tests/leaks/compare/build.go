package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

func compiler(variable, usual string) string {
	if c := os.Getenv(variable); c != "" {
		return c
	}
	return usual
}

// build compiles each half once for every build that a tool needs: most of it is the facade, which takes
// a core for most of a minute where it is not cached. With more than one job the two halves are built side
// by side. With `whole`, programs and table must be the same set.
func (b bench) build(ctx context.Context, used []tool, rows []row, jobs int, whole bool) error {
	halves := map[string]*half{"crossing": {}, "native": {}}
	for _, r := range rows {
		h := halves[r.half()]
		for _, build := range builds(used, r) {
			if !slices.Contains(h.builds, build) {
				h.builds = append(h.builds, build)
				h.binaries = append(h.binaries, b.binary(r, build))
			}
		}
	}
	slots := make(chan struct{}, jobs)
	var both sync.WaitGroup
	for name, h := range halves {
		both.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			h.err = b.buildHalf(ctx, name, h)
		})
	}
	both.Wait()
	if err := errors.Join(halves["crossing"].err, halves["native"].err); err != nil || !whole {
		return err
	}
	return b.sameSet(ctx, append(halves["crossing"].binaries, halves["native"].binaries...), rows)
}

// half is what is built of one of the two programs.
type half struct {
	builds, binaries []string
	err              error
}

func (b bench) buildHalf(ctx context.Context, name string, h *half) error {
	for i, build := range h.builds {
		how := b.buildNative
		if name == "crossing" {
			how = b.buildCrossing
		}
		if err := how(ctx, h.binaries[i], build); err != nil {
			return err
		}
	}
	return nil
}

// builds are those that the tools need of a row's half.
func builds(used []tool, r row) (all []string) {
	for _, t := range used {
		if r.expected[t.name] != "-" {
			all = append(all, t.needs(r)...)
		}
	}
	return all
}

func (b bench) buildCrossing(ctx context.Context, binary, build string) error {
	arguments := []string{"build", "-buildvcs=false", "-o", binary}
	var env []string
	switch build {
	case "cgocheck2":
		env = []string{"GOEXPERIMENT=cgocheck2"}
	case "asan":
		arguments = append(arguments, "-asan")
	case "valgrind":
		arguments = append(arguments, "-tags", "valgrind")
	}
	return command(ctx, env, "go", append(arguments, "./crossing")...)
}

func (b bench) buildNative(ctx context.Context, binary, build string) error {
	flags := []string{"-g", "-O1", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls",
		"-I../../include", "-Inative", "-pthread", "-w"} // -w: the compiler sees some of the mistakes
	switch build {
	case "asan":
		flags = append(flags, "-fsanitize=address")
	case "valgrind":
		flags = append(flags, "-DESCROW_VALGRIND")
	}
	sources, err := filepath.Glob("native/*.c*")
	if err != nil {
		return err
	}
	const facade = "../facade.cpp"
	objects := []string{}
	for _, source := range append(sources, facade) {
		object := binary + "-" + filepath.Base(source) + ".o"
		objects = append(objects, object)
		what, standard := compiler("CXX", "c++"), "-std=c++20"
		if strings.HasSuffix(source, ".c") {
			what, standard = compiler("CC", "cc"), "-std=c11"
		}
		arguments := append(slices.Clone(flags), standard, "-c", source, "-o", object)
		if source == facade {
			arguments = append(arguments, "-O0", "-g0") // no mistake is in it, and it takes longest
		}
		if err := command(ctx, nil, what, arguments...); err != nil {
			return err
		}
	}
	return command(ctx, nil, compiler("CXX", "c++"), append(append(slices.Clone(flags), objects...), "-o", binary)...)
}

func command(ctx context.Context, env []string, name string, arguments ...string) error {
	c := exec.CommandContext(ctx, name, arguments...)
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, out)
	}
	return nil
}

// sameSet compares the programs of both halves with the table.
func (b bench) sameSet(ctx context.Context, binaries []string, rows []row) error {
	var errs []error
	listed := map[string]bool{}
	for _, half := range []string{"crossing", "native"} {
		i := slices.IndexFunc(binaries, func(binary string) bool {
			return strings.HasPrefix(filepath.Base(binary), half+"-")
		})
		if i < 0 {
			continue
		}
		out, err := exec.CommandContext(ctx, binaries[i], "-l").Output()
		if err != nil {
			return fmt.Errorf("%s -l: %w", half, err)
		}
		for _, name := range strings.Fields(string(out)) {
			listed[name] = true
			if !slices.ContainsFunc(rows, func(r row) bool { return r.name == name && r.half() == half }) {
				errs = append(errs, fmt.Errorf("%s has the program %s, programs.tsv has not", half, name))
			}
		}
	}
	for _, r := range rows {
		if !listed[r.name] {
			errs = append(errs, fmt.Errorf("programs.tsv has %s, %s has not", r.name, r.half()))
		}
	}
	return errors.Join(errs...)
}

// versions is the first line that each tool says of itself.
func versions(ctx context.Context) (all []string) {
	for _, c := range [][]string{{"go", "version"}, {compiler("CC", "cc"), "--version"}, {"valgrind", "--version"}} {
		out, err := exec.CommandContext(ctx, c[0], c[1:]...).Output()
		if line, _, _ := strings.Cut(string(out), "\n"); err == nil && line != "" {
			all = append(all, strings.TrimPrefix(line, "go version "))
		}
	}
	return all
}
