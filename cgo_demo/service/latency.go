package service

import (
	"slices"
	"sync"
	"time"
)

// Latency keeps how long the last 8,192 queries took. The zero value is ready.
type Latency struct {
	mu    sync.Mutex
	took  [8192]time.Duration // a ring; guarded by mu
	count int                 // ever
}

// Add takes one query in.
func (l *Latency) Add(took time.Duration) {
	l.mu.Lock()
	l.took[l.count%len(l.took)] = took
	l.count++
	l.mu.Unlock()
}

// Quantile is the time that the given share of the queries did not exceed; 0 without queries. The
// nearest rank: one of the times that were measured, not one in between.
func (l *Latency) Quantile(share float64) time.Duration {
	l.mu.Lock()
	took := slices.Clone(l.took[:min(l.count, len(l.took))])
	l.mu.Unlock()
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	rank := int(share*float64(len(took)) + 0.9999)
	return took[min(max(rank, 1), len(took))-1]
}
