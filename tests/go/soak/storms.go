package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"example.com/escrow/go/escrow"
)

// storms is what goes on at once. Each worker counts what it did; the sums must agree in the end.
type storms struct {
	plant   string
	stopped atomic.Bool
	wait    sync.WaitGroup
	wrong   *findings

	guards  *escrow.Pool // of guards, half of which are forgotten
	tickets *escrow.Pool // of what producers send to consumers
	words   *escrow.Map[uint64, uint64]
	texts   *escrow.Map[string, []byte]
	config  *escrow.Cell[settings]

	forgotten, closed            atomic.Uint64
	sent, taken, dropped, unsent atomic.Uint64 // unsent: of the dropped, tickets that were forgotten
	stored, deleted              atomic.Uint64
	swaps, reads                 atomic.Uint64
	pools, switches              atomic.Uint64

	keptMu sync.Mutex
	kept   []any // by a planted mistake
}

// settings are equal words, or a reader saw two versions in one.
type settings struct{ words [8]uint64 }

func (s *storms) open() (err error) {
	var errs [5]error
	s.guards, errs[0] = escrow.Open(escrow.Options{Name: "guards", Limit: 64 << 20})
	s.tickets, errs[1] = escrow.Open(escrow.Options{Name: "tickets"})
	s.words, errs[2] = escrow.OpenMap[uint64, uint64](escrow.MapOptions{})
	s.texts, errs[3] = escrow.OpenMap[string, []byte](escrow.MapOptions{})
	s.config, errs[4] = escrow.OpenCellOf(settings{}, escrow.CellOptions[settings]{Raw: true, History: 2})
	return errors.Join(errs[:]...)
}

// start begins all storms, each on as many goroutines as there are cores.
func (s *storms) start() {
	queue := make(chan escrow.Ticket, 256)
	var producers sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		random := func(storm uint64) *rand.Rand { return rand.New(rand.NewPCG(uint64(worker), storm)) }
		run := func(f func()) {
			s.wait.Go(func() {
				for !s.stopped.Load() {
					f()
					runtime.Gosched() // the storms take turns
				}
			})
		}
		forget, open := random(1), random(2)
		run(func() { s.forget(forget) })
		run(func() { s.openAndClose(open) })
		keys := &keys{worker: uint64(worker), random: random(3)}
		run(func() { s.mapping(keys) })
		seen := uint64(0)
		run(func() { s.read(&seen) })
		produce := random(4)
		producers.Add(1)
		s.wait.Go(func() {
			defer producers.Done()
			for n := uint64(0); !s.stopped.Load(); n++ {
				s.send(queue, produce, n)
			}
		})
		s.wait.Go(func() {
			for ticket := range queue {
				s.take(ticket)
			}
		})
	}
	s.wait.Go(func() { producers.Wait(); close(queue) })
	s.wait.Go(s.swap)
	s.wait.Go(s.switchLedger)
}

func (s *storms) must(err error) bool {
	if err != nil {
		s.wrong.add("%v", err)
		time.Sleep(time.Millisecond) // not millions of findings
	}
	return err == nil
}

// forget acquires some guards and duplicates, and leaves half of them to the collector.
func (s *storms) forget(random *rand.Rand) {
	for range 64 {
		g, err := s.guards.Acquire(16 << random.IntN(8))
		if errors.Is(err, escrow.ErrFull) { // until the collector was there
			time.Sleep(time.Millisecond)
			return
		}
		if !s.must(err) {
			return
		}
		some := []escrow.Guard{g}
		if random.IntN(4) == 0 {
			d, err := g.Dup()
			if s.must(err) {
				some = append(some, d)
			}
		}
		s.must(g.Use(func(b []byte) error { b[len(b)-1]++; return nil }))
		for _, g := range some {
			if random.IntN(2) == 0 {
				s.forgotten.Add(1)
				continue
			}
			h := g.UnsafeHandle()
			s.must(g.Close())
			if s.closed.Add(1)%1000 == 0 && s.plant == double {
				_ = escrow.UnsafeRelease(h)
			}
		}
	}
}

const magic = 0x9E3779B97F4A7C15

// send sends an object in a ticket, or drops it on the way.
func (s *storms) send(queue chan<- escrow.Ticket, random *rand.Rand, n uint64) {
	g, err := s.tickets.Acquire(16 + random.IntN(500))
	if !s.must(err) {
		return
	}
	s.must(g.Use(func(b []byte) error {
		binary.LittleEndian.PutUint64(b, n)
		binary.LittleEndian.PutUint64(b[8:], n*magic)
		return nil
	}))
	ticket, err := g.MoveOut()
	if !s.must(err) {
		return
	}
	number := s.sent.Add(1)
	switch {
	case s.plant == lost && number%1000 == 0:
		s.keep(ticket)
	case number%64 == 0:
		s.must(ticket.Close())
		s.dropped.Add(1)
	case number%64 == 1:
		s.dropped.Add(1)
		s.unsent.Add(1)
	default:
		queue <- ticket
	}
}

func (s *storms) keep(what any) {
	s.keptMu.Lock()
	defer s.keptMu.Unlock()
	s.kept = append(s.kept, what)
}

func (s *storms) take(ticket escrow.Ticket) {
	g, err := ticket.MoveIn()
	if !s.must(err) {
		return
	}
	s.must(g.Use(func(b []byte) error {
		n := binary.LittleEndian.Uint64(b)
		if binary.LittleEndian.Uint64(b[8:]) != n*magic {
			return fmt.Errorf("object %d is not what was sent", n)
		}
		return nil
	}))
	s.must(g.Close())
	s.taken.Add(1)
}

// openAndClose has a pool for a short while, and at times closes it before its guards.
func (s *storms) openAndClose(random *rand.Rand) {
	p, err := escrow.Open(escrow.Options{NoPressure: true})
	if !s.must(err) {
		return
	}
	guards := make([]escrow.Guard, 1+random.IntN(100))
	s.must(p.AcquireN(64, guards))
	early := random.IntN(2) == 0
	if early {
		if err := p.Close(); !errors.Is(err, escrow.ErrLeak) {
			s.wrong.add("closing a pool under its guards: %v", err)
		}
	}
	s.must(escrow.ReleaseN(guards))
	if !early {
		s.must(p.Close())
	}
	s.pools.Add(1)
}

// keys are those that one worker stores and deletes; it knows what they hold.
type keys struct {
	worker uint64
	random *rand.Rand
	turn   uint64
}

const most = 20000 // keys of a worker

// mapping fills the maps with a worker's keys, looks at them, and deletes them.
func (s *storms) mapping(k *keys) {
	k.turn++
	n := uint64(1 + k.random.IntN(most))
	key := func(i uint64) uint64 { return k.worker<<32 | i }
	text := func(i uint64) string { return fmt.Sprint("key ", key(i)) }
	for i := range n {
		s.must(s.words.Store(key(i), i*k.turn))
		if i%16 == 0 {
			s.must(s.texts.Store(text(i), []byte(fmt.Sprint(i*k.turn))))
		}
		s.stored.Add(1)
	}
	for i := range n {
		if v, ok := s.words.LoadAndDelete(key(i)); !ok || v != i*k.turn {
			s.wrong.add("key %d has %d, %v, not %d", key(i), v, ok, i*k.turn)
		}
		if i%16 == 0 {
			if v, ok := s.texts.LoadAndDelete(text(i)); !ok || string(v) != fmt.Sprint(i*k.turn) {
				s.wrong.add("%s has %q, %v, not %d", text(i), v, ok, i*k.turn)
			}
		}
		s.deleted.Add(1)
	}
	if k.turn%8 == 0 {
		_, err := s.words.Shrink()
		s.must(err)
	}
}

func (s *storms) swap() {
	for n := uint64(1); !s.stopped.Load(); n++ {
		var next settings
		for i := range next.words {
			next.words[i] = n
		}
		_, err := s.config.SwapValue(next, "")
		s.must(err)
		s.swaps.Add(1)
		time.Sleep(50 * time.Microsecond)
	}
}

func (s *storms) read(seen *uint64) {
	for range 64 {
		v := s.config.Load()
		for _, w := range v.words {
			if w != v.words[0] {
				s.wrong.add("a torn configuration: %v", v.words)
			}
		}
		if v.words[0] < *seen {
			s.wrong.add("configuration %d after %d", v.words[0], *seen)
		}
		*seen = v.words[0]
		s.reads.Add(1)
	}
}

// switchLedger also does what the planted growth does: it keeps what it should not.
func (s *storms) switchLedger() {
	start, grown := time.Now(), 0.0
	for n := 0; !s.stopped.Load(); n++ {
		o := escrow.LedgerOptions{Rate: []int{0, 1000, 10, 1}[n%4]}
		for _, p := range []*escrow.Pool{s.guards, s.tickets} {
			s.must(p.SetLedger(o))
		}
		s.switches.Add(1)
		for ; s.plant == growth && grown < 50*time.Since(start).Seconds(); grown++ { // 50 MiB a second
			b := make([]byte, 1<<20)
			for i := 0; i < len(b); i += 512 {
				b[i] = 1
			}
			s.keep(b)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
