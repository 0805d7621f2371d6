package report

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
)

// DumpOnSignal writes a report in text at each signal, until stop is called, which waits for a report that is
// being written:
//
//	defer report.DumpOnSignal(os.Stderr, syscall.SIGUSR1)()
//
// The signal does nothing else: one that would end the process, such as SIGINT, ends it no more.
func DumpOnSignal(w io.Writer, signals ...os.Signal) (stop func()) {
	return onSignal(func(s *Snapshot) error { return s.WriteText(w) }, signals)
}

// SaveOnSignal is DumpOnSignal into a file, which is replaced as a whole each time: JSON where its name ends in
// .json, a page where it ends in .html, else text. What hinders it goes to slog's default logger.
func SaveOnSignal(path string, signals ...os.Signal) (stop func()) {
	return onSignal(func(s *Snapshot) error { return Save(s, path) }, signals)
}

func onSignal(write func(*Snapshot) error, signals []os.Signal) (stop func()) {
	arrived := make(chan os.Signal, 1) // signals that come while one is served are served once
	done := make(chan struct{})
	if len(signals) > 0 { // none would be all for Notify
		signal.Notify(arrived, signals...)
	}
	m := new(Monitor) // so that reports say what grew since the first
	go func() {
		defer close(done)
		for range arrived {
			if err := write(m.Snapshot()); err != nil {
				slog.Error("escrow report", "error", err)
			}
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() {
			signal.Stop(arrived)
			close(arrived)
		})
		<-done
	}
}

// Save writes a snapshot into a file, which is replaced as a whole: JSON where its name ends in .json, a
// page where it ends in .html, else text.
func Save(s *Snapshot, path string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("report: save: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	switch filepath.Ext(path) {
	case ".json":
		err = s.WriteJSON(file)
	case ".html":
		err = s.WritePage(file)
	default:
		err = s.WriteText(file)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("report: save: %w", err)
	}
	return nil
}
