package leaf_test

import (
	"testing"

	"example.com/escrow/go/leaf"
	"example.com/escrow/tests/go/leaf/specimen"
)

func BenchmarkLeaf(b *testing.B) {
	if ok, reason := leaf.Available(); !ok {
		b.Skip(reason)
	}
	var sum uint64
	for i := uint64(0); b.Loop(); i++ {
		sum += leaf.W1(specimen.Empty, i)
	}
	b.ReportMetric(0, "allocs/op")
	_ = sum
}

func BenchmarkLeafOff(b *testing.B) {
	leaf.Disable()
	defer leaf.Enable()
	for i := uint64(0); b.Loop(); i++ {
		leaf.W1(specimen.Empty, i)
	}
}

func BenchmarkCgo(b *testing.B) {
	for i := uint64(0); b.Loop(); i++ {
		specimen.PlainEmpty(i)
	}
}
