//go:build cgo

package report_test

import (
	"testing"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/report"
)

// BenchmarkTake takes snapshots of a million objects that guards of Go hold, all of them noted.
func BenchmarkTake(b *testing.B) {
	p := open(b, escrow.Options{Name: "million", NoPressure: true})
	guards := make([]escrow.Guard, 1_000_000)
	for i := 0; i < len(guards); i += 1000 {
		if err := p.AcquireN(64, guards[i:i+1000]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		s := report.Take(report.Options{})
		if len(s.Sites) != 1 || s.Sites[0].Live != len(guards) || s.Sites[0].Holders.Go != len(guards) {
			b.Fatalf("%+v", s.Sites)
		}
	}
	escrow.ReleaseN(guards)
}
