package leaf_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/escrow/go/leaf"
	"example.com/escrow/tests/go/leaf/storm"
)

// contractRoom is what a C function must at least have below its stack pointer: several times the
// contract on amd64; on arm64 the frame of the trampoline less the C frame of leafcgo.
var contractRoom = map[string]uint64{"amd64": 3 * leaf.StackLimit, "arm64": 960}

// build builds the program with more environment and flags.
func build(t *testing.T, environment []string, flags ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	command := exec.Command("go", append(append([]string{"build", "-buildvcs=false", "-o", program}, flags...), "./program")...)
	command.Env = append(os.Environ(), environment...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go build %v: %v\n%s", flags, err, out)
	}
	return program
}

// run runs a command to its end, at most 200 seconds, and returns what it said and whether all was well.
func run(t *testing.T, environment []string, command ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Env = append(os.Environ(), environment...)
	out, err := c.CombinedOutput()
	text := strings.ReplaceAll(string(out), "runtime: cannot set cpu profile rate until previous profile has finished.\n", "")
	return text, err
}

// passes runs a command that must succeed.
func passes(t *testing.T, environment []string, command ...string) string {
	t.Helper()
	out, err := run(t, environment, command...)
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	t.Log(strings.TrimSpace(out))
	return out
}

func TestCHasTheStackThatTheContractSays(t *testing.T) {
	if ok, reason := leaf.Available(); !ok {
		t.Skip(reason)
	}
	room := storm.Room(3000)
	t.Logf("at least %d bytes", room)
	if room < contractRoom[runtime.GOARCH] {
		t.Errorf("a C function had %d bytes of stack, less than %d", room, contractRoom[runtime.GOARCH])
	}
}

// The storm as an executable, with the world stopped by signals and by cooperation.
func TestAStormPasses(t *testing.T) {
	program := build(t, nil)
	for _, off := range []string{"0", "1"} {
		passes(t, []string{"GODEBUG=asyncpreemptoff=" + off}, program, "-duration", "4s")
	}
	passes(t, []string{"GOGC=5"}, program, "-duration", "2s", "-goroutines", "3000", "-dumps=false")
}

func TestDumpsAndProfilesLoseNoCaller(t *testing.T) {
	const least = 5000
	out := passes(t, nil, build(t, nil), "-goroutines", "20", "-least", strconv.Itoa(least))
	sampled := 0
	if _, err := fmt.Sscanf(regexp.MustCompile(`\d+ goroutines sampled`).FindString(out), "%d", &sampled); err != nil || sampled < least {
		t.Errorf("%d goroutines sampled, fewer than %d: %v", sampled, least, err)
	}
}

// Every stack in a trace that is inside a trampoline goes on to its caller. How many there are is the
// scheduler's doing: a goroutine is seen there when it stops there. So storms are traced until there are enough.
func TestTracesLoseNoCaller(t *testing.T) {
	const least = 2000
	program := build(t, nil)
	inside := 0
	for end := time.Now().Add(150 * time.Second); inside < least && time.Now().Before(end); {
		inside += stacksInTrampolines(t, program)
	}
	t.Logf("%d stacks in a trampoline", inside)
	if inside < least {
		t.Errorf("only %d stacks in a trampoline", inside)
	}
}

// stacksInTrampolines traces a storm and counts them.
func stacksInTrampolines(t *testing.T, program string) (inside int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace")
	passes(t, nil, program, "-duration", "3s", "-goroutines", "50", "-trace", file)
	command := exec.Command("go", "tool", "trace", "-d=parsed", file)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go tool trace: %v\n%s", err, complaints.String())
	}
	for _, stack := range regexp.MustCompile(`\n[A-Za-z]*Stack=\n|\n\n`).Split(string(out), -1) {
		if !strings.Contains(stack, "\texample.com/escrow/go/leaf.framed") {
			continue
		}
		inside++
		if !strings.Contains(stack, "\texample.com/escrow/tests/go/leaf/storm.(*run).") {
			t.Fatalf("a stack lost its callers:\n%s", stack)
		}
	}
	return inside
}

func TestAFaultInALeafEndsTheProcess(t *testing.T) {
	program := build(t, nil)
	for _, fault := range []string{"framed", "frameless"} {
		for _, address := range []string{"8", "1048576"} {
			faultEnds(t, fault, address, program)
		}
	}
}

func faultEnds(t *testing.T, fault, address string, command ...string) {
	t.Helper()
	out, err := run(t, nil, append(command, "-fault", fault, "-address", address)...)
	if err == nil || strings.Contains(out, "recovered") {
		t.Errorf("%s at %s went on:\n%s", fault, address, out)
	}
	if !strings.Contains(out, "example.com/escrow/go/leaf.framedW1") {
		t.Errorf("%s at %s does not name the trampoline:\n%s", fault, address, out)
	}
	if !regexp.MustCompile(`(pc=|called from )0x[0-9a-f]+`).MatchString(out) {
		t.Errorf("%s at %s prints no pc:\n%s", fault, address, out)
	}
}
