package storm

import (
	"sync"

	"example.com/escrow/go/leaf"
	"example.com/escrow/tests/go/leaf/specimen"
)

// Room is the least number of bytes that a C function called as a leaf had below its stack pointer,
// over so many depths of new goroutines.
func Room(depths int) uint64 {
	least := ^uint64(0)
	for depth := range depths {
		var one sync.WaitGroup
		one.Add(1)
		go func() {
			defer one.Done()
			least = min(least, below(depth))
		}()
		one.Wait()
	}
	return least
}

// below goes down depth steps of 8 bytes, as near as frames allow, and asks there.
func below(depth int) uint64 {
	switch {
	case depth >= 120:
		return wide(depth - 100)
	case depth >= 14:
		return middle(depth - 11)
	case depth >= 4:
		return narrow(depth - 4)
	}
	return leaf.W1(specimen.Room, 0)
}

//go:noinline
func narrow(depth int) uint64 { return below(depth) &^ 1 }

//go:noinline
func middle(depth int) uint64 {
	var local [7]uint64
	local[depth%7] = uint64(depth)
	return below(depth) | local[(depth+1)%7]
}

//go:noinline
func wide(depth int) uint64 {
	var local [96]uint64
	local[depth%96] = uint64(depth)
	return below(depth) | local[(depth+1)%96]
}
