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
	Reindex Reindexed    `json:"reindex"` // under way, or the last
	Queries QueryStats   `json:"queries"`
	Skipped tree.Skipped `json:"skipped"`
	Config  ConfigStats  `json:"config"`
	Ranking RankingStats `json:"ranking"`

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

// IndexStats is what is in the index, and how fast it was first made: from the first directory read
// to the finished index. Memory does not count the texts, which are those of pool files.
type IndexStats struct {
	Files            uint64  `json:"files"`
	Bytes            uint64  `json:"bytes"`
	Documents        uint64  `json:"documents"`      // versions of files; more than files while old ones are still read
	Lists            uint64  `json:"lists"`          // of files by trigram, one for each 16,384 file numbers
	ListBytes        uint64  `json:"list_bytes"`     // in lists
	IndexBytes       uint64  `json:"index_bytes"`    // memory of the map of lists
	PathBytes        uint64  `json:"path_bytes"`     // memory of the maps from path and number to document
	DocumentBytes    uint64  `json:"document_bytes"` // memory of the documents
	Seconds          float64 `json:"seconds"`
	CommitSeconds    float64 `json:"commit_seconds"`
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
	s.indexing.mu.Lock()
	first, skipped := s.indexing.first, s.indexing.skipped
	s.indexing.mu.Unlock()
	out := Stats{
		Root: s.tree.Root(),
		Index: IndexStats{
			Files:            counts.Files,
			Bytes:            counts.Bytes,
			Documents:        counts.Documents,
			Lists:            counts.Lists,
			ListBytes:        counts.ListBytes,
			IndexBytes:       counts.IndexBytes,
			PathBytes:        counts.PathBytes,
			DocumentBytes:    counts.DocumentBytes,
			Seconds:          first.Seconds,
			CommitSeconds:    first.CommitSeconds,
			MegabytesASecond: float64(first.Bytes) / 1e6 / max(first.Seconds, 1e-9),
		},
		Reindex: s.Progress(),
		Queries: QueryStats{
			Literal: s.literal.Load(),
			Regexp:  s.expressions.Load(),
			Refused: s.refused.Load(),
			Matches: s.matches.Load(),
			P50ms:   s.latency.Quantile(0.50).Seconds() * 1e3,
			P99ms:   s.latency.Quantile(0.99).Seconds() * 1e3,
		},
		Skipped:   skipped,
		Config:    s.config.stats(),
		Ranking:   s.ranking.stats(),
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
