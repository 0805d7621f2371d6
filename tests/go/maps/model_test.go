package maps_test

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// subject is what of a map is checked.
type subject[K, V any] interface {
	Load(K) (V, bool)
	Store(K, V) error
	LoadOrStore(K, V) (V, bool, error)
	LoadAndDelete(K) (V, bool)
	Delete(K)
	Swap(K, V) (V, bool, error)
	CompareAndSwap(K, V, V) (bool, error)
	CompareAndDelete(K, V) bool
	Add(K, V) (V, error)
}

type operation int

const (
	load operation = iota
	store
	loadOrStore
	loadAndDelete
	remove
	swap
	compareAndSwap
	compareAndDelete
	add
)

type input struct {
	operation
	key   int
	old   any // of the comparing ones
	value any
}

// content is what a key has, and what an operation says of it.
type content struct {
	value any
	ok    bool
}

// histories is a kind of map whose histories are checked.
type histories[K, V comparable] struct {
	key   func(history, key int) K
	value func(int) V
	last  operation
	sum   func(a, b any) any // as Add has it
}

var words = histories[uint64, uint64]{
	key:   func(history, key int) uint64 { return uint64(history*keys + key) },
	value: func(i int) uint64 { return uint64(i) },
	last:  add,
	sum: func(a, b any) any {
		if a == nil {
			return b
		}
		return a.(uint64) + b.(uint64)
	},
}

var texts = histories[string, string]{
	key:   func(history, key int) string { return fmt.Sprintf("history %d, key %d", history, key) },
	value: func(i int) string { return fmt.Sprintf("%0*d", 1+i%70, i) },
	last:  compareAndDelete,
}

// model is one key.
func (h histories[K, V]) model() porcupine.Model {
	return porcupine.Model{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			of := make([][]porcupine.Operation, keys)
			for _, o := range all {
				k := o.Input.(input).key
				of[k] = append(of[k], o)
			}
			return of
		},
		Init: func() any { return content{} },
		Step: func(state, in, out any) (bool, any) {
			now, i, o := state.(content), in.(input), out.(content)
			next := content{i.value, true}
			equal := now.ok && now.value == i.old
			switch i.operation {
			case load:
				return o == now, now
			case store:
				return true, next
			case loadOrStore:
				if now.ok {
					return o == now, now
				}
				return o == content{i.value, false}, next
			case loadAndDelete:
				return o == now, content{}
			case remove:
				return true, content{}
			case swap:
				return o == now, next
			case compareAndSwap:
				if equal {
					return o.ok, next
				}
				return !o.ok, now
			case compareAndDelete:
				if equal {
					return o.ok, content{}
				}
				return !o.ok, now
			}
			next.value = h.sum(now.value, i.value)
			return o == next, next
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprint(in, " answers ", out) },
	}
}

// found is what a map answered, where a missing value is nil.
func found[V any](value V, ok bool) content {
	if !ok {
		return content{}
	}
	return content{value, true}
}

// do does an operation.
func do[K, V any](m subject[K, V], key K, i input) (out content, err error) {
	value, _ := i.value.(V)
	old, _ := i.old.(V)
	var v V
	var ok bool
	switch i.operation {
	case load:
		v, ok = m.Load(key)
		out = found(v, ok)
	case store:
		err = m.Store(key, value)
	case loadOrStore:
		v, ok, err = m.LoadOrStore(key, value)
		out = content{v, ok}
	case loadAndDelete:
		v, ok = m.LoadAndDelete(key)
		out = found(v, ok)
	case remove:
		m.Delete(key)
	case swap:
		v, ok, err = m.Swap(key, value)
		out = found(v, ok)
	case compareAndSwap:
		out.ok, err = m.CompareAndSwap(key, old, value)
	case compareAndDelete:
		out.ok = m.CompareAndDelete(key, old)
	case add:
		v, err = m.Add(key, value)
		out = content{v, true}
	}
	return out, err
}
