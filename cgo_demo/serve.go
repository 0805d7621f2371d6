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
	"example.com/escrow/go/live"
)

// drainTime is how long requests under way may take once the service was told to stop.
const drainTime = 5 * time.Second

// serve answers until the context ends, and returns when no request is under way any more.
func serve(ctx context.Context, s *service.Service, o options, listener net.Listener, stdout, stderr io.Writer) int {
	// Requests inherit a context of their own, so that those that outlast the drain give up.
	requests, giveUp := context.WithCancel(context.Background())
	defer giveUp()
	var active inFlight
	server := &http.Server{
		Handler:           active.count(pages(s)),
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
		status = report(stderr, err)
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
func pages(s *service.Service) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler(s))
	mux.Handle("GET /debug/escrow/live", live.Handler())
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
		return report(stderr, err)
	case sum.Matches == 0:
		return exitNothing
	}
	return exitFound
}
