package main

import "example.com/escrow/go/escrow"

type escrowMap[K key] struct{ m *escrow.Map[K, uint64] }

func escrowSubject() subject {
	return subject{name: "escrow", numbers: newEscrow[uint64], texts: newEscrow[string], asked: true}
}

func newEscrow[K key](entries int) table[K] {
	m, err := escrow.OpenMap[K, uint64](escrow.MapOptions{Expected: entries})
	if err != nil {
		panic(err)
	}
	return &escrowMap[K]{m}
}

func (e *escrowMap[K]) Load(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	for i, k := range keys {
		if v, ok := e.m.Load(k); ok {
			sum += right(v, tags[i], stamp)
		}
	}
	return sum
}

func (e *escrowMap[K]) Miss(keys []K) (sum uint64) {
	for _, k := range keys {
		if _, ok := e.m.Load(k); !ok {
			sum++
		}
	}
	return sum
}

func (e *escrowMap[K]) Store(keys []K, tags []uint64, stamp uint64) {
	for i, k := range keys {
		if err := e.m.Store(k, stamp-tags[i]); err != nil {
			panic(err)
		}
	}
}

func (e *escrowMap[K]) Remove(keys []K) {
	for _, k := range keys {
		e.m.Delete(k)
	}
}

func (e *escrowMap[K]) LoadBatch(keys []K, tags []uint64, stamp uint64) (sum uint64) {
	var values [batch]uint64
	var found [batch]bool
	n := len(keys)
	e.m.LoadBatch(keys, values[:n], found[:n])
	for i := range n {
		if found[i] {
			sum += right(values[i], tags[i], stamp)
		}
	}
	return sum
}

func (e *escrowMap[K]) StoreBatch(keys []K, tags []uint64, stamp uint64) {
	var values [batch]uint64
	for i := range keys {
		values[i] = stamp - tags[i]
	}
	if _, err := e.m.StoreBatch(keys, values[:len(keys)]); err != nil {
		panic(err)
	}
}

func (e *escrowMap[K]) Close() { e.m.Close() }
