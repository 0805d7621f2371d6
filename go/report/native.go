package report

import (
	"os"
	"sync"

	"example.com/escrow/go/inventory"
	"example.com/escrow/go/symbolize"
)

// images are the files that code of this process is mapped from, opened for their symbols when they are first
// asked for. A library that is loaded or replaced later is found by a new look at the mappings.
var images struct {
	mu       sync.Mutex
	mappings symbolize.Mappings
	of       map[string]*symbolize.Image // nil: it has no symbols
}

// native is a frame of C or C++; the functions that are inlined there come first.
func native(pc uintptr, unnamed bool) []inventory.Frame {
	images.mu.Lock()
	defer images.mu.Unlock()
	i := images.mappings.Find(uint64(pc))
	if i < 0 {
		images.mappings = symbolize.ReadMappings()
		i = images.mappings.Find(uint64(pc))
	}
	if i < 0 {
		return []inventory.Frame{{Native: true, Offset: uint64(pc)}}
	}
	m := images.mappings[i]
	path := m.File
	if own, err := os.Executable(); err == nil && own == path {
		path = "/proc/self/exe" // also where the file was replaced
	}
	image, opened := images.of[path]
	if !opened {
		image, _ = symbolize.Open(path)
		if images.of == nil {
			images.of = make(map[string]*symbolize.Image)
		}
		images.of[path] = image
	}
	bare := inventory.Frame{Native: true, Module: m.File, Offset: m.Offset + uint64(pc) - m.Start}
	if image != nil {
		bare.Offset = image.Address(bare.Offset)
	}
	if image == nil || unnamed {
		return []inventory.Frame{bare}
	}
	places, err := image.Find(bare.Offset, true)
	if err != nil || len(places) == 0 {
		return []inventory.Frame{bare}
	}
	var all []inventory.Frame
	for _, p := range places {
		f := bare
		f.Function, f.File, f.Line = inventory.Plainly(p.Function), p.File, p.Line
		all = append(all, f)
	}
	return all
}
