//go:build cgo

package escrow_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"example.com/escrow/go/escrow"
)

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
