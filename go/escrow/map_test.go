//go:build cgo

package escrow_test

import (
	"fmt"
	"testing"

	"example.com/escrow/go/escrow"
)

// openMap opens a map that the test closes.
func openMap[K, V any](t testing.TB, o escrow.MapOptions) *escrow.Map[K, V] {
	t.Helper()
	m, err := escrow.OpenMap[K, V](o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

type pair struct{ A, B uint64 }

// TestEveryShapeOfKeyAndValue runs one history over each combination of forms.
func TestEveryShapeOfKeyAndValue(t *testing.T) {
	number := func(i int) uint64 { return uint64(i) * 0x9e3779b97f4a7c15 }
	small := func(i int) int16 { return int16(i - 50) }
	text := func(i int) string { return fmt.Sprint("key ", i) }
	fixed := func(i int) pair { return pair{uint64(i), ^uint64(i)} }
	odd := func(i int) [3]byte { return [3]byte{byte(i), 255, byte(i)} }
	shapesWith(t, "uint64", number)
	shapesWith(t, "int16", small)
	shapesWith(t, "string", text)
	shapesWith(t, "pair", fixed)
	shapesWith(t, "[3]byte", odd)
}

func shapesWith[K comparable](t *testing.T, name string, key func(int) K) {
	shape(t, name+" to uint64", key, func(i int) uint64 { return ^uint64(0) - uint64(i) })
	shape(t, name+" to int8", key, func(i int) int8 { return int8(-i) })
	shape(t, name+" to float32", key, func(i int) float32 { return float32(i) / 3 })
	shape(t, name+" to pair", key, func(i int) pair { return pair{uint64(i), 7} })
	shape(t, name+" to string", key, func(i int) string { return fmt.Sprintf("%0*d", 20*i, i) })
	shape(t, name+" to bool", key, func(i int) bool { return i%2 == 0 })
	shape(t, name+" to struct{}", key, func(i int) struct{} { return struct{}{} })
}

// shape compares a history of all operations with that of a Go map.
func shape[K, V comparable](t *testing.T, name string, key func(int) K, value func(int) V) {
	t.Run(name, func(t *testing.T) {
		m := openMap[K, V](t, escrow.MapOptions{})
		model := map[K]V{}
		same := func() {
			t.Helper()
			if m.Len() != len(model) {
				t.Fatalf("%d entries, not %d", m.Len(), len(model))
			}
			for k, v := range model {
				if got, ok := m.Load(k); !ok || got != v {
					t.Fatalf("key %v: %v %v, not %v", k, got, ok, v)
				}
			}
			seen := 0
			for k, v := range m.All() {
				if want, ok := model[k]; !ok || want != v {
					t.Fatalf("All shows %v %v; the model has %v %v", k, v, want, ok)
				}
				seen++
			}
			if seen != len(model) {
				t.Fatalf("All shows %d entries, not %d", seen, len(model))
			}
		}
		for i := range 100 {
			if v, ok := m.Load(key(i)); ok || v != *new(V) {
				t.Fatalf("key %v before its time: %v", key(i), v)
			}
			is(t, m.Store(key(i), value(i)), nil)
			model[key(i)] = value(i)
		}
		same()
		for i := range 120 {
			k, v := key(i), value(i+1)
			before, there := model[k]
			switch i % 6 {
			case 0:
				previous, loaded, err := m.Swap(k, v)
				is(t, err, nil)
				if previous != before || loaded != there {
					t.Fatalf("Swap: %v %v, not %v %v", previous, loaded, before, there)
				}
				model[k] = v
			case 1:
				actual, loaded, err := m.LoadOrStore(k, v)
				is(t, err, nil)
				if !there {
					model[k] = v
				}
				if actual != model[k] || loaded != there {
					t.Fatalf("LoadOrStore: %v %v, not %v %v", actual, loaded, model[k], there)
				}
			case 2:
				got, loaded := m.LoadAndDelete(k)
				if got != before || loaded != there {
					t.Fatalf("LoadAndDelete: %v %v, not %v %v", got, loaded, before, there)
				}
				delete(model, k)
			case 3:
				swapped, err := m.CompareAndSwap(k, before, v)
				is(t, err, nil)
				if swapped != there {
					t.Fatalf("CompareAndSwap %v: %v, not %v", k, swapped, there)
				}
				if there {
					model[k] = v
				}
				other := value(i + 2)
				if now, ok := model[k]; ok && now != other {
					if swapped, _ := m.CompareAndSwap(k, other, v); swapped {
						t.Fatal("CompareAndSwap of another value")
					}
					if m.CompareAndDelete(k, other) {
						t.Fatal("CompareAndDelete of another value")
					}
				}
			case 4:
				if m.CompareAndDelete(k, before) != there {
					t.Fatal("CompareAndDelete")
				}
				delete(model, k)
			case 5:
				m.Delete(k)
				delete(model, k)
			}
		}
		same()
		var keys []K
		var values []V
		for i := range 150 {
			keys = append(keys, key(i))
			values = append(values, value(i))
		}
		got, found := make([]V, 150), make([]bool, 150)
		there := 0
		for i := range keys {
			if _, ok := model[keys[i]]; ok {
				there++
			}
		}
		distinct := map[K]bool{}
		for _, k := range keys {
			distinct[k] = true
		}
		if n := m.LoadBatch(keys, got, found); n != there {
			t.Fatalf("LoadBatch found %d, not %d", n, there)
		}
		for i := range keys {
			if v, ok := model[keys[i]]; got[i] != v || found[i] != ok {
				t.Fatalf("LoadBatch, key %v: %v %v, not %v %v", keys[i], got[i], found[i], v, ok)
			}
		}
		n, err := m.StoreBatch(keys, values)
		is(t, err, nil)
		if n != 150 {
			t.Fatalf("StoreBatch stored %d", n)
		}
		for i := range keys {
			model[keys[i]] = values[i]
		}
		same()
		if n := m.DeleteBatch(keys[:70]); n != 70 {
			t.Fatalf("DeleteBatch removed %d", n)
		}
		for _, k := range keys[:70] {
			delete(model, k)
		}
		same()
		m.Clear()
		clear(model)
		same()
	})
}
