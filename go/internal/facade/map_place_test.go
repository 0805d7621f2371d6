//go:build cgo

package facade

import (
	"testing"
	"time"

	"example.com/escrow/go/internal/cabi"
)

// openWords opens a map of words with a known hash and says where it lies.
func openWords(t *testing.T) (m uint64, p MapPlace) {
	t.Helper()
	Prepare()
	m, s := cabi.MapOpen(&cabi.MapOptions{Keys: cabi.MapWord, Values: cabi.MapWord, Seed: 7})
	if s != cabi.OK {
		t.Fatal(s)
	}
	t.Cleanup(func() {
		cabi.MapClose(m)
		if s := cabi.MapDestroy(m); s != cabi.OK {
			t.Error(s)
		}
	})
	if p = PlaceMap(m); !trampolines && p.Word != &shut {
		t.Fatal("reads in place where leaves are not compiled in")
	}
	return m, p
}

// same compares every read in place that decides with the call, and returns the share of those among
// the keys that are there, and among those that are not.
func same(t *testing.T, when string, m uint64, p *MapPlace, keys uint64) (hits, misses float64) {
	t.Helper()
	var decided, all [2]float64
	for key := range keys {
		var want uint64
		called := cabi.MapGet(m, key, &want)
		got, s := p.Get(key)
		kind := 0
		if called == cabi.Absent {
			kind = 1
		}
		all[kind]++
		if s == cabi.Busy {
			continue
		}
		decided[kind]++
		if s != called || got != want {
			t.Fatalf("%s: key %d: in place %d, %d; by a call %d, %d", when, key, s, got, called, want)
		}
	}
	if all[0] > 0 {
		hits = decided[0] / all[0]
	}
	return hits, decided[1] / all[1]
}

// TestReadsInPlaceSayWhatCallsSay: through growth, overflow, erasure, shrinking and clears. Most must be
// decided in place, or reads would be as slow as before.
func TestReadsInPlaceSayWhatCallsSay(t *testing.T) {
	m, p := openWords(t)
	if p.Word == &shut {
		t.Skip("leaves are off: nothing is read in place")
	}
	const most, keys = 20000, 30000
	decide := func(when string, hits, misses float64) {
		t.Helper()
		// Some 4 % of the entries are in nodes, and a bucket with nodes decides no miss.
		if h, n := same(t, when, m, &p, keys); h < hits || n < misses {
			t.Fatalf("%s: %.2f of the hits and %.2f of the misses decided in place", when, h, n)
		}
	}
	decide("empty", 0, 1)
	for key := range uint64(most) {
		if s := cabi.MapPut(m, key, ^key); s < 0 {
			t.Fatal(s)
		}
		if key%1777 == 0 { // also where the map has more buckets than readers know of
			decide("growing", 0.8, 0.6)
		}
	}
	decide("full", 0.9, 0.8)
	for key := uint64(0); key < most; key += 2 {
		if s := cabi.MapErase(m, key); s != cabi.OK {
			t.Fatal(s)
		}
	}
	decide("half", 0.9, 0.9)
	if _, s := cabi.MapShrink(m); s != cabi.OK {
		t.Fatal(s)
	}
	decide("shrunk", 0.8, 0.6)
	for clears := range 300 { // past the wrap of the byte of the epoch that a bucket has
		if s := cabi.MapClear(m); s != cabi.OK {
			t.Fatal(s)
		}
		if s := cabi.MapPut(m, uint64(clears), 1); s < 0 {
			t.Fatal(s)
		}
		// Buckets are of an older epoch until somebody stores into them: empty, which a call must see.
		if clears%50 == 0 {
			same(t, "cleared", m, &p, keys)
		}
	}
	if _, s := p.Get(299); s != cabi.OK {
		t.Fatal(s)
	}
	for _, key := range []uint64{0, ^uint64(0), 1 << 63} {
		if s := cabi.MapPut(m, key, key+5); s < 0 {
			t.Fatal(s)
		}
		if v, s := p.Get(key); s != cabi.OK || v != key+5 {
			t.Fatal(key, v, s)
		}
	}
	if s := cabi.MapClose(m); s != cabi.OK {
		t.Fatal(s)
	}
	if _, s := p.Get(299); s != cabi.Busy {
		t.Fatalf("a closed map: %d", s)
	}
}

// TestReadsInPlaceBesideAWriter: keys come and go in few buckets, so that a slot has another key every
// moment, and a read that does not look at the control word again returns another key's value.
func TestReadsInPlaceBesideAWriter(t *testing.T) {
	m, p := openWords(t)
	const keys = 64 // of which 32 at a time are there
	value := func(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 }
	stop := make(chan struct{})
	wrong := make(chan uint64, 1)
	done := make(chan uint64)
	go func() {
		decided := uint64(0)
		defer func() { done <- decided }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			for key := range uint64(keys) {
				got, s := p.Get(key)
				if s != cabi.Busy {
					decided++
				}
				if s == cabi.OK && got != value(key) {
					select {
					case wrong <- key:
					default:
					}
					return
				}
			}
		}
	}()
	for end := time.Now().Add(time.Second); time.Now().Before(end) && len(wrong) == 0; {
		for i := range uint64(1000) {
			if s := MapPut(m, i%keys, value(i%keys)); s < 0 {
				t.Fatal(s)
			}
			if s := MapErase(m, (i+keys/2)%keys); s < 0 && s != cabi.Absent {
				t.Fatal(s)
			}
		}
	}
	close(stop)
	if decided := <-done; p.Word != &shut && decided == 0 {
		t.Fatal("nothing was decided in place")
	}
	if len(wrong) > 0 {
		t.Fatalf("key %d had another one's value", <-wrong)
	}
}
