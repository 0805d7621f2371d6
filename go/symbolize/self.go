package symbolize

import (
	"os"
	"sync"
)

// self are the files that code of this process is mapped from, opened for their symbols when they are first asked
// for, and kept. A library that is loaded or replaced later is found by a new look at the mappings.
var self struct {
	mu       sync.Mutex
	mappings Mappings
	images   map[string]*Image // nil: it has no symbols
}

// Self says where a return address of this process lies: the file, "" where none is known; the file's own address of
// it; and the functions that are there, innermost first, none where the file does not name them. For concurrent use.
//
// Cost: the first time for a file as Open, then some tens of microseconds.
func Self(pc uint64) (file string, address uint64, places []Place) {
	self.mu.Lock()
	defer self.mu.Unlock()
	i := self.mappings.Find(pc)
	if i < 0 {
		self.mappings = ReadMappings()
		if i = self.mappings.Find(pc); i < 0 {
			return "", pc, nil
		}
	}
	m := self.mappings[i]
	path := m.File
	if own, err := os.Executable(); err == nil && own == path {
		path = "/proc/self/exe" // also where the file was replaced
	}
	image, opened := self.images[path]
	if !opened {
		image, _ = Open(path)
		if self.images == nil {
			self.images = make(map[string]*Image)
		}
		self.images[path] = image
	}
	address = m.Offset + pc - m.Start
	if image == nil {
		return m.File, address, nil
	}
	address = image.Address(address)
	places, _ = image.Find(address, true)
	return m.File, address, places
}
