package report

import (
	"sync"
	"time"

	"example.com/escrow/go/inventory"
)

// Monitor compares rounds, so that its snapshots say what grew since the first one, and which sites are suspects.
type Monitor struct {
	stop chan struct{}
	done chan struct{} // closed when the goroutine has ended; nil: there is none

	mu       sync.Mutex
	rounds   inventory.Rounds
	first    *Snapshot // without objects
	last     *Snapshot // what was answered last, which is good for a moment
	suspects []inventory.Suspect
	round    time.Time
}

const (
	leastRound = time.Second            // between rounds of a monitor that nobody's goroutine drives
	fresh      = 200 * time.Millisecond // requests within it get one snapshot
)

// Watch starts a monitor with a round now and one after each period, until Close. Cost: a goroutine, and a
// walk over all slots a round.
func Watch(every time.Duration) *Monitor {
	m := &Monitor{stop: make(chan struct{}), done: make(chan struct{})}
	m.add(Take(Options{Objects: -1}))
	go func() {
		defer close(m.done)
		t := time.NewTicker(max(every, time.Millisecond))
		defer t.Stop()
		for {
			select {
			case <-t.C:
				m.add(Take(Options{Objects: -1}))
			case <-m.stop:
				return
			}
		}
	}()
	return m
}

// Close ends the rounds; the monitor stays good for snapshots. Idempotent.
func (m *Monitor) Close() {
	if m.done == nil {
		return
	}
	m.mu.Lock()
	select {
	case <-m.stop:
	default:
		close(m.stop)
	}
	m.mu.Unlock()
	<-m.done
}

// add takes in a round.
func (m *Monitor) add(s *Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.addLocked(s)
}

func (m *Monitor) addLocked(s *Snapshot) {
	if m.first == nil {
		light := *s
		light.Sites = append([]inventory.Site(nil), s.Sites...)
		for i := range light.Sites {
			light.Sites[i].Objects = nil
		}
		m.first = &light
	}
	m.suspects = m.rounds.Add(s)
	m.round = s.Taken
}

// Snapshot is Take with what grew since the monitor's first round, and its suspects. Calls within 200 ms of each
// other get the same one. Any goroutine. Without a goroutine of its own (see Handler), a call is a round when the last
// one is a second old.
func (m *Monitor) Snapshot() *Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last != nil && time.Since(m.last.Taken) < fresh {
		return m.last
	}
	s := Take(Options{})
	if m.first == nil || m.done == nil && s.Taken.Sub(m.round) >= leastRound {
		m.addLocked(s)
	}
	if s.Taken.After(m.first.Taken) {
		s.Growth = inventory.Compare(m.first, s)
	}
	s.Suspects = m.suspects
	m.last = s
	return s
}
