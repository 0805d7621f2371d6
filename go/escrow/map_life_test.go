//go:build cgo

package escrow_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/escrow/go/escrow"
)

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
