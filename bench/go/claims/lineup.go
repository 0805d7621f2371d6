package main

import "sync/atomic"

// turns is how often a turn goes round before a start. Between threads on cores of their own it takes
// a fraction of a microsecond; threads that share a core need a slice of the scheduler's for each, and
// so one of them is moved to an idle core meanwhile.
const turns = 32

// lineup has goroutines, each locked to its thread, begin at the same time and on different cores. It
// is for as many goroutines as there are cores, at most: they spin.
type lineup struct {
	goroutines uint64
	_          [120]byte
	passed     atomic.Uint64 // turns taken since the lineup was made
	_          [120]byte
}

// start returns when all goroutines have called it so many times: start 0 is the first.
func (l *lineup) start(start, goroutine int) {
	first := uint64(start) * turns * l.goroutines
	for turn := range uint64(turns) {
		for l.passed.Load() != first+turn*l.goroutines+uint64(goroutine) {
			continue
		}
		l.passed.Add(1)
	}
	for l.passed.Load() < first+turns*l.goroutines {
		continue
	}
}

// span is when a goroutine was at it, in ticks.
type span struct{ begin, end uint64 }

// overlap is the share of the whole time of some spans that belongs to all of them.
func overlap(spans []span) float64 {
	common, whole := spans[0], spans[0]
	for _, s := range spans[1:] {
		common = span{max(common.begin, s.begin), min(common.end, s.end)}
		whole = span{min(whole.begin, s.begin), max(whole.end, s.end)}
	}
	if common.end <= common.begin {
		return 0
	}
	return float64(common.end-common.begin) / float64(whole.end-whole.begin)
}
