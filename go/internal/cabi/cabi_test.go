//go:build cgo

package cabi

import (
	"strings"
	"testing"
)

func TestTheLinkedFacadeIsTheOneCompiledAgainst(t *testing.T) {
	if s, why := Available(); s != OK || why != "" {
		t.Fatal(s, why)
	}
	linked := LinkedABI()
	if linked.Major != 1 || linked.Hash == 0 || !linked.Optimized {
		t.Fatalf("%+v", linked)
	}
}

func TestEveryDifferentLayoutIsNamed(t *testing.T) {
	same := CompiledABI()
	if why := Mismatch(same, same); why != "" {
		t.Fatal(why)
	}
	for word, change := range map[string]func(*ABI){
		"ABI major":           func(a *ABI) { a.Major++ },
		"slot header":         func(a *ABI) { a.HeaderBytes = 64 },
		"word's place":        func(a *ABI) { a.WordOffset = 8 },
		"payload's place":     func(a *ABI) { a.PayloadOffset = 0 },
		"size's place":        func(a *ABI) { a.AboutOffset = 24 },
		"generation":          func(a *ABI) { a.GenerationShift++ },
		"index":               func(a *ABI) { a.IndexShift++ },
		"tag":                 func(a *ABI) { a.TagShift-- },
		"escrow_pool_options": func(a *ABI) { a.OptionsBytes += 8 },
		"escrow_pool_stats":   func(a *ABI) { a.StatsBytes += 8 },
		"escrow_api":          func(a *ABI) { a.APIBytes += 8 },
	} {
		other := same
		change(&other)
		why := Mismatch(same, other)
		if !strings.Contains(why, word) || !strings.Contains(why, "rebuild") {
			t.Errorf("a change of %s says %q", word, why)
		}
	}
}
