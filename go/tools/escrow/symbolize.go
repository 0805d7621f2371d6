package main

import (
	"errors"
	"fmt"
	"strconv"

	symbolizer "example.com/escrow/go/symbolize"
)

const symbolizeText = `usage: escrow symbolize [-bias N] BINARY [PC]...

Names the C functions behind the addresses of a Go program's crash dump. Without PCs the dump is read
from standard input, and of all its addresses those in C functions are printed; Go names its own.
A line each: the address, how it stands in the dump (fault, frame, or stack: a word of a stack dump,
which may be left over), the function, and file:line, separated by tabs. Inlined functions come first,
with "inlined" for the address. BINARY is the program as it ran. Where it was loaded is read from the
names in the dump; PCs of a position-independent program need -bias, unless they are the file's.
Status 1: no address is in a C function, or a given PC is in none.

    GOTRACEBACK=system ./program 2>crash.txt; escrow symbolize ./program <crash.txt

`

func symbolize(arguments []string, io streams) (int, error) {
	set := flags("symbolize", symbolizeText, io)
	bias := set.String("bias", "", "`N` is how far the addresses lie above those of the file, as in /proc/PID/maps")
	if err := parse(set, arguments); err != nil {
		return failed, err
	}
	if set.NArg() == 0 {
		return failed, errors.New("no BINARY (escrow symbolize -h)")
	}
	image, err := symbolizer.Open(set.Arg(0))
	if err != nil {
		return failed, err
	}
	defer image.Close()
	dump := &symbolizer.Dump{}
	for _, text := range set.Args()[1:] {
		pc, err := strconv.ParseUint(text, 0, 64)
		if err != nil {
			return failed, fmt.Errorf("PC %q: a number, 0x... for hexadecimal", text)
		}
		dump.Addresses = append(dump.Addresses, symbolizer.Address{PC: pc, Kind: symbolizer.Given})
	}
	given := len(dump.Addresses) > 0
	if !given {
		if dump, err = symbolizer.Read(io.in); err != nil {
			return failed, err
		}
	}
	var offset uint64
	switch {
	case *bias != "":
		if offset, err = strconv.ParseUint(*bias, 0, 64); err != nil {
			return failed, fmt.Errorf("-bias %q: a number, 0x... for hexadecimal", *bias)
		}
	case !given:
		known := false
		if offset, known = image.Bias(dump.Anchors); !known {
			return failed, fmt.Errorf("the dump does not tell where %s was loaded: is it of this binary? Give -bias", set.Arg(0))
		}
	}
	named, missed := 0, 0
	for _, address := range dump.Addresses {
		after := address.Kind == symbolizer.Frame || address.Kind == symbolizer.Word
		places, err := image.Find(address.PC-offset, after)
		if err != nil {
			return failed, err
		}
		if places == nil && given {
			missed++
			fmt.Fprintf(io.err, "0x%x is in no function of %s\n", address.PC, set.Arg(0))
		}
		for _, place := range places {
			if place.Go && !given {
				continue
			}
			named++
			pc := fmt.Sprintf("0x%x", address.PC)
			if place.Inlined {
				pc = "inlined"
			}
			fmt.Fprintf(io.out, "%s\t%s\t%s\t%s\n", pc, address.Kind, place.Function, position(place))
		}
	}
	if named == 0 && !given {
		fmt.Fprintln(io.err, "no address in the dump is in a C function")
	}
	if named == 0 || missed > 0 {
		return found, nil
	}
	return well, nil
}

func position(place symbolizer.Place) string {
	if place.File == "" {
		return "?"
	}
	return fmt.Sprintf("%s:%d", place.File, place.Line)
}
