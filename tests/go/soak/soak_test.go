package main

import (
	"strings"
	"testing"
	"time"
)

func TestTenSecondsOfEverythingLoseNothing(t *testing.T) {
	length := 10 * time.Second
	if testing.Short() {
		length = 2 * time.Second
	}
	found := soak(length, "", func(seen string, _ time.Duration) { t.Log(seen) })
	for _, w := range found.what {
		t.Error(w)
	}
}

// TestPlantedMistakesAreReported: a soak that cannot fail would show nothing.
func TestPlantedMistakesAreReported(t *testing.T) {
	for plant, says := range map[string]string{
		lost:   "lost",
		double: "a pool refused: ",
		growth: "memory grew",
	} {
		t.Run(plant, func(t *testing.T) {
			length := 2 * time.Second
			if plant == growth {
				length = 3 * time.Second
			}
			if testing.Short() {
				t.Skip("the long form shows it")
			}
			found := soak(length, plant, func(string, time.Duration) {})
			said := strings.Join(found.what, "\n")
			t.Log(said)
			if !strings.Contains(said, says) {
				t.Errorf("%q was not said", says)
			}
		})
	}
}
