// Command escrow is the toolbox beside the library.
//
//	escrow prove      prove the stack bound of leaf functions
//	escrow symbolize  name the C functions of a Go crash dump
//	escrow report     report who holds what, from snapshots and sanitizers' logs
//
// Results go to standard output, everything else to standard error. The exit status is 0 when all is
// well, 1 when something was found, and 2 when the command could not do its work. escrow COMMAND -h
// describes a command; docs/leaf.md and docs/report.md show them at work.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// The exit statuses.
const (
	well   = 0
	found  = 1
	failed = 2
)

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is a subcommand. It gets the arguments behind its name; an error is printed, status 2.
type command struct {
	name, summary string
	run           func(arguments []string, io streams) (status int, err error)
}

// commands is the one list of subcommands, in the order of the help text.
var commands = []command{
	{"prove", "prove the stack bound of leaf functions", prove},
	{"symbolize", "name the C functions of a Go crash dump", symbolize},
	{"report", "report who holds what, from snapshots and sanitizers' logs", report},
}

func main() {
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

func run(arguments []string, io streams) int {
	if len(arguments) == 0 {
		help(io.err)
		return failed
	}
	name := arguments[0]
	if name == "help" && len(arguments) > 1 {
		name, arguments = arguments[1], []string{arguments[1], "-h"}
	}
	switch name {
	case "help", "-h", "-help", "--help":
		help(io.out)
		return well
	}
	for _, c := range commands {
		if c.name != name {
			continue
		}
		status, err := c.run(arguments[1:], io)
		if errors.Is(err, flag.ErrHelp) {
			return well
		}
		if err != nil {
			fmt.Fprintf(io.err, "escrow %s: %v\n", name, err)
			return failed
		}
		return status
	}
	fmt.Fprintf(io.err, "escrow: there is no command %q\n", name)
	help(io.err)
	return failed
}

func help(to io.Writer) {
	fmt.Fprint(to, "usage: escrow COMMAND [ARGUMENT...]\n\n")
	for _, c := range commands {
		fmt.Fprintf(to, "  %-10s  %s\n", c.name, c.summary)
	}
	fmt.Fprint(to, "\nescrow COMMAND -h describes a command. Exit status: 0 well, 1 something found, 2 could not run.\n")
}

// flags makes the flag set of a command; -h prints the text and the flags to standard output.
func flags(name, text string, io streams) *flag.FlagSet {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.err)
	set.Usage = func() {
		set.SetOutput(io.out)
		fmt.Fprint(io.out, text)
		set.PrintDefaults()
	}
	return set
}

// parse is Parse without the usage text behind every wrong flag.
func parse(set *flag.FlagSet, arguments []string) error {
	usage := set.Usage
	set.Usage = func() {}
	set.SetOutput(io.Discard)
	err := set.Parse(arguments)
	if errors.Is(err, flag.ErrHelp) {
		usage()
	}
	return err
}
