package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"example.com/escrow/cgo_demo/service"
	"example.com/escrow/cgo_demo/web"
	"example.com/escrow/go/report"
)

// drainTime is how long requests under way may take once the service was told to stop.
const drainTime = 5 * time.Second

// watchHeld is how often the service looks what grows.
const watchHeld = time.Second

// serve answers until the context ends, and returns when no request is under way any more.
func serve(ctx context.Context, s *service.Service, o options, listener net.Listener, stdout, stderr io.Writer) int {
	// Requests inherit a context of their own, so that those that outlast the drain give up.
	requests, giveUp := context.WithCancel(context.Background())
	defer giveUp()
	held := report.Watch(watchHeld)
	defer held.Close()
	var active inFlight
	server := &http.Server{
		Handler:           active.count(pages(s, held)),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
	}
	var watching sync.WaitGroup
	watchCtx, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	if o.watch > 0 {
		watching.Go(func() {
			s.Watch(watchCtx, o.watch, func(err error) { fmt.Fprintf(stderr, "cgo_demo: reindexing: %v\n", err) })
		})
	}
	watching.Go(func() { s.FollowConfig(watchCtx) })
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(stdout, "http://%s/\n", listener.Addr())

	status := exitFound
	select {
	case err := <-failed:
		status = fail(stderr, err)
	case <-ctx.Done():
		fmt.Fprintln(stderr, "cgo_demo: draining")
	}
	patience, stop := context.WithTimeout(context.Background(), drainTime)
	defer stop()
	if err := server.Shutdown(patience); err != nil {
		giveUp()
		server.Close()
	}
	active.wait() // the pools close after this: no search may be inside
	stopWatching()
	watching.Wait()
	return status
}

// pages are those of the search, and beside them who holds what.
func pages(s *service.Service, held *report.Monitor) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler(s))
	mux.Handle("/debug/escrow/", held.Handler())
	return mux
}

// once prints the matches as grep does.
func once(ctx context.Context, s *service.Service, o options, stdout, stderr io.Writer) int {
	out := bufio.NewWriterSize(stdout, 1<<16)
	root := s.Root()
	sum, err := s.Search(ctx, service.Query{Text: o.once, Regexp: o.regexp, Limit: o.limit},
		func(m service.Match) error {
			fmt.Fprintf(out, "%s%s:%d:", root, m.Path, m.Line)
			out.Write(m.Text)
			return out.WriteByte('\n') // a bufio.Writer remembers its first error
		})
	if flushErr := out.Flush(); flushErr != nil && !errors.Is(err, flushErr) {
		err = errors.Join(err, flushErr)
	}
	switch {
	case err != nil:
		return fail(stderr, err)
	case sum.Matches == 0:
		return exitNothing
	}
	return exitFound
}
