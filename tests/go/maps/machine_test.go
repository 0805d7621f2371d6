package maps_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/escrow/go/escrow"
)

// machine does operations that rapid chooses to a map and to a Go map, which must answer alike. One scan
// goes on among them, a page at a time.
type machine[K comparable, V any] struct {
	m     *escrow.Map[K, V]
	model map[K]V
	kinds[K, V]

	at    escrow.Cursor
	stays map[K]bool // since the scan began
	seen  map[K]int
}

// kinds are the keys and values of a machine.
type kinds[K, V any] struct {
	key   func(int) K // another for every number
	value *rapid.Generator[V]
	bytes func(V) []byte // as a condition sees it
	add   func(V, V) V   // nil where there is no Add
}

// many is how many keys come at once, for a map of many buckets and a scan of many pages; few are those
// that operations on one key meet again and again.
const few, many = 12, 900

func (m *machine[K, V]) one(t *rapid.T) K {
	if rapid.IntRange(0, 9).Draw(t, "which") == 0 {
		return m.key(rapid.IntRange(0, many-1).Draw(t, "key"))
	}
	return m.key(rapid.IntRange(0, few-1).Draw(t, "key"))
}

func (m *machine[K, V]) some(t *rapid.T) (keys []K) {
	from := rapid.IntRange(0, few).Draw(t, "from")
	n := rapid.SampledFrom([]int{0, 1, few, 64, 65, 200, many - few}).Draw(t, "count")
	for i := range n {
		keys = append(keys, m.key(from+i))
	}
	return keys
}

// old is the value of a key, or another.
func (m *machine[K, V]) old(t *rapid.T, k K) V {
	other := m.value.Draw(t, "old")
	if v, ok := m.model[k]; ok && rapid.Bool().Draw(t, "equal") {
		return v
	}
	return other
}

func (m *machine[K, V]) same(a, b V) bool { return bytes.Equal(m.bytes(a), m.bytes(b)) }

func (m *machine[K, V]) set(k K, v V) { m.model[k] = v }

func (m *machine[K, V]) drop(k K) {
	delete(m.model, k)
	delete(m.stays, k)
}

// answered compares an answer with what the model has: a value that is the zero one where there is none.
func (m *machine[K, V]) answered(t *rapid.T, v V, ok bool, want V, there bool) {
	t.Helper()
	if ok != there || !m.same(v, want) {
		t.Fatalf("%v %v, not %v %v", v, ok, want, there)
	}
}

func none(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *machine[K, V]) Load(t *rapid.T) {
	k := m.one(t)
	v, ok := m.m.Load(k)
	want, there := m.model[k]
	m.answered(t, v, ok, want, there)
}

func (m *machine[K, V]) Store(t *rapid.T) {
	k, v := m.one(t), m.value.Draw(t, "value")
	none(t, m.m.Store(k, v))
	m.set(k, v)
}

func (m *machine[K, V]) LoadOrStore(t *rapid.T) {
	k, v := m.one(t), m.value.Draw(t, "value")
	actual, loaded, err := m.m.LoadOrStore(k, v)
	none(t, err)
	_, there := m.model[k]
	if !there {
		m.set(k, v)
	}
	m.answered(t, actual, loaded, m.model[k], there)
}

func (m *machine[K, V]) LoadAndDelete(t *rapid.T) {
	k := m.one(t)
	v, loaded := m.m.LoadAndDelete(k)
	want, there := m.model[k]
	m.answered(t, v, loaded, want, there)
	m.drop(k)
}

func (m *machine[K, V]) Delete(t *rapid.T) {
	k := m.one(t)
	m.m.Delete(k)
	m.drop(k)
}

func (m *machine[K, V]) Swap(t *rapid.T) {
	k, v := m.one(t), m.value.Draw(t, "value")
	previous, loaded, err := m.m.Swap(k, v)
	none(t, err)
	want, there := m.model[k]
	m.answered(t, previous, loaded, want, there)
	m.set(k, v)
}

func (m *machine[K, V]) CompareAndSwap(t *rapid.T) {
	k, v := m.one(t), m.value.Draw(t, "value")
	old := m.old(t, k)
	swapped, err := m.m.CompareAndSwap(k, old, v)
	none(t, err)
	now, there := m.model[k]
	if want := there && m.same(now, old); swapped != want {
		t.Fatalf("%v, not %v", swapped, want)
	}
	if swapped {
		m.set(k, v)
	}
}

func (m *machine[K, V]) CompareAndDelete(t *rapid.T) {
	k := m.one(t)
	old := m.old(t, k)
	deleted := m.m.CompareAndDelete(k, old)
	now, there := m.model[k]
	if want := there && m.same(now, old); deleted != want {
		t.Fatalf("%v, not %v", deleted, want)
	}
	if deleted {
		m.drop(k)
	}
}

func (m *machine[K, V]) Add(t *rapid.T) {
	if m.add == nil {
		t.Skip("values are no integers")
	}
	k, delta := m.one(t), m.value.Draw(t, "delta")
	v, err := m.m.Add(k, delta)
	none(t, err)
	m.set(k, m.add(m.model[k], delta))
	m.answered(t, v, true, m.model[k], true)
}

func (m *machine[K, V]) Clear(*rapid.T) {
	m.m.Clear()
	clear(m.model)
	clear(m.stays)
}

func (m *machine[K, V]) LoadBatch(t *rapid.T) {
	keys := m.some(t)
	values, found := make([]V, len(keys)), make([]bool, len(keys))
	n, all := m.m.LoadBatch(keys, values, found), 0
	for i, k := range keys {
		want, there := m.model[k]
		m.answered(t, values[i], found[i], want, there)
		if there {
			all++
		}
	}
	if n != all {
		t.Fatalf("%d, not %d", n, all)
	}
}

func (m *machine[K, V]) StoreBatch(t *rapid.T) {
	keys := m.some(t)
	values := make([]V, len(keys))
	different := rapid.SliceOfN(m.value, 1, 5).Draw(t, "values")
	for i, k := range keys {
		values[i] = different[i%len(different)]
		m.set(k, values[i])
	}
	n, err := m.m.StoreBatch(keys, values)
	none(t, err)
	if n != len(keys) {
		t.Fatalf("%d, not %d", n, len(keys))
	}
}

func (m *machine[K, V]) DeleteBatch(t *rapid.T) {
	keys := m.some(t)
	before := len(m.model)
	for _, k := range keys {
		m.drop(k)
	}
	if n := m.m.DeleteBatch(keys); n != before-len(m.model) {
		t.Fatalf("%d, not %d", n, before-len(m.model))
	}
}

// condition is one that some values meet; meets says whether a value does.
func (m *machine[K, V]) condition(t *rapid.T) (c escrow.Condition, meets func(V) bool) {
	first := func(v V) uint64 {
		var b [8]byte
		copy(b[:], m.bytes(v))
		return binary.LittleEndian.Uint64(b[:])
	}
	n := first(m.value.Draw(t, "operand"))
	switch rapid.IntRange(0, 2).Draw(t, "condition") {
	case 0:
		return escrow.IfEqual(n), func(v V) bool { return first(v) == n }
	case 1:
		return escrow.IfLess(n), func(v V) bool { return first(v) < n }
	}
	return escrow.IfBefore(int64(n)), func(v V) bool { return int64(first(v)) < int64(n) }
}

func (m *machine[K, V]) DeleteIf(t *rapid.T) {
	k := m.one(t)
	c, meets := m.condition(t)
	deleted := m.m.DeleteIf(k, c)
	now, there := m.model[k]
	if want := there && meets(now); deleted != want {
		t.Fatalf("%v, not %v", deleted, want)
	}
	if deleted {
		m.drop(k)
	}
}

func (m *machine[K, V]) Purge(t *rapid.T) {
	c, meets := m.condition(t)
	n, err := m.m.Purge(c)
	none(t, err)
	before := len(m.model)
	for k, v := range m.model {
		if meets(v) {
			m.drop(k)
		}
	}
	if n != before-len(m.model) {
		t.Fatalf("%d, not %d", n, before-len(m.model))
	}
}

func (m *machine[K, V]) Shrink(t *rapid.T) {
	_, err := m.m.Shrink()
	none(t, err)
}

func (m *machine[K, V]) Reserve(t *rapid.T) {
	none(t, m.m.Reserve(rapid.IntRange(0, 4*many).Draw(t, "entries")))
}

// Scan takes the next page, or begins anew.
func (m *machine[K, V]) Scan(t *rapid.T) {
	if m.at == 0 {
		m.stays, m.seen = map[K]bool{}, map[K]int{}
		for k := range m.model {
			m.stays[k] = true
		}
	}
	page, next, err := m.m.Scan(m.at, nil)
	none(t, err)
	for _, e := range page {
		want, there := m.model[e.Key]
		m.answered(t, e.Value, true, want, there)
		if m.seen[e.Key]++; m.seen[e.Key] > 1 {
			t.Fatalf("key %v again", e.Key)
		}
	}
	if m.at = next; !next.Done() {
		return
	}
	for k := range m.stays {
		if m.seen[k] != 1 {
			t.Fatalf("key %v was not seen", k)
		}
	}
	m.at = 0
}

// Check compares all that is there.
func (m *machine[K, V]) Check(t *rapid.T) {
	if n := m.m.Len(); n != len(m.model) {
		t.Fatalf("%d entries, not %d", n, len(m.model))
	}
	n := 0
	m.m.Range(func(k K, v V) bool {
		want, there := m.model[k]
		m.answered(t, v, true, want, there)
		n++
		return true
	})
	if n != len(m.model) {
		t.Fatalf("Range shows %d entries, not %d", n, len(m.model))
	}
	for k, want := range m.model {
		v, ok := m.m.Load(k)
		m.answered(t, v, ok, want, true)
	}
}

func run[K comparable, V any](t *testing.T, of kinds[K, V]) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := escrow.OpenMap[K, V](escrow.MapOptions{Expected: rapid.SampledFrom([]int{0, many}).Draw(t, "expected")})
		none(t, err)
		defer m.Close()
		machine := &machine[K, V]{m: m, model: map[K]V{}, kinds: of}
		actions := rapid.StateMachineActions(machine)
		if rapid.Bool().Draw(t, "large") { // enough stays for a scan of many pages
			actions["ScanOn"], actions["ScanFurther"] = machine.Scan, machine.Scan
			delete(actions, "Clear")
			delete(actions, "Purge")
			machine.StoreBatch(t)
		}
		t.Repeat(actions)
	})
}

func TestWordsAnswerAsAGoMap(t *testing.T) {
	run(t, kinds[uint64, uint64]{
		key:   func(i int) uint64 { return uint64(i-1) * 0x10001 },
		value: rapid.OneOf(rapid.SampledFrom([]uint64{0, 1, math.MaxInt64, 1 << 63, math.MaxUint64}), rapid.Uint64()),
		bytes: func(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) },
		add:   func(a, b uint64) uint64 { return a + b },
	})
}

// TestTextsAnswerAsAGoMap has lengths around those from which on there are ordinary calls, and room is
// asked for anew.
func TestTextsAnswerAsAGoMap(t *testing.T) {
	length := rapid.OneOf(rapid.IntRange(0, 20), rapid.SampledFrom([]int{511, 512, 513, 1024, 1025, 4000}))
	run(t, kinds[string, []byte]{
		key: func(i int) string {
			switch {
			case i == 0:
				return ""
			case i < 4:
				return strings.Repeat("k", 1021+2*i)
			}
			return fmt.Sprint("key ", i)
		},
		value: rapid.Custom(func(t *rapid.T) []byte {
			return bytes.Repeat([]byte{byte(rapid.Uint8().Draw(t, "byte"))}, length.Draw(t, "length"))
		}),
		bytes: func(v []byte) []byte { return v },
	})
}

// session has 4 bytes of padding, which no comparison may see.
type session struct {
	Until int64
	User  uint32
	More  uint64
}

func TestStructsAnswerAsAGoMap(t *testing.T) {
	run(t, kinds[[3]uint32, session]{
		key: func(i int) [3]uint32 { return [3]uint32{uint32(i), math.MaxUint32, uint32(i)} },
		value: rapid.Custom(func(t *rapid.T) session {
			return session{rapid.Int64Range(-2, 2).Draw(t, "until"), rapid.Uint32Range(0, 2).Draw(t, "user"), 7}
		}),
		bytes: func(v session) []byte {
			b := binary.LittleEndian.AppendUint64(nil, uint64(v.Until))
			b = binary.LittleEndian.AppendUint32(b, v.User)
			return binary.LittleEndian.AppendUint64(b, v.More)
		},
	})
}
