package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"example.com/escrow/cgo_demo/service"
)

// index indexes, shows progress on a terminal, and says what was indexed where that is of interest.
func index(ctx context.Context, s *service.Service, o options, stderr io.Writer) error {
	finished := make(chan error, 1)
	go func() { finished <- s.Index(ctx) }()
	err := wait(s, finished, stderr)
	if err != nil || o.isOnce {
		return err
	}
	stats, err := s.Stats()
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "cgo_demo: %d files, %.1f MB below %s indexed in %.2f s, %.0f MB/s\n", stats.Index.Files,
		float64(stats.Index.Bytes)/1e6, stats.Root, stats.Index.Seconds, stats.Index.MegabytesASecond)
	k := stats.Skipped
	fmt.Fprintf(stderr, "cgo_demo: skipped %d binary, %d too large, %d unreadable, %d not regular, %d empty\n",
		k.Binary, k.TooLarge, k.Unreadable, k.NotRegular, k.Empty)
	return nil
}

// wait shows a line that overwrites itself, from half a second on: small trees need none.
func wait(s *service.Service, finished <-chan error, stderr io.Writer) error {
	file, ok := stderr.(*os.File)
	if !ok || !isTerminal(file) {
		return <-finished
	}
	begin, shown := time.Now(), false
	for {
		select {
		case err := <-finished:
			if shown {
				fmt.Fprint(stderr, "\r\x1b[K")
			}
			return err
		case <-time.After(100 * time.Millisecond):
			if elapsed := time.Since(begin); elapsed > 500*time.Millisecond {
				p := s.Progress()
				fmt.Fprintf(stderr, "\rindexing: %d files, %.0f MB, %.0f MB/s\x1b[K", p.Files, float64(p.Bytes)/1e6,
					float64(p.Bytes)/1e6/elapsed.Seconds())
				shown = true
			}
		}
	}
}
