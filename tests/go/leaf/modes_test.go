package leaf_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAStormPassesInEveryBuildMode(t *testing.T) {
	passes(t, nil, build(t, nil, "-buildmode=pie"), "-duration", "2s")
	for _, mode := range []string{"c-shared", "c-archive"} {
		library := build(t, nil, "-buildmode="+mode)
		host := library + "-host"
		name := library + map[string]string{"c-shared": ".so", "c-archive": ".a"}[mode]
		if err := os.Rename(library, name); err != nil {
			t.Fatal(err)
		}
		compile := exec.Command("cc", "-O2", "-Wall", "-Werror", "-o", host, filepath.Join("testdata", "host.c"), name, "-pthread", "-ldl", "-lm")
		if out, err := compile.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", compile.Args, err, out)
		}
		passes(t, nil, host)
	}
}

// Whatever switches leaf calls off at build time or at start is the reason given, and the same call then
// goes by cgo.
func TestAvailableGivesTheReason(t *testing.T) {
	for _, c := range []struct {
		name        string
		environment []string
		flags       []string
		want        string
	}{
		{"on", nil, nil, `true ""`},
		{"race", nil, []string{"-race"}, `false "this binary was built with -race"`},
		{"asan", []string{"ASAN_OPTIONS=detect_leaks=0"}, []string{"-asan"}, `false "this binary was built with -asan"`},
		{"tag", nil, []string{"-tags=escrow_noleaf"}, `false "this binary was built with the tag escrow_noleaf"`},
		{"unoptimised", []string{"CGO_CFLAGS=-O0"}, nil, `false "C is compiled without optimisation or with a sanitizer"`},
		{"sanitized", []string{"CGO_CFLAGS=-O2 -fsanitize=address", "CGO_LDFLAGS=-fsanitize=address", "ASAN_OPTIONS=detect_leaks=0"}, nil,
			`false "C is compiled without optimisation or with a sanitizer"`},
		{"environment", []string{"ESCROW_LEAF=off"}, nil, `false "ESCROW_LEAF=off"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := build(t, c.environment, c.flags...)
			out := passes(t, c.environment, program, "-available")
			if want := c.want + " 91\n"; out != want { // 1 + 2*2 + 3*3 ... 6*6
				t.Errorf("%q, not %q", out, want)
			}
		})
	}
}

// Builds that cannot be run here: the files that go build would take say what would be missing.
func TestEveryBuildHasItsReason(t *testing.T) {
	for _, c := range []struct {
		name        string
		environment []string
		flags       []string
		want        string // of the files, those two that differ
	}{
		{"amd64", nil, nil, "calls_trampoline.go missing_nothing.go"},
		{"arm64", []string{"GOARCH=arm64"}, nil, "calls_trampoline.go missing_nothing.go"},
		{"darwin", []string{"GOOS=darwin", "GOARCH=arm64"}, nil, "calls_trampoline.go missing_nothing.go"},
		{"msan", nil, []string{"-msan"}, "calls_plain.go missing_msan.go"},
		{"freebsd", []string{"GOOS=freebsd"}, nil, "calls_plain.go missing_platform.go"},
		{"riscv", []string{"GOARCH=riscv64"}, nil, "calls_plain.go missing_platform.go"},
		{"no cgo", []string{"CGO_ENABLED=0"}, nil, "calls_plain.go missing_cgo.go"},
	} {
		list := exec.Command("go", append(append([]string{"list"}, c.flags...), "-f", `{{join .GoFiles " "}}`, "example.com/escrow/go/leaf")...)
		list.Env = append(append(os.Environ(), "CGO_ENABLED=1"), c.environment...)
		out, err := list.CombinedOutput()
		differ := regexp.MustCompile(`\b(calls_(trampoline|plain)|missing_\w+)\.go`).FindAllString(string(out), -1)
		if got := strings.Join(differ, " "); err != nil || got != c.want {
			t.Errorf("%s: %q, not %q (%v, %s)", c.name, got, c.want, err, out)
		}
	}
}

// The assembly of the systems that are not at hand.
func TestTheAssemblyForOtherSystemsAssembles(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	include := filepath.Join(strings.TrimSpace(string(root)), "pkg", "include")
	for _, processor := range []string{"amd64", "arm64"} {
		for _, file := range []string{"go/leaf/calls_", "go/internal/facade/leaves_"} {
			assemble := exec.Command("go", "tool", "asm", "-p", "assembled", "-I", include, "-o", filepath.Join(t.TempDir(), "o"),
				filepath.Join("..", "..", "..", file+processor+".s"))
			assemble.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+processor)
			if out, err := assemble.CombinedOutput(); err != nil {
				t.Errorf("%s for darwin/%s: %v\n%s", file, processor, err, out)
			}
		}
	}
}

// The oldest version that go.mod allows, and the newest there is.
func TestAStormPassesWithOtherToolchains(t *testing.T) {
	for _, version := range otherToolchains(t) {
		t.Run(version, func(t *testing.T) {
			environment := []string{"GOTOOLCHAIN=" + version}
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			probe := exec.CommandContext(ctx, "go", "version")
			probe.Env = append(os.Environ(), environment...)
			if out, err := probe.CombinedOutput(); err != nil {
				t.Skipf("NOT RUN: %s cannot be had: %s", version, out)
			}
			program := build(t, environment)
			if out := passes(t, nil, program, "-duration", "2s"); !strings.Contains(out, version+" ") {
				t.Errorf("this was not %s: %s", version, out)
			}
			faultEnds(t, "frameless", "8", program)
			facade := exec.CommandContext(ctx, "go", "test", "-buildvcs=false", "-count=1", "example.com/escrow/go/internal/facade")
			facade.Env = append(os.Environ(), environment...)
			if out, err := facade.CombinedOutput(); err != nil {
				t.Errorf("the facade's leaves: %v\n%s", err, out)
			}
		})
	}
}

// otherToolchains asks the module proxy for the released versions.
func otherToolchains(t *testing.T) []string {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-versions", "golang.org/toolchain").Output()
	if err != nil {
		t.Skipf("NOT RUN: no module proxy can be reached: %v", err)
	}
	released := regexp.MustCompile(`go1\.(\d+)\.(\d+)\.` + runtime.GOOS + "-" + runtime.GOARCH + `\b`)
	newest := map[int]int{} // the newest patch of each minor version
	for _, m := range released.FindAllStringSubmatch(string(out), -1) {
		minor, _ := strconv.Atoi(m[1])
		patch, _ := strconv.Atoi(m[2])
		newest[minor] = max(newest[minor], patch)
	}
	var minors, wanted []string
	last := 0
	for minor := range newest {
		last = max(last, minor)
	}
	for _, minor := range []int{25, last} {
		version := "go1." + strconv.Itoa(minor) + "." + strconv.Itoa(newest[minor])
		if _, there := newest[minor]; there && version != runtime.Version() && !slices.Contains(wanted, version) {
			wanted = append(wanted, version)
		}
		minors = append(minors, version)
	}
	if len(wanted) == 0 {
		t.Fatalf("no other toolchain among %v", minors)
	}
	return wanted
}

// arm64 in an emulator: with the flight recorder and the block profile on, as always in a storm.
func TestAStormPassesOnArm64(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("emulated on linux/amd64 only")
	}
	for _, tool := range []string{"aarch64-linux-gnu-gcc", "qemu-aarch64"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("NOT RUN: no %s here", tool)
		}
	}
	program := build(t, []string{"GOARCH=arm64", "CGO_ENABLED=1", "CC=aarch64-linux-gnu-gcc"})
	emulated := []string{"qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", program}
	t.Log("emulated:")
	out := passes(t, nil, append(emulated, "-rooms", "3000")...)
	room, err := strconv.ParseUint(strings.TrimSpace(strings.TrimPrefix(out, "room:")), 10, 64)
	if err != nil || room < contractRoom["arm64"] {
		t.Errorf("emulated: a C function had %d bytes of stack, less than %d (%v)", room, contractRoom["arm64"], err)
	}
	passes(t, nil, append(emulated, "-duration", "4s", "-goroutines", "60", "-least", "200")...)
	for _, fault := range []string{"framed", "frameless"} {
		faultEnds(t, fault, "8", emulated...)
	}
}
