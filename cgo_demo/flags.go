package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"example.com/escrow/cgo_demo/service"
)

// options are what the command line says.
type options struct {
	service service.Options
	port    int
	once    string
	isOnce  bool
	regexp  bool
	limit   int
	stats   bool
	watch   time.Duration
}

var errHelp = errors.New("help was asked for")

// serves says that this run is the service, not one of the commands that end by themselves.
func (o options) serves() bool { return !o.isOnce && !o.stats }

func parseFlags(arguments []string, stderr io.Writer) (o options, err error) {
	set := flag.NewFlagSet("cgo_demo", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		fmt.Fprint(stderr, `usage: cgo_demo [flag...]               serve on 127.0.0.1; POST /reindex looks for changes
       cgo_demo [flag...] -once QUERY   print matching lines as file:line:text and exit
       cgo_demo [flag...] -stats        print indexing and query speed and exit
Exit status: 0 found or served, 1 nothing found, 2 an error, 3 a reference was left at exit.

`)
		set.PrintDefaults()
	}
	set.StringVar(&o.service.Root, "root", "", "directory to search (default the source of the Go installation)")
	set.Int64Var(&o.service.MaxFile, "max-file", 16<<20, "skip files larger than this many `bytes`")
	set.Int64Var(&o.service.Memory, "memory", 0, "bound on the `bytes` held for files; 0 is none")
	set.IntVar(&o.service.Workers, "workers", min(runtime.NumCPU(), 64), "threads that index, 1 to 64")
	set.IntVar(&o.service.Queue, "queue", 64, "files that may wait for them, 1 to 65536")
	set.IntVar(&o.port, "port", 8080, "port to serve on; 0 picks one")
	set.StringVar(&o.once, "once", "", "print the lines that match this `query` and exit")
	set.BoolVar(&o.regexp, "regexp", false, "the query of -once is a regular expression (RE2)")
	set.IntVar(&o.limit, "limit", 0, "print at most this many lines; 0 is all")
	set.DurationVar(&o.watch, "watch", 0, "look for changed files this often while serving; 0 is never, POST /reindex does it once")
	set.BoolVar(&o.stats, "stats", false, "run a built-in list of queries, print speeds, and exit")
	set.StringVar(&o.service.Config, "config", "", "`file` with limits, weights and what to skip, followed while serving (docs/demo.md)")
	set.StringVar(&o.service.Rankings, "rankings", "", "`directory` of libraries that PUT /ranking may load")
	set.IntVar(&o.service.Ledger, "ledger", 0, "note one acquisition of memory in so many, with who made it; 1 is all, 0 none (docs/leaks.md)")
	set.Func("plant", "make a `mistake` on purpose: with go or engine each search leaks a little, in Go or in C++ (docs/leaks.md)",
		func(value string) error {
			o.service.Plant = service.Plant(value)
			if o.service.Plant != service.PlantGo && o.service.Plant != service.PlantEngine {
				return errors.New("there are go and engine")
			}
			return nil
		})
	if err := set.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, errHelp
		}
		return o, fmt.Errorf("bad flags: %w", err)
	}
	set.Visit(func(f *flag.Flag) { o.isOnce = o.isOnce || f.Name == "once" })
	if err := o.check(set); err != nil {
		return o, err
	}
	if o.service.Root == "" {
		o.service.Root, err = goSource()
	}
	return o, err
}

func (o options) check(set *flag.FlagSet) error {
	switch {
	case set.NArg() > 0:
		return fmt.Errorf("unexpected argument %q; to search for it say -once", set.Arg(0))
	case o.isOnce && o.once == "":
		return fmt.Errorf("-once needs a query that is not empty")
	case o.isOnce && o.stats:
		return fmt.Errorf("-once and -stats are two different commands")
	case (o.regexp || o.limit != 0) && !o.isOnce:
		return fmt.Errorf("-regexp and -limit belong to -once")
	case o.limit < 0:
		return fmt.Errorf("-limit %d is below zero", o.limit)
	case o.watch != 0 && !o.serves():
		return fmt.Errorf("-watch belongs to the service, not to -once and -stats")
	case o.watch < 0 || o.watch > 0 && o.watch < 100*time.Millisecond:
		return fmt.Errorf("-watch %v is not 0 or at least 100ms", o.watch)
	case o.port < 0 || o.port > 65535:
		return fmt.Errorf("-port %d is not from 0 to 65535", o.port)
	case o.service.MaxFile < 1 || o.service.MaxFile >= 1<<32:
		return fmt.Errorf("-max-file %d is not from 1 to %d", o.service.MaxFile, int64(1)<<32-1)
	case o.service.Memory < 0:
		return fmt.Errorf("-memory %d is below zero", o.service.Memory)
	case o.service.Workers < 1 || o.service.Workers > 64:
		return fmt.Errorf("-workers %d is not from 1 to 64", o.service.Workers)
	case o.service.Ledger < 0 || int64(o.service.Ledger) > 1<<31:
		return fmt.Errorf("-ledger %d is not from 0 to %d", o.service.Ledger, int64(1)<<31)
	case o.service.Queue < 1 || o.service.Queue > 65536:
		return fmt.Errorf("-queue %d is not from 1 to 65536", o.service.Queue)
	}
	return nil
}

// goSource asks the go command: a binary does not know where the toolchain is on this machine.
func goSource() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	root := strings.TrimSpace(string(out))
	if err != nil || root == "" {
		return "", fmt.Errorf("go env GOROOT does not say where Go's source is; name a directory with -root")
	}
	return filepath.Join(root, "src"), nil
}

// listen is nil for the commands that serve nothing.
func (o options) listen() (net.Listener, error) {
	if !o.serves() {
		return nil, nil
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if err != nil {
		return nil, fmt.Errorf("port %d cannot be served on; choose another with -port, or 0 for any: %w", o.port, err)
	}
	return listener, nil
}
