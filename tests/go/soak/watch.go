package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/escrow/go/escrow"
)

// findings are what is wrong, each once, and what was seen last.
type findings struct {
	mu   sync.Mutex
	what []string
	more int
	seen string
}

func (f *findings) add(format string, about ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.what) < 20 {
		f.what = append(f.what, fmt.Sprintf(format, about...))
	} else {
		f.more++
	}
}

func (f *findings) some() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.what) > 0
}

// The bound of flat: resident memory at the median of the last third of the time after the warm-up (a
// fifth) is at most that of the first third, and an eighth, and 24 MiB.
const slack = 24 << 20

func flat(resident []uint64) (first, last uint64, ok bool) {
	after := resident[len(resident)/5:]
	third := len(after) / 3
	median := func(of []uint64) uint64 {
		of = slices.Sorted(slices.Values(of))
		return of[len(of)/2]
	}
	if third == 0 {
		return 0, 0, false
	}
	first, last = median(after[:third]), median(after[len(after)-third:])
	return first, last, last <= first+first/8+slack
}

// residentBytes is 0 where the system does not say.
func residentBytes() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	var size, resident uint64
	if _, scanned := fmt.Sscan(string(text), &size, &resident); err != nil || scanned != nil {
		return 0
	}
	return resident * uint64(os.Getpagesize())
}

// misused is what a pool refused that nobody may have asked for; a full pool is no mistake.
func misused(p *escrow.Pool) string {
	stats, err := p.Stats()
	if err != nil {
		return err.Error()
	}
	var found []string
	for why, n := range stats.Misuse {
		if !errors.Is(why, escrow.ErrFull) {
			found = append(found, fmt.Sprintf("%d times %v", n, why))
		}
	}
	slices.Sort(found)
	return strings.Join(found, ", ")
}

func (s *storms) text(at time.Duration, resident uint64) string {
	return fmt.Sprintf("%4.0f s  %d MiB  %d guards forgotten, %d closed; %d tickets sent, %d taken, %d dropped; "+
		"%d keys stored, %d deleted; %d swaps, %d reads; %d pools; %d ledger levels", at.Seconds(), resident>>20,
		s.forgotten.Load(), s.closed.Load(), s.sent.Load(), s.taken.Load(), s.dropped.Load(), s.stored.Load(),
		s.deleted.Load(), s.swaps.Load(), s.reads.Load(), s.pools.Load(), s.switches.Load())
}

// soak runs the storms, watches them, and says what is wrong. show is called every second.
func soak(length time.Duration, plant string, show func(seen string, at time.Duration)) *findings {
	wrong := &findings{}
	s := &storms{plant: plant, wrong: wrong}
	leakedBefore := escrow.ReadTotals().Leaked
	if err := s.open(); err != nil {
		wrong.add("%v", err)
		return wrong
	}
	start := time.Now()
	s.start()
	const samples = 10 // a second
	var resident []uint64
	for tick := 1; time.Since(start) < length; tick++ {
		time.Sleep(time.Until(start.Add(time.Duration(tick) * time.Second / samples)))
		resident = append(resident, residentBytes())
		if tick%samples != 0 {
			continue
		}
		show(s.text(time.Since(start), resident[len(resident)-1]), time.Duration(tick/samples)*time.Second)
		for _, p := range []*escrow.Pool{s.guards, s.tickets} {
			if m := misused(p); m != "" && !wrong.some() {
				wrong.add("after %v a pool refused: %s", time.Since(start).Round(time.Second), m)
			}
		}
	}
	s.stopped.Store(true)
	s.wait.Wait()
	s.settle(resident, leakedBefore)
	wrong.seen = s.text(time.Since(start), residentBytes())
	if wrong.more > 0 {
		wrong.what = append(wrong.what, fmt.Sprintf("and %d more", wrong.more))
	}
	return wrong
}

// settle compares all counts, when the collector has had its turns.
func (s *storms) settle(resident []uint64, leakedBefore uint64) {
	left := func() (uint64, uint64, int) {
		a, _ := s.guards.Stats()
		b, _ := s.tickets.Stats()
		return a.Live + a.Held, b.Live + b.Held, escrow.ReadTotals().Zombies
	}
	// Until nothing is left, or until three seconds have changed nothing.
	before := ^uint64(0)
	for deadline := time.Now().Add(3 * time.Second); before != 0 && time.Now().Before(deadline); {
		runtime.GC()
		a, b, zombies := left()
		if now := a + b + uint64(zombies); now != before {
			before, deadline = now, time.Now().Add(3*time.Second)
		}
		time.Sleep(10 * time.Millisecond)
	}
	guards, tickets, zombies := left()
	if guards+tickets != 0 || zombies != 0 {
		s.wrong.add("left in the end: %d objects and references of guards, %d of tickets, %d pools", guards, tickets, zombies)
	}
	if sent, got := s.sent.Load(), s.taken.Load()+s.dropped.Load(); sent != got {
		s.wrong.add("%d tickets were sent, %d taken or dropped: %d lost", sent, got, int64(sent)-int64(got))
	}
	want := s.forgotten.Load() + s.unsent.Load()
	if n := escrow.ReadTotals().Leaked - leakedBefore; n != want {
		s.wrong.add("%d guards and tickets were forgotten, %d were found", want, n)
	}
	if stored, deleted := s.stored.Load(), s.deleted.Load(); stored != deleted || s.words.Len()+s.texts.Len() != 0 {
		s.wrong.add("%d keys stored, %d deleted, %d left", stored, deleted, s.words.Len()+s.texts.Len())
	}
	for _, p := range []*escrow.Pool{s.guards, s.tickets} {
		if m := misused(p); m != "" {
			s.wrong.add("a pool refused: %s", m)
		}
		if err := p.Close(); err != nil {
			s.wrong.add("%v", err)
		}
	}
	for _, err := range []error{s.words.Close(), s.texts.Close(), s.config.Close()} {
		if err != nil {
			s.wrong.add("%v", err)
		}
	}
	if first, last, ok := flat(resident); !ok {
		s.wrong.add("memory grew: %d MiB in the first third after the warm-up, %d MiB in the last", first>>20, last>>20)
	}
	for what, n := range map[string]uint64{"guard was forgotten": s.forgotten.Load(), "ticket was taken": s.taken.Load(),
		"ticket was dropped": s.dropped.Load(), "key was deleted": s.deleted.Load(), "configuration was swapped": s.swaps.Load(),
		"configuration was read": s.reads.Load(), "pool was closed": s.pools.Load(), "ledger level was set": s.switches.Load()} {
		if n == 0 {
			s.wrong.add("no %s", what)
		}
	}
}
