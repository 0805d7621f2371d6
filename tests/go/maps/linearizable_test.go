// Guarantee J of docs/trust.md.

package maps_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"example.com/escrow/go/escrow"
)

// Goroutines do random operations on few keys and write down when each began and ended and what it
// answered; porcupine then looks for an order that a map for one goroutine could have had. Clear, which
// is no operation on one key, is in machine_test.go.
//
// A reader that does not ask whether its bucket still covers its key (index_reader::find_first) is found
// within some hundred histories.

const (
	clients    = 4
	operations = 20 // of each client
	keys       = 2  // of one history; the next has others
)

// run does the history of a number, and returns what there is to check.
func (h histories[K, V]) run(t *testing.T, m subject[K, V], history int) []porcupine.Operation {
	start := time.Now()
	of := make([][]porcupine.Operation, clients)
	errs := make([]error, clients)
	var ready atomic.Int32
	var wait sync.WaitGroup
	for client := range clients {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(uint64(history), uint64(client)))
			mine := make([]porcupine.Operation, operations)
			var at [keys]K
			var seen [keys]any // what a comparison may succeed with
			for k := range keys {
				at[k], seen[k] = h.key(history, k), any(h.value(0))
			}
			for i := range mine {
				in := input{operation: operation(random.IntN(int(h.last) + 1)), key: random.IntN(keys)}
				in.value = any(h.value(1 + i*clients + client)) // nobody else's
				mine[i] = porcupine.Operation{ClientId: client, Input: in}
			}
			for ready.Add(1); ready.Load() < clients; {
				runtime.Gosched()
			}
			for i := range mine {
				in := mine[i].Input.(input)
				if in.operation == compareAndSwap || in.operation == compareAndDelete {
					in.old = seen[in.key]
					mine[i].Input = in
				}
				// The times are outside the operation: what it does lies between them.
				call := time.Since(start)
				out, err := do(m, at[in.key], in)
				end := time.Since(start)
				mine[i].Call, mine[i].Return, mine[i].Output = int64(call), int64(end), out
				if err != nil {
					errs[client] = fmt.Errorf("%v: %w", in, err)
				}
				switch {
				case in.operation == store, in.operation == swap, in.operation == compareAndSwap && out.ok:
					seen[in.key] = in.value
				case out.value != nil:
					seen[in.key] = out.value
				}
			}
			of[client] = mine
		})
	}
	wait.Wait()
	var all []porcupine.Operation
	for client := range clients {
		if errs[client] != nil {
			t.Fatal(errs[client])
		}
		all = append(all, of[client]...)
	}
	return all
}

// overlaps counts the pairs of operations on one key of which neither ended before the other began.
func overlaps(all []porcupine.Operation) (n int) {
	for i, a := range all {
		for _, b := range all[:i] {
			if a.ClientId != b.ClientId && a.Input.(input).key == b.Input.(input).key && a.Call <= b.Return && b.Call <= a.Return {
				n++
			}
		}
	}
	return n
}

// moving grows and shrinks a map until it is stopped: entries go from bucket to bucket, into nodes and
// out of them. stop says how often the number of buckets grew, and how often it fell.
func (h histories[K, V]) moving(t *testing.T, m *escrow.Map[K, V]) (stop func() (grew, fell int)) {
	const others = 3000
	var grew, fell int
	var stopped atomic.Bool
	var wait sync.WaitGroup
	wait.Go(func() {
		buckets := func() uint64 {
			s, err := m.Stats()
			if err != nil {
				t.Error(err)
			}
			return s.Buckets
		}
		for turn := 0; !stopped.Load(); turn++ {
			small := buckets()
			if turn%2 == 0 {
				if err := m.Reserve(4 * others); err != nil {
					t.Error(err)
				}
			} else {
				for i := range others { // of histories that never are
					if err := m.Store(h.key(1<<30+i, 0), h.value(0)); err != nil {
						t.Error(err)
					}
				}
			}
			m.Range(func(K, V) bool { return true })
			large := buckets()
			for i := range others {
				m.Delete(h.key(1<<30+i, 0))
			}
			if _, err := m.Shrink(); err != nil {
				t.Error(err)
			}
			time.Sleep(100 * time.Microsecond) // the clients need a processor, too
			if large > small {
				grew++
			}
			if buckets() < large {
				fell++
			}
		}
	})
	return func() (int, int) {
		stopped.Store(true)
		wait.Wait()
		return grew, fell
	}
}

// check checks some thousand histories, and more where few operations met, as long as there is time.
func (h histories[K, V]) check(t *testing.T) {
	wanted, limit := 2000, 6*time.Second
	if testing.Short() {
		wanted = 200
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), clients)))
	m := open[K, V](t, escrow.MapOptions{})
	stop := h.moving(t, m)
	model := h.model()
	start := time.Now()
	history, together := 0, 0
	for ; time.Since(start) < limit && (history < wanted || together < wanted/4); history++ {
		all := h.run(t, m, history)
		together += overlaps(all)
		switch porcupine.CheckOperationsTimeout(model, all, 10*time.Second) {
		case porcupine.Illegal:
			t.Errorf("history %d has no order:\n%s", history, text(all))
		case porcupine.Unknown:
			t.Errorf("history %d: no answer in time", history)
		}
		if t.Failed() {
			break
		}
		for k := range keys {
			m.Delete(h.key(history, k))
		}
	}
	grew, fell := stop()
	t.Logf("%d histories, in which %d pairs overlap; the map grew %d times and shrank %d", history, together, grew, fell)
	if !t.Failed() && (together < 20 || grew < 2 || fell < 2) {
		t.Error("too little happened at once")
	}
}

// text is a history to be read.
func text(all []porcupine.Operation) (s string) {
	for _, o := range all {
		s += fmt.Sprintf("%d %v: %v to %v, %v\n", o.ClientId, o.Input, o.Call, o.Return, o.Output)
	}
	return s
}

func open[K, V any](t testing.TB, o escrow.MapOptions) *escrow.Map[K, V] {
	t.Helper()
	m, err := escrow.OpenMap[K, V](o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func TestHistoriesOfWordsAreLinearizable(t *testing.T) { words.check(t) }

func TestHistoriesOfStringsAreLinearizable(t *testing.T) { texts.check(t) }

// stale answers every third Load of a key with what an earlier one of that key gave.
type stale[K comparable, V any] struct {
	*escrow.Map[K, V]
	mutex sync.Mutex
	loads map[K]int
	old   map[K]content
}

func (s *stale[K, V]) Load(key K) (V, bool) {
	v, ok := s.Map.Load(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.loads[key]++
	if s.loads[key]%3 == 0 {
		v, _ = s.old[key].value.(V)
		return v, s.old[key].ok
	}
	s.old[key] = found(v, ok)
	return v, ok
}

// broken demands that most histories of a map whose Load is stale have no order.
func (h histories[K, V]) broken(t *testing.T) {
	const seeds = 40
	s := &stale[K, V]{Map: open[K, V](t, escrow.MapOptions{}), loads: map[K]int{}, old: map[K]content{}}
	none := 0
	for history := range seeds {
		if !porcupine.CheckOperations(h.model(), h.run(t, s, history)) {
			none++
		}
	}
	t.Logf("%d of %d histories have no order", none, seeds)
	if none < seeds/4 {
		t.Errorf("%d of %d histories have no order: the check finds too little", none, seeds)
	}
}

func TestAStaleReadIsFound(t *testing.T) {
	t.Run("words", words.broken)
	t.Run("strings", texts.broken)
}
