package main

// key is what the maps are asked for.
type key interface{ uint64 | string }

// table is a map as a contest uses it. The value of a key is stamp - tag, so that what a read adds to
// a sum is 1 exactly when it found the right value; the loops are in the subjects, since a call
// through an interface for every operation would be a part of what is measured.
type table[K key] interface {
	// Load reads keys that are there and returns how many had the value they should have. A wrong
	// value spoils the sum; what a lossy subject has lost adds nothing.
	Load(keys []K, tags []uint64, stamp uint64) uint64
	// Miss reads keys that are not there and returns how many were not found.
	Miss(keys []K) uint64
	Store(keys []K, tags []uint64, stamp uint64)
	Remove(keys []K)
	Close()
}

// batcher is a table with calls for many keys at once; at most batch of them.
type batcher[K key] interface {
	LoadBatch(keys []K, tags []uint64, stamp uint64) uint64
	StoreBatch(keys []K, tags []uint64, stamp uint64)
}

const batch = 32

// right is 1 for the value that a key should have.
func right(value, tag, stamp uint64) uint64 { return value + tag - stamp + 1 }

// maker makes a table for so many entries.
type maker[K key] func(entries int) table[K]

// subject is a map that takes part.
type subject struct {
	name    string
	numbers maker[uint64]
	texts   maker[string]
	asked   bool   // the targets name it, so it takes part when quick
	lossy   bool   // a cache, which may drop entries; how many it did is counted
	missing string // why it cannot take part
}

func subjects() []subject {
	all := []subject{
		escrowSubject(),
		{name: "xsync.Map", numbers: newXsync[uint64], texts: newXsync[string], asked: true},
		{name: "sync.Map", numbers: newSyncMap[uint64], texts: newSyncMap[string], asked: true},
		{name: "16 RWMutex", numbers: newShardedNumbers, texts: newShardedTexts},
		{name: "haxmap", numbers: newHaxmap[uint64], texts: newHaxmap[string]},
		{name: "concurrent-map", numbers: newConcurrentNumbers, texts: newConcurrentTexts},
		{name: "freecache", numbers: newFreecache[uint64], texts: newFreecache[string], lossy: true},
		{name: "fastcache", numbers: newFastcache[uint64], texts: newFastcache[string], lossy: true},
		{name: "bigcache", numbers: newBigcache[uint64], texts: newBigcache[string], lossy: true},
	}
	return all
}
