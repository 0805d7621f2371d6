package service

import (
	"errors"

	"example.com/escrow/cgo_demo/tree"
	"example.com/escrow/go/escrow"
)

// Stats is a picture of the service, as /stats shows it.
type Stats struct {
	Root    string       `json:"root"`
	Pools   []PoolStats  `json:"pools"`
	Index   IndexStats   `json:"index"`
	Queries QueryStats   `json:"queries"`
	Skipped tree.Skipped `json:"skipped"`

	Crossings Crossings `json:"crossings"`
}

// Crossings tells how Go enters C++ for the operations on pools.
type Crossings struct {
	Leaves bool   `json:"leaves"` // by leaf calls
	Reason string `json:"reason"` // why by cgo calls instead
	Slow   uint64 `json:"slow"`   // leaf calls that were repeated by cgo
}

// PoolStats is what a pool holds.
type PoolStats struct {
	Name           string `json:"name"`
	LiveHandles    uint64 `json:"live_handles"`
	Loans          uint64 `json:"loans"`
	Tickets        uint64 `json:"tickets"`
	BytesLive      uint64 `json:"bytes_live"`
	BytesCommitted uint64 `json:"bytes_committed"`
	BytesPeak      uint64 `json:"bytes_peak"`
	Leaked         uint64 `json:"leaked"`
}

// IndexStats is what was indexed, and how fast: from the first directory read to the finished index.
type IndexStats struct {
	Files            uint64  `json:"files"`
	Bytes            uint64  `json:"bytes"`
	Trigrams         uint64  `json:"trigrams"`
	PostingBytes     uint64  `json:"posting_bytes"`
	Seconds          float64 `json:"seconds"`
	SealSeconds      float64 `json:"seal_seconds"`
	MegabytesASecond float64 `json:"megabytes_a_second"`
}

// QueryStats counts queries. The times are of the last 8,192, without the network.
type QueryStats struct {
	Literal int64   `json:"literal"`
	Regexp  int64   `json:"regexp"`
	Refused int64   `json:"refused"`
	Matches int64   `json:"matches"`
	P50ms   float64 `json:"p50_ms"`
	P99ms   float64 `json:"p99_ms"`
}

// Stats reads all counts.
func (s *Service) Stats() (Stats, error) {
	counts, err := s.engine.Stats()
	out := Stats{
		Root: s.tree.Root(),
		Index: IndexStats{
			Files:            counts.Files,
			Bytes:            counts.Bytes,
			Trigrams:         counts.Trigrams,
			PostingBytes:     counts.PostingBytes,
			Seconds:          s.indexing.Seconds(),
			SealSeconds:      float64(counts.SealNanos) / 1e9,
			MegabytesASecond: float64(counts.Bytes) / 1e6 / max(s.indexing.Seconds(), 1e-9),
		},
		Queries: QueryStats{
			Literal: s.literal.Load(),
			Regexp:  s.expressions.Load(),
			Refused: s.refused.Load(),
			Matches: s.matches.Load(),
			P50ms:   s.latency.Quantile(0.50).Seconds() * 1e3,
			P99ms:   s.latency.Quantile(0.99).Seconds() * 1e3,
		},
		Skipped:   s.tree.Skipped(),
		Crossings: Crossings(escrow.ReadTotals().Crossings),
	}
	for _, pool := range []*escrow.Pool{s.files, s.results} {
		p, poolErr := pool.Stats()
		err = errors.Join(err, poolErr)
		out.Pools = append(out.Pools, PoolStats{
			Name:           p.Name,
			LiveHandles:    p.Live + p.Duplicates + p.Loans,
			Loans:          p.Loans,
			Tickets:        p.Tickets,
			BytesLive:      p.BytesLive,
			BytesCommitted: p.BytesCommitted,
			BytesPeak:      p.BytesPeak,
			Leaked:         p.Leaked,
		})
	}
	return out, err
}
