// Command trampoline writes the assembly that calls a C function on the goroutine's own stack, and
// the Go declarations that belong to it.
//
// usage:
//
//	trampoline calls FOLDER           the functions of package leaf, one for each shape of arguments
//	trampoline stubs LIST FOLDER      one stub for each leaf of LIST, in package facade
//
// The text it writes has no macros, so that go vet compares every argument's offset with its
// declaration. Package facade gets a stub named after each leaf, so that a dump or a fault names it.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "trampoline:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 2 && arguments[0] == "calls":
		return write(arguments[1], calls())
	case len(arguments) == 3 && arguments[0] == "stubs":
		list, err := os.ReadFile(arguments[1])
		if err != nil {
			return err
		}
		files, err := stubs(string(list))
		if err != nil {
			return err
		}
		return write(arguments[2], files)
	}
	return fmt.Errorf("usage: trampoline calls FOLDER | trampoline stubs LIST FOLDER")
}

// write puts the files, text by name, into the folder.
func write(folder string, files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
