package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// tool is a column of the table.
type tool struct {
	name   string
	absent func() string // why it cannot be used here; "" = it can
	run    func(ctx context.Context, b bench, r row) finding
	needs  func(r row) []string // the builds it runs
}

func (t tool) programs(rows []row) (n int) {
	for _, r := range rows {
		if r.expected[t.name] != "-" {
			n++
		}
	}
	return n
}

// finding is what a tool made of one program.
type finding struct {
	outcome  string // located, found, missed; or what went wrong with the run
	evidence string // a line of its output
	text     string // all of it
}

var tools = []tool{
	{"pprof", func() string { return "" }, runHeapProfile, func(row) []string { return []string{"plain"} }},
	{"finalizers", func() string { return "" }, runCheckFinalizers, func(row) []string { return []string{"plain"} }},
	{"cgocheck2", func() string { return "" }, runCgocheck2, func(row) []string { return []string{"cgocheck2"} }},
	{"asan", asanAbsent, runAsan, func(row) []string { return []string{"asan"} }},
	{"memcheck", memcheckAbsent, runMemcheck, memcheckBuilds},
	{"escrow", func() string { return "" }, runEscrow, func(row) []string { return []string{"plain"} }},
}

// A sign is a line by which a tool says that something is wrong.
var (
	finalizerSigns = regexp.MustCompile(`LIKELY CLEANUP/FINALIZER ISSUES`)
	cgocheckSigns  = regexp.MustCompile(`fatal error: unpinned Go pointer stored into non-Go memory`)
	asanSigns      = regexp.MustCompile(`ERROR: (AddressSanitizer|LeakSanitizer): .*`)
	memcheckSigns  = regexp.MustCompile(`Invalid (read|write|free)|Mismatched free|uninitialised value|are definitely lost in`)
	memcheckLeaks  = regexp.MustCompile(`are definitely lost in`)
)

// decide reads a tool's report: located where the report also names the place of the mistake.
func decide(signs *regexp.Regexp, report, site string) finding {
	sign := signs.FindString(report)
	switch {
	case sign == "":
		return finding{"missed", "it says nothing", report}
	case names(report, site):
		return finding{"located", sign, report}
	}
	return finding{"found", sign, report}
}

// names is whether a text names a function. Compilers add suffixes of their own behind a dot.
func names(text, function string) bool {
	return regexp.MustCompile(`\b` + regexp.QuoteMeta(function) + `\b`).MatchString(text)
}

// decideProfile reads a heap profile in its text form: located where the program's innermost function
// on a stack with memory in use is the place.
func decideProfile(profile, site string) finding {
	record := regexp.MustCompile(`^\d+: \d+ \[\d+: \d+\] @`)
	looking := false
	for _, line := range strings.Split(profile, "\n") {
		if record.MatchString(line) {
			looking = !strings.HasPrefix(line, "0: ")
		} else if looking && strings.Contains(line, "\tmain.") {
			if names(line, site) {
				return finding{"located", line, profile}
			}
			looking = false
		}
	}
	return finding{"missed", "nothing in use was made by " + site, profile}
}

// start runs a program of the corpus; how it ended is `died` unless it returned.
func (b bench) start(ctx context.Context, limit time.Duration, env []string, command ...string) (output string, exit int, failed string) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Env = append(os.Environ(), env...)
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	var died *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return string(out), -1, fmt.Sprintf("still running after %s", limit)
	case errors.As(err, &died):
		exit = died.ExitCode()
		if exit == 3 {
			return string(out), exit, "the mistake did not show"
		}
	case err != nil:
		return string(out), -1, err.Error()
	}
	return string(out), exit, ""
}

const limit = 60 * time.Second

func (b bench) binary(r row, build string) string {
	return filepath.Join(b.scratch, r.half()+"-"+build)
}

func runHeapProfile(ctx context.Context, b bench, r row) finding {
	path := filepath.Join(b.scratch, r.name+".heap")
	out, exit, failed := b.start(ctx, limit, []string{"LEAKS_PROFILE=" + path}, b.binary(r, "plain"), r.name, "naive")
	if failed != "" {
		return finding{failed, out, out}
	}
	profile, err := os.ReadFile(path)
	switch {
	case err == nil:
		return decideProfile(string(profile), r.site)
	case exit != 0:
		return finding{"missed", "the program died before there was a profile", out}
	}
	return finding{"no profile", err.Error(), out}
}

// runCgocheck2: each store of a pointer is looked at.
func runCgocheck2(ctx context.Context, b bench, r row) finding {
	out, _, failed := b.start(ctx, limit, nil, b.binary(r, "cgocheck2"), r.name, "naive")
	f := decide(cgocheckSigns, out, r.site)
	if f.outcome == "missed" && failed != "" {
		return finding{failed, out, out}
	}
	return f
}

// runCheckFinalizers: the runtime looks for finalizers and cleanups that can never run.
func runCheckFinalizers(ctx context.Context, b bench, r row) finding {
	env := []string{"GODEBUG=checkfinalizers=1"}
	out, _, failed := b.start(ctx, limit, env, b.binary(r, "plain"), r.name, "naive")
	f := decide(finalizerSigns, out, r.site)
	if f.outcome == "missed" && failed != "" {
		return finding{failed, out, out}
	}
	return f
}

func asanAbsent() string {
	out, err := exec.Command(compiler("CC", "cc"), "-print-file-name=libasan.so").Output()
	if err != nil || !strings.Contains(string(out), "/") {
		return "the C compiler has no libasan"
	}
	return ""
}

// asanReport runs a program and returns what the sanitizer wrote.
func (b bench) asanReport(ctx context.Context, r row, variant string) (report, out string, exit int, failed string) {
	log := filepath.Join(b.scratch, r.name+"."+variant+".asan")
	options := "ASAN_OPTIONS=exitcode=99:log_path=" + log
	out, exit, failed = b.start(ctx, limit, []string{options}, b.binary(r, "asan"), r.name, variant)
	logs, _ := filepath.Glob(log + ".*")
	for _, l := range logs {
		text, err := os.ReadFile(l)
		if err != nil {
			failed = err.Error()
		}
		report += string(text)
	}
	return report, out, exit, failed
}

func runAsan(ctx context.Context, b bench, r row) finding {
	report, out, exit, failed := b.asanReport(ctx, r, "naive")
	f := decide(asanSigns, report, r.site)
	switch {
	case f.outcome == "missed" && failed != "":
		return finding{failed, out, out}
	case f.outcome == "missed" && exit != 0:
		return finding{fmt.Sprintf("exit %d without a report", exit), out, out}
	}
	// The same on escrow is right, or ends in a code: never in a bad access.
	report, out, exit, failed = b.asanReport(ctx, r, "escrow")
	if failed != "" || exit != 0 || report != "" {
		return finding{fmt.Sprintf("escrow's program ends with %d %s", exit, failed), out + report, out + report}
	}
	return f
}

func memcheckAbsent() string {
	if _, err := exec.LookPath("valgrind"); err != nil {
		return "valgrind is not installed"
	}
	c := exec.Command(compiler("CC", "cc"), "-fsyntax-only", "-include", "valgrind/memcheck.h", "-x", "c", "/dev/null")
	if c.Run() != nil {
		return "valgrind/memcheck.h is not installed"
	}
	return ""
}

// memcheckBuilds: what is built for Memcheck tells it who holds what, Go and its pools by the tag `valgrind`,
// pools of C and C++ by ESCROW_VALGRIND. A Go program runs twice: so built, what is left of errors that are none is the
// runtime's own, which go.supp keeps out; but the leak check of Valgrind 3.19 dies of what it is told. An
// ordinary build has that check.
func memcheckBuilds(r row) []string {
	if r.language == "Go" {
		return []string{"valgrind", "plain"}
	}
	return []string{"valgrind"}
}

func runMemcheck(ctx context.Context, b bench, r row) finding {
	if r.language == "Go" {
		f := b.memcheck(ctx, r, "naive", "valgrind", "no", memcheckSigns)
		if f.outcome != "missed" {
			return f
		}
		return b.memcheck(ctx, r, "naive", "plain", "definite", memcheckLeaks)
	}
	f := b.memcheck(ctx, r, "naive", "valgrind", "definite", memcheckSigns)
	// Escrow's program touches nothing that it may not, and what it leaves in a pool is in the list of
	// what is reachable, with the stack that acquired it.
	held := b.memcheck(ctx, r, "escrow", "valgrind", "all", memcheckSigns)
	listed := names(held.text, "escrow_"+r.name)
	switch leaves := strings.HasPrefix(r.expected["escrow"], "report live="); {
	case held.outcome != "missed":
		return finding{"escrow's program: " + held.outcome, held.evidence, held.text}
	case leaves && !listed:
		return finding{"no stack of what escrow's program leaves", "", held.text}
	case !leaves && listed:
		return finding{"escrow's program leaves something", "", held.text}
	}
	return f
}

// memcheck runs one variant of a program. Of leaks the kinds are shown that `leaks` says, "no" for none.
func (b bench) memcheck(ctx context.Context, r row, variant, build, leaks string, signs *regexp.Regexp) finding {
	log := filepath.Join(b.scratch, r.name+"."+variant+"."+build+".memcheck")
	check := []string{"--leak-check=full", "--show-leak-kinds=" + leaks}
	if leaks == "no" {
		check = []string{"--leak-check=no"}
	}
	// A block that chases calls is one place to Memcheck, and a small function's access its caller's.
	command := append([]string{"valgrind", "--log-file=" + log, "--num-callers=40", "--vex-guest-chase=no",
		"--suppressions=go.supp"}, check...)
	// Leaf calls run C on the stacks of goroutines, which move.
	out, exit, failed := b.start(ctx, 2*limit, []string{"ESCROW_LEAF=off"}, append(command, b.binary(r, build), r.name, variant)...)
	report, err := os.ReadFile(log)
	if err != nil {
		return finding{"no report", err.Error() + " " + out, out}
	}
	f := decide(signs, string(report), r.site)
	switch {
	case f.outcome == "missed" && failed != "":
		return finding{failed, out, out}
	case f.outcome == "missed" && exit != 0:
		return finding{fmt.Sprintf("exit %d without a report", exit), out, out}
	}
	return f
}
