package service

import (
	"testing"
	"time"
)

func TestQuantilesAreMeasuredTimes(t *testing.T) {
	var l Latency
	if q := l.Quantile(0.5); q != 0 {
		t.Errorf("without queries: %v", q)
	}
	for i := 100; i >= 1; i-- {
		l.Add(time.Duration(i))
	}
	for _, c := range []struct {
		share float64
		want  time.Duration
	}{{0, 1}, {0.01, 1}, {0.5, 50}, {0.99, 99}, {0.991, 100}, {1, 100}} {
		if got := l.Quantile(c.share); got != c.want {
			t.Errorf("quantile %v is %d, want %d", c.share, got, c.want)
		}
	}
	for range len(l.took) {
		l.Add(7)
	}
	if got := l.Quantile(1); got != 7 {
		t.Errorf("times that were pushed out still count: %v", got)
	}
}
