//go:build cgo

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/escrow/go/leaf"
)

const closedClean = "live handles: results 0, files 0\n"

func TestExitStatusIsThatOfGrep(t *testing.T) {
	root := t.TempDir()
	path := write(t, root, "a/b.go", "package b\n\nfunc Find() {}\n")
	write(t, root, "c.go", "func Other()")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stdout string
		stderr string
	}{
		{"found", []string{"-once", "func Find"}, exitFound, path + ":3:func Find() {}\n", closedClean},
		{"nothing", []string{"-once", "zyxwvutsrq"}, exitNothing, "", closedClean},
		{"regexp", []string{"-regexp", "-once", "^func [F]"}, exitFound, path + ":3:func Find() {}\n", closedClean},
		{"short", []string{"-once", "b"}, exitFound, path + ":1:package b\n", closedClean},
		{"limit", []string{"-limit", "1", "-once", "func"}, exitFound, path + ":3:func Find() {}\n", closedClean},
		{"no line end", []string{"-once", "Other"}, exitFound, root + "/c.go:1:func Other()\n", closedClean},
		{"bad regexp", []string{"-regexp", "-once", "a(b"}, exitError, "", "missing closing )"},
		{"empty query", []string{"-once", ""}, exitError, "", "needs a query"},
		{"two lines", []string{"-once", "a\nb"}, exitError, "", "line end"},
		{"no such root", []string{"-root", root + "/nowhere", "-once", "x"}, exitError, "", "no such file or directory"},
		{"root is a file", []string{"-root", path, "-once", "x"}, exitError, "", "not a directory"},
		{"unknown flag", []string{"-nonsense"}, exitError, "", "nonsense"},
		{"argument", []string{"query"}, exitError, "", "unexpected argument"},
		{"workers", []string{"-workers", "0", "-once", "x"}, exitError, "", "not from 1 to 64"},
		{"memory", []string{"-memory", "16", "-once", "x"}, exitError, "", "size out of range; raise -memory"},
		{"port", []string{"-port", "65536"}, exitError, "", "not from 0 to 65535"},
		{"watch once", []string{"-watch", "1s", "-once", "x"}, exitError, "", "-watch belongs to the service"},
		{"watch too often", []string{"-watch", "1ms"}, exitError, "", "not 0 or at least 100ms"},
		{"leak of Go", []string{"-plant", "go", "-once", "func"}, exitLeak, "func", "live handles: results 1, files 0\n"},
		{"leak of C++", []string{"-plant", "engine", "-once", "func"}, exitLeak, "func", "live handles: results 1, files 0\n"},
		{"leak and nothing found", []string{"-plant", "engine", "-once", "zyxw"}, exitLeak, "", "references still out"},
		{"leak without a ledger", []string{"-plant", "go", "-once", "zyxw"}, exitLeak, "", "-ledger 1 shows who acquired it"},
		{"leak with a ledger", []string{"-plant", "go", "-ledger", "1", "-once", "zyxw"}, exitLeak, "", ".(*history).remember "},
		{"ledger without a leak", []string{"-ledger", "1", "-once", "zyxw"}, exitNothing, "", closedClean},
		{"no such mistake", []string{"-plant", "c", "-once", "x"}, exitError, "", "there are go and engine"},
		{"ledger", []string{"-ledger", "-1", "-once", "x"}, exitError, "", "-ledger -1 is not from 0 to"},
		{"help", []string{"-help"}, exitFound, "", "usage: cgo_demo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := runProgram(t, append([]string{"-root", root}, c.args...)...)
			stdoutOK := got.stdout == c.stdout || c.status == exitLeak && strings.Contains(got.stdout, c.stdout)
			if got.status != c.status || !stdoutOK || !strings.Contains(got.stderr, c.stderr) {
				t.Errorf("%q: status %d, want %d\nstdout %q\nwant   %q\nstderr %q\nwant   %q", c.args, got.status, c.status,
					got.stdout, c.stdout, got.stderr, c.stderr)
			}
		})
	}
}

func TestRootIsPrintedAsItWasGiven(t *testing.T) {
	root := t.TempDir()
	write(t, root, "real/a.go", "func A\n")
	if err := os.Symlink("real", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ given, want string }{
		{".", "./link/a.go"}, {"./link/", "./link/a.go"}, {"link", "link/a.go"}, {"real/../link", "real/../link/a.go"},
	} {
		cmd := program("-root", c.given, "-once", "func A")
		cmd.Dir = root
		want := c.want
		if c.given == "." { // a link below the root is not followed
			want = "./real/a.go"
		}
		if got := outcomeOf(t, cmd); got.stdout != want+":1:func A\n" {
			t.Errorf("-root %s: %q, want %q\n%s", c.given, got.stdout, want, got.stderr)
		}
	}
}

// server is the program, serving.
type server struct {
	address string // http://127.0.0.1:port/
	end     func(os.Signal) (status int, stderr string)
}

func startServer(t *testing.T, arguments ...string) server {
	t.Helper()
	cmd := program(append([]string{"-port", "0"}, arguments...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() }) // does nothing when it has ended
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		cmd.Wait()
		t.Fatalf("no address on stdout: %v\n%s", err, stderr.String())
	}
	return server{address: strings.TrimSpace(line), end: func(signal os.Signal) (int, string) {
		t.Helper()
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, stdout)
		cmd.Wait()
		return cmd.ProcessState.ExitCode(), stderr.String()
	}}
}

func TestSignalsDrain(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a.go", "func A\n")
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := startServer(t, "-root", root)
		if !regexp.MustCompile(`^http://127\.0\.0\.1:[0-9]+/$`).MatchString(s.address) {
			t.Errorf("address %q", s.address)
		}
		if _, body := get(t, s.address+"search?q=func"); !strings.Contains(body, `"file":"a.go"`) {
			t.Errorf("/search answers %s", body)
		}
		status, stderr := s.end(signal)
		if status != exitFound || !strings.Contains(stderr, closedClean) {
			t.Errorf("%v: status %d, stderr %s", signal, status, stderr)
		}
	}
}

// Requests that are under way when the signal comes end before the pools do.
func TestSignalsDrainRequestsUnderWay(t *testing.T) {
	s := startServer(t, "-root", filepath.Join(goRoot(t), "src", "net"))
	var clients sync.WaitGroup
	var answered atomic.Int64
	for i := range 4 {
		clients.Go(func() {
			url := s.address + []string{"search?q=e&limit=100000", "search?q=[a-z]{9}&regexp=1&limit=100000"}[i%2]
			for {
				r, err := http.Get(url)
				if err != nil {
					return
				}
				n, err := io.Copy(io.Discard, r.Body)
				r.Body.Close()
				if err == nil && n > 0 {
					answered.Add(1)
				}
			}
		})
	}
	for answered.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	status, stderr := s.end(syscall.SIGTERM)
	clients.Wait()
	if status != exitFound || !strings.Contains(stderr, closedClean) {
		t.Errorf("status %d, stderr %s", status, stderr)
	}
}

func TestALeakIsSeenAfterServing(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a.go", "func A\n")
	s := startServer(t, "-root", root, "-plant", "engine")
	get(t, s.address+"search?q=func")
	get(t, s.address+"search?q=zyxw")
	status, stderr := s.end(syscall.SIGTERM)
	if status != exitLeak || !strings.Contains(stderr, "results 2, files 0\n") {
		t.Errorf("status %d, stderr %s", status, stderr)
	}
}

// A signal that comes while files and tickets are between the two languages leaves nothing either.
func TestSignalsDrainWhileIndexing(t *testing.T) {
	root := filepath.Join(goRoot(t), "src")
	for _, after := range []time.Duration{20, 60, 120, 200} {
		cmd := program("-root", root, "-port", "0", "-queue", "2")
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after * time.Millisecond)
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		// Before the program has said what signals mean to it, the signal just ends it.
		if state := cmd.ProcessState; state.Sys().(syscall.WaitStatus).Signaled() {
			t.Logf("after %d ms the program was not up yet", after)
			continue
		}
		if status := cmd.ProcessState.ExitCode(); status != exitFound || !strings.Contains(stderr.String(), closedClean) {
			t.Errorf("SIGTERM after %d ms: status %d, stderr %s", after, status, stderr.String())
		}
	}
}

func TestAPortInUseIsAnErrorWithASentence(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	got := runProgram(t, "-root", t.TempDir(), "-port", fmt.Sprint(port))
	if got.status != exitError || !strings.Contains(got.stderr, "address already in use") ||
		!strings.Contains(got.stderr, closedClean) {
		t.Errorf("status %d, stderr %s", got.status, got.stderr)
	}
}

// A reader that goes away, as head does, must not end the program before it has drained.
func TestAClosedPipeDrains(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a.go", strings.Repeat("func A\n", 100000))
	cmd := program("-root", root, "-once", "func")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	bufio.NewReader(out).ReadString('\n')
	out.Close()
	cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != exitError || !strings.Contains(stderr.String(), closedClean) {
		t.Errorf("status %d, stderr %s", status, stderr.String())
	}
}

func TestStatsPrintsSpeeds(t *testing.T) {
	got := runProgram(t, "-stats", "-root", filepath.Join(goRoot(t), "src", "net"))
	for _, want := range []string{"MB/s", "queries", "P50", "P99", "ListenAndServe"} {
		if got.status != exitFound || !strings.Contains(got.stdout, want) {
			t.Errorf("status %d, no %q in %s%s", got.status, want, got.stdout, got.stderr)
		}
	}
}

// The demo runs on leaf calls, unless it is told not to, and says so.
func TestTheDemoRunsOnLeafCalls(t *testing.T) {
	if ok, reason := leaf.Available(); !ok {
		t.Skip(reason)
	}
	dir := t.TempDir()
	write(t, dir, "one.go", "package one\n")
	for setting, want := range map[string]string{"": "crossings by leaf calls; ", "off": "crossings by cgo calls: ESCROW_LEAF=off\n"} {
		cmd := program("-stats", "-root", dir)
		cmd.Env = append(cmd.Env, "ESCROW_LEAF="+setting)
		if got := outcomeOf(t, cmd); got.status != exitFound || !strings.Contains(got.stdout, want) {
			t.Errorf("ESCROW_LEAF=%s: status %d, no %q in %s%s", setting, got.status, want, got.stdout, got.stderr)
		}
	}
}

func get(t *testing.T, url string) (code int, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}
