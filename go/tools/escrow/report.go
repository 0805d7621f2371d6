package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"example.com/escrow/go/inventory"
)

const reportText = `usage: escrow report [-format FORM] [-o FILE] [-log FILE]... SNAPSHOT [SNAPSHOT]

Reports who holds what from a snapshot, or from two, the earlier one first: then also what grew in between.
A SNAPSHOT is a file in JSON, - for standard input, or the address of a page of package report of a program on this
machine, which is asked for one:

    escrow report http://localhost:6060/debug/escrow/
    escrow report -format html -o page.html before.json after.json
    escrow report -log asan.log.4711 -log memcheck.xml after.json

Logs of AddressSanitizer, LeakSanitizer and Memcheck (text or XML) are joined to the sites that they name.
Status 1: there are suspects, a sanitizer found something, or, of two snapshots, a site holds more in the later one.

`

func report(arguments []string, io streams) (int, error) {
	set := flags("report", reportText, io)
	form := set.String("format", "", "`FORM` is text, json or html; else what the name of -o ends in, else text")
	out := set.String("o", "", "write to `FILE` and not to standard output")
	var logs texts
	set.Var(&logs, "log", "`FILE` that a sanitizer wrote; may be repeated")
	if err := parse(set, arguments); err != nil {
		return failed, err
	}
	if set.NArg() < 1 || set.NArg() > 2 {
		return failed, fmt.Errorf("one SNAPSHOT or two, not %d (escrow report -h)", set.NArg())
	}
	write, err := formOf(*form, *out)
	if err != nil {
		return failed, err
	}
	var all []*inventory.Snapshot
	for _, source := range set.Args() {
		s, err := readSnapshot(source, io.in)
		if err != nil {
			return failed, err
		}
		all = append(all, s)
	}
	s := all[len(all)-1]
	status := well
	if len(all) == 2 {
		if all[1].Taken.Before(all[0].Taken) {
			return failed, fmt.Errorf("%s was taken after %s: give the earlier snapshot first", set.Arg(0), set.Arg(1))
		}
		s.Growth = inventory.Compare(all[0], all[1])
		if s.Growth.Grown() > 0 {
			status = found
		}
	}
	for _, path := range logs {
		findings, err := readLog(path)
		if errors.Is(err, inventory.ErrTruncated) {
			fmt.Fprintf(io.err, "escrow report: %s: %v; the report has what was whole\n", path, err)
		} else if err != nil {
			return failed, fmt.Errorf("%s: %w", path, err)
		}
		s.Join(findings)
	}
	if len(s.Suspects) > 0 || len(s.Findings) > 0 {
		status = found
	}
	if *out == "" {
		err = write(s, io.out)
	} else {
		err = writeFile(s, *out, write)
	}
	if err != nil {
		return failed, err
	}
	return status, nil
}

// writer writes a snapshot in one form.
type writer func(s *inventory.Snapshot, to io.Writer) error

func formOf(form, out string) (writer, error) {
	if form == "" {
		switch filepath.Ext(out) {
		case ".json":
			form = "json"
		case ".html":
			form = "html"
		default:
			form = "text"
		}
	}
	switch form {
	case "text":
		return (*inventory.Snapshot).WriteText, nil
	case "json":
		return (*inventory.Snapshot).WriteJSON, nil
	case "html":
		return (*inventory.Snapshot).WritePage, nil
	}
	return nil, fmt.Errorf("-format %s: text, json or html", form)
}

func writeFile(s *inventory.Snapshot, path string, write writer) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(s, file); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func readLog(path string) ([]inventory.Finding, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return inventory.ReadFindings(file)
}

func readSnapshot(source string, in io.Reader) (*inventory.Snapshot, error) {
	if source == "-" {
		return inventory.Read(in)
	}
	if address, err := url.Parse(source); err == nil && (address.Scheme == "http" || address.Scheme == "https") {
		return fetch(address)
	}
	file, err := os.Open(source)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s, err := inventory.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return s, nil
}

// fetch asks a running program for a snapshot. It talks to this machine alone: an address that was copied from
// elsewhere sends nothing anywhere.
func fetch(address *url.URL) (*inventory.Snapshot, error) {
	host := address.Hostname()
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s is not this machine: save its ?format=json and give the file", host)
	}
	query := address.Query()
	query.Set("format", "json")
	address.RawQuery, address.Fragment = query.Encode(), ""
	client := http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(address.String())
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: is report.Handler mounted there?", address, answer.Status)
	}
	s, err := inventory.Read(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return s, nil
}
