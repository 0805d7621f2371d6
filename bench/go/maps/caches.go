package main

import (
	"context"
	"encoding/binary"
	"time"
	"unsafe"

	"github.com/VictoriaMetrics/fastcache"
	"github.com/allegro/bigcache/v3"
	"github.com/coocood/freecache"
)

// Caches that keep bytes where the collector does not look. They may drop an entry: when their memory
// is full, and some when two keys share a hash. They get memory for four times what is stored.

const cacheBytes = 4 * 96 // for an entry: key, value, header, four times

// bytesOf is the key as bytes, in `room` when it is a number.
func bytesOf[K key](k K, room *[8]byte) []byte {
	switch k := any(k).(type) {
	case string:
		return unsafe.Slice(unsafe.StringData(k), len(k))
	case uint64:
		binary.LittleEndian.PutUint64(room[:], k)
	}
	return room[:]
}

func number(value []byte) uint64 { return binary.LittleEndian.Uint64(value) }

type freecacheMap[K key] struct{ c *freecache.Cache }

func newFreecache[K key](entries int) table[K] {
	return &freecacheMap[K]{freecache.NewCache(max(entries*cacheBytes, 1<<22))}
}

func (f *freecacheMap[K]) Load(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	var room, buffer [8]byte
	for i, k := range keys {
		if v, err := f.c.GetWithBuf(bytesOf(k, &room), buffer[:]); err == nil {
			sum += right(number(v), tags[i], stamp)
		}
	}
	return sum
}

func (f *freecacheMap[K]) Miss(keys []K) (sum uint64) {
	var room, buffer [8]byte
	for _, k := range keys {
		if _, err := f.c.GetWithBuf(bytesOf(k, &room), buffer[:]); err != nil {
			sum++
		}
	}
	return sum
}

func (f *freecacheMap[K]) Store(keys []K, tags []uint64, stamp uint64) {
	var room, value [8]byte
	for i, k := range keys {
		binary.LittleEndian.PutUint64(value[:], stamp-tags[i])
		_ = f.c.Set(bytesOf(k, &room), value[:], 0) // fails only for entries of a megabyte
	}
}

func (f *freecacheMap[K]) Remove(keys []K) {
	var room [8]byte
	for _, k := range keys {
		f.c.Del(bytesOf(k, &room))
	}
}

func (f *freecacheMap[K]) Close() {}

type fastcacheMap[K key] struct{ c *fastcache.Cache }

func newFastcache[K key](entries int) table[K] {
	return &fastcacheMap[K]{fastcache.New(entries * cacheBytes)}
}

func (f *fastcacheMap[K]) Load(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	var room, buffer [8]byte
	for i, k := range keys {
		if v, ok := f.c.HasGet(buffer[:0], bytesOf(k, &room)); ok {
			sum += right(number(v), tags[i], stamp)
		}
	}
	return sum
}

func (f *fastcacheMap[K]) Miss(keys []K) (sum uint64) {
	var room [8]byte
	for _, k := range keys {
		if !f.c.Has(bytesOf(k, &room)) {
			sum++
		}
	}
	return sum
}

func (f *fastcacheMap[K]) Store(keys []K, tags []uint64, stamp uint64) {
	var room, value [8]byte
	for i, k := range keys {
		binary.LittleEndian.PutUint64(value[:], stamp-tags[i])
		f.c.Set(bytesOf(k, &room), value[:])
	}
}

func (f *fastcacheMap[K]) Remove(keys []K) {
	var room [8]byte
	for _, k := range keys {
		f.c.Del(bytesOf(k, &room))
	}
}

func (f *fastcacheMap[K]) Close() { f.c.Reset() }

type bigcacheMap[K key] struct{ c *bigcache.BigCache }

func newBigcache[K key](entries int) table[K] {
	config := bigcache.DefaultConfig(time.Hour)
	config.CleanWindow = 0
	config.MaxEntriesInWindow = entries
	config.MaxEntrySize = 96
	config.HardMaxCacheSize = max(entries*cacheBytes>>20, 64) // megabytes
	config.Verbose = false
	c, err := bigcache.New(context.Background(), config)
	if err != nil {
		panic(err)
	}
	return &bigcacheMap[K]{c}
}

// textOf is bytesOf as a string, which the cache does not keep.
func textOf[K key](k K, room *[8]byte) string {
	b := bytesOf(k, room)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (b *bigcacheMap[K]) Load(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	var room [8]byte
	for i, k := range keys {
		if v, err := b.c.Get(textOf(k, &room)); err == nil {
			sum += right(number(v), tags[i], stamp)
		}
	}
	return sum
}

func (b *bigcacheMap[K]) Miss(keys []K) (sum uint64) {
	var room [8]byte
	for _, k := range keys {
		if _, err := b.c.Get(textOf(k, &room)); err != nil {
			sum++
		}
	}
	return sum
}

func (b *bigcacheMap[K]) Store(keys []K, tags []uint64, stamp uint64) {
	var room, value [8]byte
	for i, k := range keys {
		binary.LittleEndian.PutUint64(value[:], stamp-tags[i])
		_ = b.c.Set(textOf(k, &room), value[:]) // an entry that does not fit is lost, and counted
	}
}

func (b *bigcacheMap[K]) Remove(keys []K) {
	var room [8]byte
	for _, k := range keys {
		_ = b.c.Delete(textOf(k, &room)) // not found: it was dropped before
	}
}

func (b *bigcacheMap[K]) Close() { _ = b.c.Close() }
