package main

import (
	"hash/maphash"
	"sync"
)

// What the standard library offers: sync.Map, and maps under locks.

type syncMap[K key] struct{ m sync.Map }

func newSyncMap[K key](int) table[K] { return &syncMap[K]{} }

func (s *syncMap[K]) Load(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	for i, k := range keys {
		if v, ok := s.m.Load(k); ok {
			sum += right(v.(uint64), tags[i], stamp)
		}
	}
	return sum
}

func (s *syncMap[K]) Miss(keys []K) (sum uint64) {
	for _, k := range keys {
		if _, ok := s.m.Load(k); !ok {
			sum++
		}
	}
	return sum
}

func (s *syncMap[K]) Store(keys []K, tags []uint64, stamp uint64) {
	for i, k := range keys {
		s.m.Store(k, stamp-tags[i])
	}
}

func (s *syncMap[K]) Remove(keys []K) {
	for _, k := range keys {
		s.m.Delete(k)
	}
}

func (s *syncMap[K]) Close() {}

const shardCount = 16

// shard is a map under a lock, in lines of its own.
type shard[K key] struct {
	lock sync.RWMutex
	m    map[K]uint64
	_    [128 - 32]byte
}

type sharded[K key] struct {
	shards [shardCount]shard[K]
	choose func(K) uint64 // 0 .. shardCount-1
}

func newSharded[K key](entries int, choose func(K) uint64) table[K] {
	s := &sharded[K]{choose: choose}
	for i := range s.shards {
		s.shards[i].m = make(map[K]uint64, entries/shardCount)
	}
	return s
}

func newShardedNumbers(entries int) table[uint64] {
	return newSharded(entries, func(k uint64) uint64 { return k * 0x9E3779B97F4A7C15 >> 60 })
}

func newShardedTexts(entries int) table[string] {
	seed := maphash.MakeSeed()
	return newSharded(entries, func(k string) uint64 { return maphash.String(seed, k) >> 60 })
}

func (s *sharded[K]) Load(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	for i, k := range keys {
		in := &s.shards[s.choose(k)]
		in.lock.RLock()
		v, ok := in.m[k]
		in.lock.RUnlock()
		if ok {
			sum += right(v, tags[i], stamp)
		}
	}
	return sum
}

func (s *sharded[K]) Miss(keys []K) (sum uint64) {
	for _, k := range keys {
		in := &s.shards[s.choose(k)]
		in.lock.RLock()
		_, ok := in.m[k]
		in.lock.RUnlock()
		if !ok {
			sum++
		}
	}
	return sum
}

func (s *sharded[K]) Store(keys []K, tags []uint64, stamp uint64) {
	for i, k := range keys {
		in := &s.shards[s.choose(k)]
		in.lock.Lock()
		in.m[k] = stamp - tags[i]
		in.lock.Unlock()
	}
}

func (s *sharded[K]) Remove(keys []K) {
	for _, k := range keys {
		in := &s.shards[s.choose(k)]
		in.lock.Lock()
		delete(in.m, k)
		in.lock.Unlock()
	}
}

func (s *sharded[K]) Close() {}
