//go:build cgo

package escrow_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unsafe"

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

// operations are those of sync.Map, as a test calls them.
type operations interface {
	Load(k int) (int, bool)
	Store(k, v int)
	LoadOrStore(k, v int) (int, bool)
	LoadAndDelete(k int) (int, bool)
	Delete(k int)
	Swap(k, v int) (int, bool)
	CompareAndSwap(k, old, new int) bool
	CompareAndDelete(k, old int) bool
	Range(f func(k, v int) bool)
	Clear()
}

// ofGo is sync.Map behind operations, ours is Map.
type ofGo struct{ *sync.Map }

func number(v any, ok bool) (int, bool) { n, _ := v.(int); return n, ok }

func (m ofGo) Load(k int) (int, bool)           { return number(m.Map.Load(k)) }
func (m ofGo) Store(k, v int)                   { m.Map.Store(k, v) }
func (m ofGo) LoadOrStore(k, v int) (int, bool) { return number(m.Map.LoadOrStore(k, v)) }
func (m ofGo) LoadAndDelete(k int) (int, bool)  { return number(m.Map.LoadAndDelete(k)) }
func (m ofGo) Delete(k int)                     { m.Map.Delete(k) }
func (m ofGo) Swap(k, v int) (int, bool)        { return number(m.Map.Swap(k, v)) }
func (m ofGo) CompareAndSwap(k, old, new int) bool {
	return m.Map.CompareAndSwap(k, old, new)
}
func (m ofGo) CompareAndDelete(k, old int) bool { return m.Map.CompareAndDelete(k, old) }
func (m ofGo) Range(f func(k, v int) bool) {
	m.Map.Range(func(k, v any) bool { return f(k.(int), v.(int)) })
}

type ours struct{ *escrow.Map[int, int] }

func (m ours) Store(k, v int) { must(0, m.Map.Store(k, v)) }
func (m ours) LoadOrStore(k, v int) (int, bool) {
	actual, loaded, err := m.Map.LoadOrStore(k, v)
	return must(actual, err), loaded
}
func (m ours) Swap(k, v int) (int, bool) {
	previous, loaded, err := m.Map.Swap(k, v)
	return must(previous, err), loaded
}
func (m ours) CompareAndSwap(k, old, new int) bool {
	swapped, err := m.Map.CompareAndSwap(k, old, new)
	return must(swapped, err)
}

// TestOperationsMeanWhatTheyMeanInSyncMap runs the same random history on both and compares every
// answer.
func TestOperationsMeanWhatTheyMeanInSyncMap(t *testing.T) {
	a, b := operations(ofGo{new(sync.Map)}), operations(ours{openMap[int, int](t, escrow.MapOptions{})})
	r := rand.New(rand.NewPCG(1, 2))
	for step := range 20000 {
		k, v, w := r.IntN(40)-20, r.IntN(3)-1, r.IntN(3)-1
		op := r.IntN(11)
		run := func(m operations) string {
			switch op {
			case 0:
				return fmt.Sprint(m.Load(k))
			case 1:
				m.Store(k, v)
			case 2:
				return fmt.Sprint(m.LoadOrStore(k, v))
			case 3:
				return fmt.Sprint(m.LoadAndDelete(k))
			case 4:
				m.Delete(k)
			case 5:
				return fmt.Sprint(m.Swap(k, v))
			case 6, 7:
				return fmt.Sprint(m.CompareAndSwap(k, v, w))
			case 8:
				return fmt.Sprint(m.CompareAndDelete(k, v))
			case 9:
				seen := map[int]int{}
				m.Range(func(k, v int) bool { seen[k] = v; return true })
				return fmt.Sprint(seen)
			case 10:
				if r.IntN(100) == 0 {
					return "clear"
				}
			}
			return ""
		}
		if want, got := run(a), run(b); op != 10 && want != got {
			t.Fatalf("step %d, operation %d of %d: sync.Map says %s, Map %s", step, op, k, want, got)
		}
		if step%3000 == 2999 {
			a.Clear()
			b.Clear()
		}
	}
	calls := 0
	b.Store(1, 1)
	b.Store(2, 1)
	b.Range(func(int, int) bool { calls++; return false })
	if calls != 1 {
		t.Fatalf("Range went on %d times after false", calls)
	}
}

func TestExtremeKeysAndValues(t *testing.T) {
	m := openMap[uint64, uint64](t, escrow.MapOptions{})
	for _, k := range []uint64{0, 1, 1 << 63, ^uint64(0)} {
		is(t, m.Store(k, ^k), nil)
	}
	for _, k := range []uint64{0, 1, 1 << 63, ^uint64(0)} {
		if v, ok := m.Load(k); !ok || v != ^k {
			t.Fatalf("key %x: %x %v", k, v, ok)
		}
	}
	text := openMap[string, []byte](t, escrow.MapOptions{})
	long := strings.Repeat("k", 64<<10)
	is(t, text.Store("", nil), nil)
	is(t, text.Store(long, []byte(long)), nil)
	if v, ok := text.Load(""); !ok || v == nil || len(v) != 0 {
		t.Fatalf("the empty string: %v %v", v, ok)
	}
	if v, ok := text.Load(long); !ok || string(v) != long {
		t.Fatalf("64 KiB: %d bytes, %v", len(v), ok)
	}
	if v, loaded := text.LoadAndDelete(long); !loaded || string(v) != long {
		t.Fatalf("64 KiB taken: %d bytes, %v", len(v), loaded)
	}
	is(t, text.Store(long+"k", nil), escrow.ErrSize)
	is(t, text.Store("v", make([]byte, 1<<20)), escrow.ErrSize)
	if _, ok := text.Load(long + "k"); ok {
		t.Fatal("a key that cannot be")
	}
	_, _, err := text.Swap("", make([]byte, 64<<10+1))
	is(t, err, escrow.ErrSize)
	if text.Len() != 1 {
		t.Fatalf("%d entries", text.Len())
	}
}

func TestKeysWithFloatsAreTheirBytes(t *testing.T) {
	type point struct{ X, Y float64 }
	m := openMap[point, int](t, escrow.MapOptions{})
	nan := math.NaN()
	is(t, m.Store(point{nan, 1}, 1), nil)
	if v, ok := m.Load(point{nan, 1}); !ok || v != 1 {
		t.Fatal("a NaN does not find itself")
	}
	is(t, m.Store(point{0, 0}, 2), nil)
	if _, ok := m.Load(point{math.Copysign(0, -1), 0}); ok {
		t.Fatal("-0.0 is 0.0")
	}
	words := openMap[float64, float64](t, escrow.MapOptions{})
	is(t, words.Store(nan, nan), nil)
	swapped, err := words.CompareAndSwap(nan, nan, 2)
	is(t, err, nil)
	if v, ok := words.Load(nan); !swapped || !ok || v != 2 {
		t.Fatal(swapped, v, ok)
	}
}

func TestTypesThatCannotLieInCMemoryAreNamed(t *testing.T) {
	type inner struct{ Next *int }
	type outer struct {
		ID    int
		Inner inner
	}
	type padded struct {
		A uint8
		B uint32
	}
	type blank struct {
		A uint32
		_ uint32
	}
	refused := func(err error, words ...string) {
		t.Helper()
		is(t, err, escrow.ErrKind)
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q does not say %q", err, w)
			}
		}
	}
	_, err := escrow.OpenMap[outer, int](escrow.MapOptions{})
	refused(err, "keys of outer", "Inner.Next", "ptr")
	_, err = escrow.OpenMap[int, outer](escrow.MapOptions{})
	refused(err, "values of outer", "Inner.Next")
	_, err = escrow.OpenMap[padded, int](escrow.MapOptions{})
	refused(err, "keys of padded", "field A", "padding")
	_, err = escrow.OpenMap[[2]blank, int](escrow.MapOptions{})
	refused(err, "_", "padding")
	_, err = escrow.OpenMap[any, int](escrow.MapOptions{})
	refused(err, "interface")
	_, err = escrow.OpenMap[int, [64<<10 + 1]byte](escrow.MapOptions{})
	is(t, err, escrow.ErrSize)
	_, err = escrow.OpenMap[int, int](escrow.MapOptions{Expected: -1})
	is(t, err, escrow.ErrOption)

	// Padding of values is not compared.
	m := openMap[int, padded](t, escrow.MapOptions{})
	a, b := padded{1, 2}, padded{1, 2}
	(*[8]byte)(unsafe.Pointer(&a))[1] = 77
	is(t, m.Store(1, a), nil)
	swapped, err := m.CompareAndSwap(1, b, padded{3, 4})
	is(t, err, nil)
	if !swapped {
		t.Fatal("padding was compared")
	}
}

func TestAddCountsAndWrapsAround(t *testing.T) {
	m := openMap[string, int64](t, escrow.MapOptions{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 1000 {
				must(m.Add("n", 1))
			}
		})
	}
	wait.Wait()
	if v, _ := m.Load("n"); v != 4000 {
		t.Fatalf("counted %d", v)
	}
	v, err := m.Add("n", -4001)
	is(t, err, nil)
	if v != -1 {
		t.Fatalf("%d", v)
	}
	_, err = openMap[int, int32](t, escrow.MapOptions{}).Add(1, 1)
	is(t, err, escrow.ErrKind)
}

func TestPurgeFindsEntriesThatFoundNoRoomInTheirBucket(t *testing.T) {
	m := openMap[uint64, uint64](t, escrow.MapOptions{})
	for i := range uint64(5000) {
		is(t, m.Store(i, i%2), nil)
	}
	if s, err := m.Stats(); err != nil || s.Nodes == 0 {
		t.Fatal("no bucket ran over", err)
	}
	for _, odd := range []uint64{0, 1} {
		if n, err := m.Purge(escrow.IfEqual(odd)); err != nil || n != 2500 {
			t.Fatal(n, err)
		}
	}
	if m.Len() != 0 {
		t.Fatalf("%d entries left", m.Len())
	}
}

func TestConditionsExpireEntries(t *testing.T) {
	type session struct {
		Until int64
		User  uint64
		More  uint64
	}
	m := openMap[int, session](t, escrow.MapOptions{})
	for i := range 100 {
		is(t, m.Store(i, session{Until: int64(i) - 50, User: 7}), nil)
	}
	if m.DeleteIf(60, escrow.IfBefore(10)) || !m.DeleteIf(59, escrow.IfBefore(10)) {
		t.Fatal("DeleteIf")
	}
	n, err := m.Purge(escrow.IfBefore(0))
	is(t, err, nil)
	if n != 50 || m.Len() != 49 {
		t.Fatalf("purged %d, %d left", n, m.Len())
	}
	words := openMap[int, int16](t, escrow.MapOptions{})
	for i := range 10 {
		is(t, words.Store(i, int16(i-5)), nil)
	}
	n, err = words.Purge(escrow.IfBefore(0)) // negative numbers of any width
	is(t, err, nil)
	if n != 5 {
		t.Fatalf("purged %d", n)
	}
	if !words.DeleteIf(7, escrow.IfEqual(2)) || words.DeleteIf(8, escrow.IfLess(3)) {
		t.Fatal("DeleteIf of words")
	}
}

func TestAScanCanBeResumedAndSeesWhatStaysOnce(t *testing.T) {
	m := openMap[uint64, uint64](t, escrow.MapOptions{})
	text := openMap[string, string](t, escrow.MapOptions{})
	for i := range uint64(20000) {
		is(t, m.Store(i, i), nil)
		is(t, text.Store(fmt.Sprint(i), fmt.Sprint(i)), nil)
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := uint64(1 << 32); ; i++ {
			select {
			case <-stop:
				return
			default:
				m.Store(i, 0)
				m.Delete(i - 100)
				text.Store(fmt.Sprint(i), "")
			}
		}
	})
	seen := make([]int, 20000)
	var page []escrow.Entry[uint64, uint64]
	var err error
	calls := 0
	for at := uint64(0); !escrow.Cursor(at).Done(); calls++ { // kept as a number
		var next escrow.Cursor
		page, next, err = m.Scan(escrow.Cursor(at), page[:0])
		is(t, err, nil)
		for _, e := range page {
			if e.Key < 20000 {
				seen[e.Key]++
			}
		}
		at = uint64(next)
	}
	for k, v := range text.All() {
		if k == v {
			i, _ := strconv.Atoi(k)
			seen[i] += 10
		}
	}
	close(stop)
	writer.Wait()
	for i, n := range seen {
		if n != 11 {
			t.Fatalf("key %d was seen %d times in Scan, %d in All", i, n%10, n/10)
		}
	}
	if calls < 20 {
		t.Fatalf("only %d pages", calls)
	}
}

func TestAClosedMapRefusesEverything(t *testing.T) {
	m := openMap[string, uint64](t, escrow.MapOptions{})
	is(t, m.Store("a", 1), nil)
	is(t, m.Close(), nil)
	is(t, m.Close(), escrow.ErrClosed)
	err := m.Store("a", 2)
	is(t, err, escrow.ErrClosed)
	if err.Error() != "escrow: store in map: map closed" {
		t.Fatalf("%q", err)
	}
	if v, ok := m.Load("a"); ok || v != 0 || m.Len() != 0 {
		t.Fatal("loaded from a closed map")
	}
	_, _, err = m.LoadOrStore("a", 1)
	is(t, err, escrow.ErrClosed)
	_, _, err = m.Swap("a", 1)
	is(t, err, escrow.ErrClosed)
	_, err = m.CompareAndSwap("a", 1, 2)
	is(t, err, escrow.ErrClosed)
	_, err = m.Add("a", 1)
	is(t, err, escrow.ErrClosed)
	_, err = m.StoreBatch([]string{"a"}, []uint64{1})
	is(t, err, escrow.ErrClosed)
	_, err = m.Purge(escrow.IfLess(9))
	is(t, err, escrow.ErrClosed)
	_, err = m.Stats()
	is(t, err, escrow.ErrClosed)
	is(t, m.Reserve(9), escrow.ErrClosed)
	_, err = m.Shrink()
	is(t, err, escrow.ErrClosed)
	_, _, err = m.Scan(0, nil)
	is(t, err, escrow.ErrClosed)
	found := []bool{true}
	if m.LoadBatch([]string{"a"}, make([]uint64, 1), found) != 0 || found[0] || m.DeleteBatch([]string{"a"}) != 0 {
		t.Fatal("a batch of a closed map")
	}
	if _, loaded := m.LoadAndDelete("a"); loaded || m.CompareAndDelete("a", 1) || m.DeleteIf("a", escrow.IfEqual(1)) {
		t.Fatal("removed from a closed map")
	}
	m.Delete("a")
	m.Clear()
	for range m.All() {
		t.Fatal("an entry of a closed map")
	}
	var zero escrow.Map[string, uint64]
	is(t, zero.Store("a", 1), escrow.ErrNull)
	is(t, zero.Close(), escrow.ErrNull)
	if _, ok := zero.Load("a"); ok {
		t.Fatal("loaded from no map")
	}
}

func TestAtItsLimitAMapIsFullAndUnchanged(t *testing.T) {
	m := openMap[uint64, string](t, escrow.MapOptions{Limit: 4 << 20})
	value := strings.Repeat("v", 1000)
	stored := uint64(0)
	for ; ; stored++ {
		if err := m.Store(stored, value); err != nil {
			is(t, err, escrow.ErrFull)
			if err.Error() != "escrow: store in map: map full" {
				t.Fatalf("%q", err)
			}
			break
		}
		if stored > 8<<10 {
			t.Fatal("the limit does not hold")
		}
	}
	if stored < 1<<10 || uint64(m.Len()) != stored {
		t.Fatalf("%d stored, %d there", stored, m.Len())
	}
	for i := range stored {
		if v, ok := m.Load(i); !ok || v != value {
			t.Fatalf("key %d: %v", i, ok)
		}
	}
	m.Delete(0)
	is(t, m.Store(stored, value), nil)
}

// TestTheDetectorSeesWhatAMapOrders: under -race this fails if a store and the load that sees it are
// not ordered.
func TestTheDetectorSeesWhatAMapOrders(t *testing.T) {
	m := openMap[string, uint64](t, escrow.MapOptions{})
	var published [100]int
	var wait sync.WaitGroup
	wait.Go(func() {
		for i := range published {
			published[i] = i + 1
			must(0, m.Store("n", uint64(i+1)))
		}
	})
	for n := uint64(0); n < uint64(len(published)); {
		n, _ = m.Load("n")
		for i := range n {
			if published[i] != int(i)+1 {
				t.Fatal("a store that was seen came before what it publishes")
			}
		}
	}
	wait.Wait()
}
