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
