// Command cgo_demo searches source code: Go reads a directory tree into pool memory, C++ indexes it,
// and both look at the same bytes to answer. See docs/demo.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"example.com/escrow/cgo_demo/service"
	"example.com/escrow/go/escrow"
)

// Exit statuses, the first three as grep's.
const (
	exitFound   = 0
	exitNothing = 1
	exitError   = 2
	exitLeak    = 3
)

func main() { os.Exit(atEnd(run(os.Args[1:], os.Stdout, os.Stderr))) }

// run is main with what it touches passed in.
func run(arguments []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(arguments, stderr)
	if err != nil {
		if errors.Is(err, errHelp) {
			return exitFound
		}
		return fail(stderr, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, syscall.SIGPIPE) // a write to a closed pipe is an error like others, not the end

	s, err := service.Open(o.service)
	if err != nil {
		return fail(stderr, err)
	}
	status := work(ctx, s, o, stdout, stderr)
	return drain(s, o, status, stderr)
}

// work does what was asked for, from indexing on.
func work(ctx context.Context, s *service.Service, o options, stdout, stderr io.Writer) int {
	listener, err := o.listen() // before the indexing: a port in use should not cost that time
	if err != nil {
		return fail(stderr, err)
	}
	if listener != nil {
		defer listener.Close()
	}
	if err := index(ctx, s, o, stderr); err != nil {
		if ctx.Err() != nil && o.serves() {
			fmt.Fprintln(stderr, "cgo_demo: stopped while indexing")
			return exitFound
		}
		return fail(stderr, err)
	}
	switch {
	case o.once != "":
		return once(ctx, s, o, stdout, stderr)
	case o.stats:
		return measure(ctx, s, stdout, stderr)
	}
	return serve(ctx, s, o, listener, stdout, stderr)
}

// drain closes everything and says what is left. Anything left is exit status 3, whatever was before.
func drain(s *service.Service, o options, status int, stderr io.Writer) int {
	var closed []string
	err := s.Close(func(pool string, live uint64) {
		closed = append(closed, fmt.Sprintf("%s %d", pool, live))
	})
	fmt.Fprintf(stderr, "cgo_demo: pools closed; live handles: %s\n", strings.Join(closed, ", "))
	if err != nil {
		fmt.Fprintf(stderr, "cgo_demo: %v\n", err)
		if errors.Is(err, escrow.ErrLeak) {
			left(o, stderr)
		}
		return exitLeak
	}
	return status
}

func fail(stderr io.Writer, err error) int {
	if errors.Is(err, escrow.ErrFull) || errors.Is(err, escrow.ErrSize) {
		err = fmt.Errorf("%w; raise -memory", err)
	}
	fmt.Fprintf(stderr, "cgo_demo: %v\n", err)
	return exitError
}
