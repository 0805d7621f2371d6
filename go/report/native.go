package report

import (
	"example.com/escrow/go/inventory"
	"example.com/escrow/go/symbolize"
)

// native is a frame of C or C++; the functions that are inlined there come first.
func native(pc uintptr, unnamed bool) []inventory.Frame {
	file, address, places := symbolize.Self(uint64(pc))
	bare := inventory.Frame{Native: true, Module: file, Offset: address}
	if len(places) == 0 || unnamed {
		return []inventory.Frame{bare}
	}
	var all []inventory.Frame
	for _, p := range places {
		f := bare
		f.Function, f.File, f.Line = p.Function, p.File, p.Line
		all = append(all, f)
	}
	return all
}
