//go:build cgo

package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

var sanitizer = flag.Bool("sanitizer", false, "walk through docs/leaks.md with AddressSanitizer, which takes minutes to build")

// planted are the mistakes of -plant, where they are, and what of a line names them.
var planted = map[string]struct{ function, file, line string }{
	"engine": {"planted::checkpoint", "engine/planted.cpp", "escrow_acquire("},
	"go":     {"(*history).remember", "service/planted.go", "pool.Acquire("},
}

// placeOf is function, file and line of a mistake, as reports name it.
func placeOf(t *testing.T, plant string) *regexp.Regexp {
	t.Helper()
	p := planted[plant]
	text, err := os.ReadFile(p.file)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, p.line) {
			return regexp.MustCompile(fmt.Sprintf(`%s\b.*/cgo_demo/%s:%d\b`, regexp.QuoteMeta(p.function), regexp.QuoteMeta(p.file), i+1))
		}
	}
	t.Fatalf("no line of %s has %s", p.file, p.line)
	return nil
}

// step is a block of the page that a reader runs, and lines that are shown of its output; of the last, which is a key, only
// these.
type step struct{ command, shown string }

// walk are the steps of the page, by name: a block that follows the line <!-- walk: NAME -->, and the block of output
// that comes next.
func walk(t *testing.T) map[string]step {
	t.Helper()
	page, err := os.ReadFile("../docs/leaks.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := make(map[string]step)
	block := "```[a-z]*\n(.*?)```\n"
	for _, m := range regexp.MustCompile(`(?s)<!-- walk: ([a-z]+) -->\n`+block+`(?:\n`+block+`)?`).FindAllStringSubmatch(string(page), -1) {
		steps[m[1]] = step{m[2], m[3]}
	}
	if len(steps) != 7 {
		t.Fatalf("the page has %d steps", len(steps))
	}
	steps["stop"] = step{"", steps["stop"].command}
	return steps
}

// shell is a command of the page, run in the repository's root as a reader runs it, but for the port and the mistake.
func shell(t *testing.T, command, port, plant string) *exec.Cmd {
	command = strings.ReplaceAll(command, ":8080/", ":"+port+"/")
	command = strings.ReplaceAll(command, "build/before", "build/before-"+port)
	if plant == "none" {
		command = strings.ReplaceAll(command, "-plant engine ", "")
	} else {
		command = strings.ReplaceAll(command, "-plant engine ", "-plant "+plant+" ")
	}
	cmd := exec.Command("bash", "-c", command)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
	return cmd
}

// isShown compares what the page shows of the plant in the engine with what was written: line by line, in order, whatever
// numbers and spaces there are, and with others in between.
func isShown(t *testing.T, shown, written string) {
	t.Helper()
	numbers, spaces := regexp.MustCompile(`0x[0-9a-f]+|([0-9]+[hm])*[0-9][0-9.,]*( ?(B|KiB|MiB|kB|MB|ms|s)\b)?`), regexp.MustCompile(`[ \t]+`)
	plain := func(line string) string {
		line = regexp.MustCompile(`\S*/cgo_demo/`).ReplaceAllString(line, "cgo_demo/")
		return strings.TrimSpace(spaces.ReplaceAllString(numbers.ReplaceAllString(line, "N"), " "))
	}
	rest := strings.Split(written, "\n")
	for line := range strings.Lines(shown) {
		want := plain(line)
		at := 0
		for at < len(rest) && plain(rest[at]) != want {
			at++
		}
		if at == len(rest) {
			t.Errorf("the page shows %q, which was not written there:\n%s", line, written)
			return
		}
		rest = rest[at+1:]
	}
}

// start runs the page's server until the test ends; stop interrupts it and returns what it wrote on stderr.
func start(t *testing.T, s step, plant string) (port string, stop func() string) {
	t.Helper()
	cmd := shell(t, "exec "+strings.TrimSpace(s.command)+" -port 0", "", plant)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() }) // does nothing when it has ended
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cmd.Wait()
		t.Fatalf("no address: %v\n%s", err, stderr.String())
	}
	stop = func() string {
		cmd.Process.Signal(syscall.SIGINT)
		io.Copy(io.Discard, out)
		cmd.Wait()
		return stderr.String()
	}
	return strings.Trim(line[strings.LastIndex(line, ":"):], ":/\n"), stop
}

// Each step of the page's walk, as it stands there, names the function and the line of the mistake that was planted, and
// of no other; and none where none was planted.
func TestTheWalkThroughThePageNamesThePlantedLine(t *testing.T) {
	steps := walk(t)
	for _, plant := range []string{"engine", "go", "none"} {
		port, stop := start(t, steps["start"], plant)
		t.Run(plant, func(t *testing.T) {
			t.Parallel()
			said := map[string]string{}
			for _, name := range []string{"before", "load", "page", "pprof"} {
				out, err := shell(t, steps[name].command, port, plant).Output()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				said[name] = string(out)
			}
			said["stop"] = stop()
			// The page's other sites are those of what is held by right: what is suspect comes first.
			said["page"], _, _ = strings.Cut(said["page"], "\nPools\n")
			for _, name := range []string{"page", "pprof", "stop"} {
				for other := range planted {
					if placeOf(t, other).MatchString(said[name]) != (other == plant) {
						t.Errorf("-plant %s, %s: %s is named or is not:\n%s", plant, name, placeOf(t, other), said[name])
					}
				}
				if plant == "engine" {
					isShown(t, steps[name].shown, said[name])
				}
			}
		})
	}
}

func TestTheSanitizerNamesThePlantedLine(t *testing.T) {
	if !*sanitizer {
		t.Skip("without -sanitizer")
	}
	s := walk(t)["sanitizer"]
	for _, plant := range []string{"engine", "go", "none"} {
		begin := time.Now()
		out, _ := shell(t, s.command, "", plant).CombinedOutput() // a leak is an error of the program
		t.Logf("-plant %s took %v", plant, time.Since(begin).Round(time.Second))
		for other := range planted {
			if placeOf(t, other).Match(out) != (other == plant) {
				t.Errorf("-plant %s: %s is named or is not:\n%s", plant, placeOf(t, other), out)
			}
		}
		if strings.Contains(string(out), "LeakSanitizer") != (plant != "none") {
			t.Errorf("-plant %s: %s", plant, out)
		}
		if plant == "engine" {
			isShown(t, s.shown, string(out))
		}
	}
}

// What the page says of where to look is so: the lines that it names are those of the mistakes.
func TestThePageNamesThePlantedLines(t *testing.T) {
	page, err := os.ReadFile("../docs/leaks.md")
	if err != nil {
		t.Fatal(err)
	}
	for plant := range planted {
		if !placeOf(t, plant).Match(page) {
			t.Errorf("%s is not in the page", placeOf(t, plant))
		}
	}
}
