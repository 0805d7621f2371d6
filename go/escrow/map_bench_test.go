//go:build cgo

package escrow_test

import (
	"strconv"
	"sync"
	"testing"

	"example.com/escrow/go/escrow"
)

const benchEntries = 1 << 10

func BenchmarkMap(b *testing.B) {
	m := openMap[uint64, uint64](b, escrow.MapOptions{})
	text := openMap[string, string](b, escrow.MapOptions{})
	var peer sync.Map
	var names [benchEntries]string
	for i := range uint64(benchEntries) {
		names[i] = "some key " + strconv.Itoa(int(i))
		if m.Store(i, i) != nil || text.Store(names[i], names[i]) != nil {
			b.Fatal("store")
		}
		peer.Store(i, i)
	}
	b.Run("Load", func(b *testing.B) {
		b.ReportAllocs()
		sum, i := uint64(0), uint64(0)
		for b.Loop() {
			v, _ := m.Load(i % benchEntries)
			sum += v
			i++
		}
	})
	b.Run("Load/sync.Map", func(b *testing.B) {
		b.ReportAllocs()
		sum, i := uint64(0), uint64(0)
		for b.Loop() {
			v, _ := peer.Load(i % benchEntries)
			sum += v.(uint64)
			i++
		}
	})
	b.Run("Store", func(b *testing.B) {
		b.ReportAllocs()
		i := uint64(0)
		for b.Loop() {
			m.Store(i%benchEntries, i)
			i++
		}
	})
	b.Run("Store/sync.Map", func(b *testing.B) {
		b.ReportAllocs()
		i := uint64(0)
		for b.Loop() {
			peer.Store(i%benchEntries, i)
			i++
		}
	})
	b.Run("StoreDelete", func(b *testing.B) {
		b.ReportAllocs()
		i := uint64(benchEntries)
		for b.Loop() {
			m.Store(i, i)
			m.Delete(i)
			i++
		}
	})
	b.Run("StoreDelete/sync.Map", func(b *testing.B) {
		b.ReportAllocs()
		i := uint64(benchEntries)
		for b.Loop() {
			peer.Store(i, i)
			peer.Delete(i)
			i++
		}
	})
	b.Run("LoadBatch64", func(b *testing.B) {
		b.ReportAllocs()
		var keys, values [64]uint64
		var found [64]bool
		for i := range keys {
			keys[i] = uint64(i * 7)
		}
		for b.Loop() {
			if m.LoadBatch(keys[:], values[:], found[:]) != 64 {
				b.Fatal("not there")
			}
		}
	})
	b.Run("LoadString", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if _, ok := text.Load(names[i%benchEntries]); !ok {
				b.Fatal("not there")
			}
			i++
		}
	})
	b.Run("LoadInto", func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, 64)
		i := 0
		for b.Loop() {
			if _, ok := text.LoadInto(names[i%benchEntries], buf); !ok {
				b.Fatal("not there")
			}
			i++
		}
	})
	b.Run("StoreString", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			text.Store(names[i%benchEntries], names[i%7])
			i++
		}
	})
	if c := escrow.ReadTotals().Crossings; !c.Leaves || c.Slow > uint64(benchEntries) {
		b.Logf("leaves: %v, %d repeated by cgo", c.Reason, c.Slow)
	}
}
