package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// field is a filled map and what is done with it. Of a map of N entries the indices 0 .. N/2 stay;
// N/2 .. 3N/2 are a circle of which half is in the map at any time. A goroutine owns every g-th index
// of the circle and pushes its half round, storing in front and removing behind, so that the size is
// constant and every outcome known while all goroutines read what stays.
type field[K key] struct {
	table   table[K]
	kind    kind[K]
	entries uint64
	kept    func(index uint64) K
	lossy   bool

	stamp   uint64 // of the values in the map
	now     string // the contest of the last slice
	circles []circle
	seeds   uint64
	skewed  map[uint64][]uint32
}

func newField[K key](open maker[K], kind kind[K], entries uint64, lossy bool) (*field[K], error) {
	f := &field[K]{table: open(int(entries)), kind: kind, entries: entries, lossy: lossy, stamp: 1,
		kept: kind.keep(entries / 2 * 3), skewed: map[uint64][]uint32{}}
	for index := range entries {
		f.store(index)
	}
	if sum := f.sample(0, entries, 1000); sum != 0 && !lossy {
		return nil, fmt.Errorf("%d of 1000 entries are not there", sum)
	}
	return f, nil
}

func (f *field[K]) store(index uint64) {
	f.table.Store([]K{f.kept(index)}, []uint64{tag(index)}, f.stamp)
}

// sample counts how many of some entries from first on are amiss.
func (f *field[K]) sample(first, count, some uint64) (amiss uint64) {
	step := max(1, count/some)
	for index := first; index < first+count && some > 0; index += step {
		some--
		amiss += 1 - f.table.Load([]K{f.kept(index)}, []uint64{tag(index)}, f.stamp)
	}
	return amiss
}

// circle is a goroutine's part of the circle, in its own lines.
type circle struct {
	first, step, length uint64
	ahead, behind       uint64
	_                   [88]byte
}

func (c *circle) index(position uint64) uint64 { return c.first + position*c.step }

func (c *circle) advance(position *uint64) {
	if *position++; *position == c.length {
		*position = 0
	}
}

// push stores the next entry in front and removes the last one behind.
func (f *field[K]) push(c *chunk[K], own *circle) {
	index := own.index(own.ahead)
	c.one[0], c.tag[0] = f.kept(index), tag(index)
	f.table.Store(c.one[:], c.tag[:], f.stamp)
	own.advance(&own.ahead)
	c.one[0] = f.kept(own.index(own.behind))
	f.table.Remove(c.one[:])
	own.advance(&own.behind)
}

// comeRound pushes until the entries are 0 .. N again.
func (f *field[K]) comeRound() {
	var c chunk[K]
	for i := range f.circles {
		for f.circles[i].behind != 0 {
			f.push(&c, &f.circles[i])
		}
	}
	f.circles = nil
}

// enter prepares for a contest when the last slice was of another one.
func (f *field[K]) enter(name string, goroutines int) error {
	now := fmt.Sprint(name, " ", goroutines)
	if f.now == now {
		return nil
	}
	if f.entries%uint64(2*goroutines) != 0 {
		return fmt.Errorf("%d entries on %d goroutines", f.entries, goroutines)
	}
	f.comeRound()
	f.now = now
	if strings.HasSuffix(name, "overwrite") {
		f.stamp++
	}
	for i := range goroutines {
		// Half of its positions, whatever the number of goroutines, are the indices below N.
		length := f.entries / uint64(goroutines)
		f.circles = append(f.circles, circle{
			first: f.entries/2 + uint64(i), step: uint64(goroutines), length: length, ahead: length / 2,
		})
	}
	for _, bound := range []uint64{f.entries, f.entries / 2} {
		if strings.HasPrefix(name, "zipf/") && f.skewed[bound] == nil {
			f.skewed[bound] = zipf(bound)
		}
	}
	return nil
}

// seen is what a slice of n operations took; sum is n when all came out right.
type seen struct {
	n, sum                 uint64
	wall, cpu              float64 // nanoseconds by the clock; of all threads, the collector's as well
	allocations, allocated float64
}

// slice has goroutines do n operations each.
func (f *field[K]) slice(name string, goroutines int, n uint64) (seen, error) {
	if err := f.enter(name, goroutines); err != nil {
		return seen{}, err
	}
	work, ok := f.works()[name]
	if !ok {
		return seen{}, fmt.Errorf("no contest %q", name)
	}
	sums := make([]struct {
		sum uint64
		_   [120]byte
	}, goroutines)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for g := range goroutines {
		f.seeds++
		seed := f.seeds * 0x9E3779B97F4A7C15
		ready.Add(1)
		done.Go(func() {
			var c chunk[K]
			ready.Done()
			<-start
			sums[g].sum = work(&c, &f.circles[g], seed, n)
		})
	}
	ready.Wait()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, begin := processTime(), time.Now()
	close(start)
	done.Wait()
	s := seen{n: n * uint64(goroutines), wall: float64(time.Since(begin).Nanoseconds()), cpu: processTime() - cpu}
	runtime.ReadMemStats(&after)
	s.allocations, s.allocated = float64(after.Mallocs-before.Mallocs), float64(after.TotalAlloc-before.TotalAlloc)
	for g := range sums {
		s.sum += sums[g].sum
	}
	if s.sum == s.n || f.lossy && s.sum < s.n {
		return s, nil
	}
	return s, fmt.Errorf("wrong checksum: expected %d, got %d", s.n, s.sum)
}

// work does n operations, which is a multiple of chunkKeys, and returns how many came out right.
type work[K key] func(c *chunk[K], own *circle, seed, n uint64) uint64

// works are the contests of a filled map, by name.
func (f *field[K]) works() map[string]work[K] {
	loadBatch, storeBatch := f.table.Load, f.table.Store
	if b, ok := f.table.(batcher[K]); ok {
		loadBatch, storeBatch = b.LoadBatch, b.StoreBatch
	}
	all := func(seed uint64) indices { return &uniform{seed, f.entries} }
	stay := func(seed uint64) indices { return &uniform{seed, f.entries / 2} }
	skewed := func(bound uint64) func(uint64) indices {
		return func(seed uint64) indices { return &precomputed{f.skewed[bound], seed} }
	}
	return map[string]work[K]{
		"reads:100":          f.reads(all, chunkKeys, f.table.Load),
		"zipf/reads:100":     f.reads(skewed(f.entries), chunkKeys, f.table.Load),
		"batch:32/reads:100": f.reads(all, batch, loadBatch),
		"zipf/reads:90":      f.mixed(skewed(f.entries/2), 18),
		"reads:90":           f.mixed(stay, 18),
		"reads:50":           f.mixed(stay, 2),
		"reads:0":            f.mixed(stay, 0),
		"overwrite":          f.overwrites(chunkKeys, f.table.Store),
		"batch:32/overwrite": f.overwrites(batch, storeBatch),
		"misses": func(c *chunk[K], _ *circle, seed, n uint64) (sum uint64) {
			from := uniform{seed, f.entries}
			for range n / chunkKeys {
				for i := range chunkKeys {
					f.kind.look(c, i, 4*f.entries+from.next())
				}
				sum += f.table.Miss(c.keys[:])
			}
			return sum
		},
	}
}

func (f *field[K]) fill(c *chunk[K], from indices) {
	for i := range chunkKeys {
		index := from.next()
		f.kind.look(c, i, index)
		c.tags[i] = tag(index)
	}
}

// reads looks up keys of entries, `together` at a call.
func (f *field[K]) reads(draw func(seed uint64) indices, together int,
	load func([]K, []uint64, uint64) uint64) work[K] {
	return func(c *chunk[K], _ *circle, seed, n uint64) (sum uint64) {
		from := draw(seed)
		for range n / chunkKeys {
			f.fill(c, from)
			for i := 0; i < chunkKeys; i += together {
				sum += load(c.keys[i:i+together], c.tags[i:i+together], f.stamp)
			}
		}
		return sum
	}
}

// mixed repeats: so many reads of entries that stay, a store, a remove.
func (f *field[K]) mixed(draw func(seed uint64) indices, reads int) work[K] {
	return func(c *chunk[K], own *circle, seed, n uint64) (sum uint64) {
		from := draw(seed)
		left := 0 // of the chunk's keys
		for range n / uint64(reads+2) {
			if reads > 0 {
				if left < reads {
					f.fill(c, from)
					left = chunkKeys
				}
				at := chunkKeys - left
				sum += f.table.Load(c.keys[at:at+reads], c.tags[at:at+reads], f.stamp)
				left -= reads
			}
			f.push(c, own)
			sum += 2
		}
		if sum != n { // as it must be, unless the map is lossy
			return sum
		}
		return sum + f.amiss(own)
	}
}

// amiss counts what is wrong with the entries last stored and last removed.
func (f *field[K]) amiss(own *circle) (amiss uint64) {
	if f.lossy {
		return 0
	}
	ahead, behind := own.ahead, own.behind
	for range min(8, own.length/2) {
		ahead, behind = (ahead+own.length-1)%own.length, (behind+own.length-1)%own.length
		there, gone := own.index(ahead), own.index(behind)
		amiss += 1 - f.table.Load([]K{f.kept(there)}, []uint64{tag(there)}, f.stamp)
		amiss += 1 - f.table.Miss([]K{f.kept(gone)})
	}
	return amiss
}

// overwrites stores new values for entries that are there, `together` at a call.
func (f *field[K]) overwrites(together int, store func([]K, []uint64, uint64)) work[K] {
	return func(c *chunk[K], _ *circle, seed, n uint64) (sum uint64) {
		from := &uniform{seed, f.entries}
		for range n / chunkKeys {
			for i := range chunkKeys {
				index := from.next()
				c.keys[i], c.tags[i] = f.kept(index), tag(index)
			}
			for i := 0; i < chunkKeys; i += together {
				store(c.keys[i:i+together], c.tags[i:i+together], f.stamp)
			}
			sum += chunkKeys
		}
		// The last ones must have been stored.
		return sum - uint64(batch) + f.table.Load(c.keys[chunkKeys-batch:], c.tags[chunkKeys-batch:], f.stamp)
	}
}

// processTime is what all threads of the process have spent on cores.
func processTime() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return float64(used.Utime.Nano() + used.Stime.Nano())
}
