package main

import (
	"github.com/alphadose/haxmap"
	cmap "github.com/orcaman/concurrent-map/v2"
	"github.com/puzpuzpuz/xsync/v4"
)

// The concurrent maps of other modules.

type xsyncMap[K key] struct{ m *xsync.Map[K, uint64] }

func newXsync[K key](entries int) table[K] {
	return &xsyncMap[K]{xsync.NewMap[K, uint64](xsync.WithPresize(entries))}
}

func (x *xsyncMap[K]) Load(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	for i, k := range keys {
		if v, ok := x.m.Load(k); ok {
			sum += right(v, tags[i], stamp)
		}
	}
	return sum
}

func (x *xsyncMap[K]) Miss(keys []K) (sum uint64) {
	for _, k := range keys {
		if _, ok := x.m.Load(k); !ok {
			sum++
		}
	}
	return sum
}

func (x *xsyncMap[K]) Store(keys []K, tags []uint64, stamp uint64) {
	for i, k := range keys {
		x.m.Store(k, stamp-tags[i])
	}
}

func (x *xsyncMap[K]) Remove(keys []K) {
	for _, k := range keys {
		x.m.Delete(k)
	}
}

func (x *xsyncMap[K]) Close() {}

type haxmapMap[K key] struct{ m *haxmap.Map[K, uint64] }

func newHaxmap[K key](entries int) table[K] {
	return &haxmapMap[K]{haxmap.New[K, uint64](uintptr(entries))}
}

func (h *haxmapMap[K]) Load(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	for i, k := range keys {
		if v, ok := h.m.Get(k); ok {
			sum += right(v, tags[i], stamp)
		}
	}
	return sum
}

func (h *haxmapMap[K]) Miss(keys []K) (sum uint64) {
	for _, k := range keys {
		if _, ok := h.m.Get(k); !ok {
			sum++
		}
	}
	return sum
}

func (h *haxmapMap[K]) Store(keys []K, tags []uint64, stamp uint64) {
	for i, k := range keys {
		h.m.Set(k, stamp-tags[i])
	}
}

func (h *haxmapMap[K]) Remove(keys []K) {
	for _, k := range keys {
		h.m.Del(k)
	}
}

func (h *haxmapMap[K]) Close() {}

type concurrentMap[K key] struct{ m cmap.ConcurrentMap[K, uint64] }

func newConcurrentNumbers(int) table[uint64] {
	return &concurrentMap[uint64]{cmap.NewWithCustomShardingFunction[uint64, uint64](func(k uint64) uint32 {
		return uint32(k * 0x9E3779B97F4A7C15 >> 32)
	})}
}

func newConcurrentTexts(int) table[string] { return &concurrentMap[string]{cmap.New[uint64]()} }

func (c *concurrentMap[K]) Load(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	for i, k := range keys {
		if v, ok := c.m.Get(k); ok {
			sum += right(v, tags[i], stamp)
		}
	}
	return sum
}

func (c *concurrentMap[K]) Miss(keys []K) (sum uint64) {
	for _, k := range keys {
		if _, ok := c.m.Get(k); !ok {
			sum++
		}
	}
	return sum
}

func (c *concurrentMap[K]) Store(keys []K, tags []uint64, stamp uint64) {
	for i, k := range keys {
		c.m.Set(k, stamp-tags[i])
	}
}

func (c *concurrentMap[K]) Remove(keys []K) {
	for _, k := range keys {
		c.m.Remove(k)
	}
}

func (c *concurrentMap[K]) Close() {}
