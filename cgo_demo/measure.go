package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"example.com/escrow/cgo_demo/service"
)

// The built-in queries: common and rare words, an absent one, punctuation, and expressions with and
// without plain text. Each wants its first hundred lines, as a page of answers does.
var measured = []service.Query{
	{Text: "func"}, {Text: "Copyright"}, {Text: "err != nil"}, {Text: "sync.Mutex"}, {Text: "ReadFrom"},
	{Text: "unsafe.Pointer("}, {Text: "ListenAndServe"}, {Text: "TODO(rsc)"}, {Text: "zyxwvutsrq"}, {Text: "\treturn nil, err"},
	{Text: `func \(.*\) Close\(\) error`, Regexp: true}, {Text: `^import "C"$`, Regexp: true},
	{Text: `(?i)deadlock`, Regexp: true}, {Text: `0x[0-9a-f]{16}\b`, Regexp: true},
	{Text: `Read(From|Full|All)\(`, Regexp: true}, {Text: `time\.(Now|Since)\(\)?`, Regexp: true},
}

// measure prints how fast this machine indexes and answers.
func measure(ctx context.Context, s *service.Service, stdout, stderr io.Writer) int {
	stats, err := s.Stats()
	if err != nil {
		return fail(stderr, err)
	}
	fmt.Fprintf(stdout, "indexing  %8.0f MB/s    %d files, %.1f MB in %.2f s; index %.1f MB, %d lists of %.1f MB\n",
		stats.Index.MegabytesASecond, stats.Index.Files, float64(stats.Index.Bytes)/1e6, stats.Index.Seconds,
		float64(stats.Index.IndexBytes+stats.Index.PathBytes+stats.Index.DocumentBytes)/1e6, stats.Index.Lists,
		float64(stats.Index.ListBytes)/1e6)

	if c := stats.Crossings; c.Leaves {
		fmt.Fprintf(stdout, "crossings by leaf calls; %d of them repeated by cgo\n", c.Slow)
	} else {
		fmt.Fprintf(stdout, "crossings by cgo calls: %s\n", c.Reason)
	}

	fmt.Fprintf(stdout, "\nfirst 100 lines of            matches    median of 21\n")
	for _, q := range measured {
		q.Limit = 100
		var took service.Latency
		var found int
		for range 21 {
			sum, err := s.Search(ctx, q, func(service.Match) error { return nil })
			if err != nil {
				return fail(stderr, err)
			}
			found = sum.Matches
			took.Add(sum.Took)
		}
		fmt.Fprintf(stdout, "%-30q %6d %12.3f ms\n", q.Text, found, ms(took.Quantile(0.5)))
	}
	if status := throughput(ctx, s, stdout, stderr); status != exitFound {
		return status
	}
	return reindexing(ctx, s, stdout, stderr)
}

// reindexing looks at the tree again, which has not changed, and reads it again.
func reindexing(ctx context.Context, s *service.Service, stdout, stderr io.Writer) int {
	for _, kind := range []struct {
		what  string
		scope service.Scope
		times int
	}{{"look at all files", service.Scope{}, 5}, {"read all files", service.Scope{All: true}, 3}} {
		var took service.Latency
		var last service.Reindexed
		for range kind.times {
			begin := time.Now()
			var err error
			if last, err = s.Reindex(ctx, kind.scope); err != nil {
				return fail(stderr, err)
			}
			took.Add(time.Since(begin))
		}
		fmt.Fprintf(stdout, "reindex   %8.1f ms      %s: %d, %d read, %d changed (median of %d)\n", ms(took.Quantile(0.5)), kind.what,
			last.Files, last.Read, last.Changes.Added+last.Changes.Replaced+last.Changes.Removed, kind.times)
	}
	return exitFound
}

// throughput asks from as many goroutines as there are processors, for two seconds.
func throughput(ctx context.Context, s *service.Service, stdout, stderr io.Writer) int {
	var mu sync.Mutex // guards what follows
	var took service.Latency
	var asked int
	var failed error

	begin := time.Now()
	var clients sync.WaitGroup
	for client := range runtime.GOMAXPROCS(0) {
		clients.Go(func() {
			for i := client; time.Since(begin) < 2*time.Second; i++ {
				q := measured[i%len(measured)]
				q.Limit = 100
				sum, err := s.Search(ctx, q, func(service.Match) error { return nil })
				mu.Lock()
				asked++
				took.Add(sum.Took)
				if err != nil {
					failed = err
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	clients.Wait()
	if failed != nil {
		return fail(stderr, failed)
	}
	fmt.Fprintf(stdout, "\nqueries   %8.0f /s       from %d goroutines; P50 %.3f ms, P99 %.3f ms\n",
		float64(asked)/time.Since(begin).Seconds(), runtime.GOMAXPROCS(0), ms(took.Quantile(0.50)), ms(took.Quantile(0.99)))
	return exitFound
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }
