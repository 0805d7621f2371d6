//go:build cgo && (linux || darwin)

package report_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/inventory"
	"example.com/escrow/go/report"
)

// What ends processes is tested in children: this binary under another name.
const child = "ESCROW_REPORT_CHILD"

func TestMain(m *testing.M) {
	switch what := os.Getenv(child); what {
	case "":
		os.Exit(m.Run())
	case "signal":
		childAtSignal()
	default:
		childAtExit(what)
	}
}

var kept []escrow.Guard

//go:noinline
func keep(p *escrow.Pool) {
	g, err := p.Acquire(100)
	if err != nil {
		log.Fatal(err)
	}
	kept = append(kept, g)
}

func childPool() *escrow.Pool {
	p, err := escrow.Open(escrow.Options{Name: "of the child"})
	if err != nil {
		log.Fatal(err)
	}
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		log.Fatal(err)
	}
	return p
}

func childAtExit(what string) {
	defer report.DumpOnExit(os.Stdout)()
	p := childPool()
	defer p.Close()
	keep(p)
	switch what {
	case "clean":
		kept[0].Close()
	case "dropped":
		kept = nil
	case "exit":
		report.Exit(3)
	case "os.Exit":
		os.Exit(4)
	case "panic":
		panic("on purpose")
	case "twice":
		report.DumpOnExit(io.Discard)()
	}
}

func childAtSignal() {
	keep(childPool())
	stop := report.DumpOnSignal(os.Stdout, syscall.SIGUSR1)
	defer stop()
	path := os.Getenv("ESCROW_REPORT_PATH")
	defer report.SaveOnSignal(path, syscall.SIGUSR2)()
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	fmt.Println("ready")
	<-end
	stop()
	fmt.Println("stopped")
}

func command(what string, env ...string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), append(env, child+"="+what)...)
	return c
}

func TestWhatIsLiveAtTheEndOfMainIsReported(t *testing.T) {
	for _, c := range []struct {
		what   string
		status int
		says   string // "" = nothing at all
	}{
		{"leaky", 0, "report_test.keep"},
		{"clean", 0, ""},
		{"dropped", 0, "1 guard or ticket of Go dropped without Close"},
		{"exit", 3, "report_test.keep"},
		{"os.Exit", 4, ""},
		{"panic", 2, "report_test.keep"},
		{"twice", 0, "report_test.keep"},
	} {
		cmd := command(c.what)
		cmd.Stderr = io.Discard
		out, err := cmd.Output()
		var died *exec.ExitError
		if err != nil && !errors.As(err, &died) {
			t.Fatal(err)
		}
		if got := cmd.ProcessState.ExitCode(); got != c.status {
			t.Errorf("%s: status %d, not %d", c.what, got, c.status)
		}
		if c.says == "" && len(out) > 0 || !strings.Contains(string(out), c.says) || strings.Count(string(out), "Who holds what") > 1 {
			t.Errorf("%s: %s", c.what, out)
		}
		if c.says != "" && c.what != "dropped" && !strings.Contains(string(out), "100 B in 1 object") {
			t.Errorf("%s: %s", c.what, out)
		}
	}
}

func TestASignalAsksForAReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snapshot.json")
	cmd := command("signal", "ESCROW_REPORT_PATH="+path)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := make(chan string, 1000)
	go func() {
		for s := bufio.NewScanner(pipe); s.Scan(); {
			lines <- s.Text()
		}
		close(lines)
	}()
	wait := func(text string) {
		t.Helper()
		timeout := time.After(30 * time.Second)
		for {
			select {
			case line, open := <-lines:
				if !open {
					t.Fatalf("the child ended before it said %q", text)
				}
				if strings.Contains(line, text) {
					return
				}
			case <-timeout:
				t.Fatalf("no %q", text)
			}
		}
	}
	wait("ready")
	for range 2 {
		cmd.Process.Signal(syscall.SIGUSR1)
		wait("Who holds what")
		wait("report_test.keep")
	}
	cmd.Process.Signal(syscall.SIGUSR2)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		file, err := os.Open(path)
		if err == nil {
			s, err := inventory.Read(file)
			file.Close()
			if err != nil || len(s.Sites) != 1 || s.Sites[0].Bytes != 100 || s.PID != cmd.Process.Pid {
				t.Errorf("%+v, %v", s, err)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	wait("stopped")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestAFileIsReplacedAsAWholeInTheFormOfItsName(t *testing.T) {
	dir := t.TempDir()
	s := report.Take(report.Options{})
	for name, begin := range map[string]string{"a.json": "{\n \"format\": \"escrow snapshot 1\"", "a.html": "<!doctype html>", "a.txt": "Who holds what"} {
		path := filepath.Join(dir, name)
		for range 2 {
			if err := report.Save(s, path); err != nil {
				t.Fatal(err)
			}
		}
		if text, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(text), begin) {
			t.Errorf("%s: %.60q, %v", name, text, err)
		}
	}
	if err := report.Save(s, filepath.Join(dir, "none", "a.txt")); err == nil {
		t.Error("a folder that is not there")
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := report.Save(s, filepath.Join(dir, "folder")); err == nil {
		t.Error("a folder is replaced")
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
