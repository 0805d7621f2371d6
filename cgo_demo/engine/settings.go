package engine

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"path"
	"strings"
	"unsafe"

	"example.com/escrow/go/escrow"
)

// SkipBytes is how much room there is for patterns, each with a byte after it.
const SkipBytes = 2048

// Weights are how much each fact of a file counts in the ranking.
type Weights struct {
	Matches float64 `json:"matches"` // for each time that its matching lines double
	Depth   float64 `json:"depth"`   // for each directory that it is in
	Size    float64 `json:"size"`    // for each time that its size doubles, from 1 KiB on
}

// Settings is what a search obeys: engine_settings of settings.h, byte by byte, so that it is the
// content of a raw cell and C++ reads it where it lies.
type Settings struct {
	DefaultLimit uint32 // matches of an answer to a request that names no limit
	MostLimit    uint32 // that a request may name
	PageMatches  uint32 // 1 to MaxLimit; how many of a page, which is how often a search may end early
	SkipLength   uint32 // bytes of Skip in use
	PageBytes    uint64 // scanned for a page, but for the last file's
	Weights      Weights
	Skip         [SkipBytes]byte // patterns, each ended by 0; see SetSkip
}

// DefaultSettings are what holds where nobody says anything else.
func DefaultSettings() Settings {
	return Settings{
		DefaultLimit: 100, MostLimit: 100000, PageMatches: 4096, PageBytes: 16 << 20,
		Weights: Weights{Matches: 4, Depth: -1, Size: -1},
	}
}

// OpenSettings opens a cell for the engine with its first version.
//
// Errors: escrow.ErrRefused with that of Check; those of escrow.OpenCell.
func OpenSettings(first Settings) (*escrow.Cell[Settings], error) {
	return escrow.OpenCell(first.Content(), escrow.CellOptions[Settings]{
		Name: "settings", Raw: true, Check: (*Settings).Check, ETag: first.ETag(),
	})
}

// Content is what a cell of settings holds: there are no gaps in them, so equal ones are equal bytes. It
// is the settings' own memory.
func (s *Settings) Content() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(s)), unsafe.Sizeof(*s))
}

// ETag tells settings from others.
func (s *Settings) ETag() string {
	sum := sha256.Sum256(s.Content())
	return fmt.Sprintf(`"%x"`, sum[:16])
}

// RankingCode is what a slot for rankings is opened with.
var RankingCode = escrow.CodeOptions{Functions: 1, ABI: 1, History: 4}

// SetSkip names the files that are not searched: patterns of path.Match for the names of files and
// directories, or, with a slash in them, for paths from the root. What is below a directory that
// matches is not searched either. On an error nothing has changed.
func (s *Settings) SetSkip(patterns []string) error {
	for _, pattern := range patterns {
		if err := checkPattern(pattern); err != nil {
			return err
		}
	}
	all := strings.Join(patterns, "\x00")
	if len(patterns) > 0 {
		all += "\x00"
	}
	if len(all) > SkipBytes {
		return fmt.Errorf("skip: %d patterns are %d bytes with a byte after each, and there is room for %d", len(patterns), len(all), SkipBytes)
	}
	s.Skip = [SkipBytes]byte{} // equal settings are equal bytes
	s.SkipLength = uint32(copy(s.Skip[:], all))
	return nil
}

func checkPattern(pattern string) error {
	switch {
	case pattern == "":
		return errors.New("skip: a pattern is empty")
	case strings.ContainsRune(pattern, 0):
		return fmt.Errorf("skip: pattern %q has a zero byte", pattern)
	case strings.HasPrefix(pattern, "/") || strings.HasSuffix(pattern, "/"):
		return fmt.Errorf("skip: pattern %q begins or ends with a slash: paths are below the root, and %q is a directory too",
			pattern, strings.Trim(pattern, "/"))
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("skip: pattern %q: %w", pattern, err)
	}
	return nil
}

// SkipPatterns lists what SetSkip was given.
func (s *Settings) SkipPatterns() []string {
	used := s.Skip[:min(s.SkipLength, SkipBytes)]
	if len(used) == 0 {
		return []string{}
	}
	return strings.Split(string(bytes.TrimSuffix(used, []byte{0})), "\x00")
}

// Check says what is wrong with settings that a search could not obey.
func (s *Settings) Check() error {
	switch {
	case s.MostLimit == 0:
		return errors.New("most is 0: no request would get an answer")
	case s.DefaultLimit == 0 || s.DefaultLimit > s.MostLimit:
		return fmt.Errorf("default %d is not from 1 to most, %d", s.DefaultLimit, s.MostLimit)
	case s.PageMatches == 0 || s.PageMatches > MaxLimit:
		return fmt.Errorf("page_matches %d is not from 1 to %d", s.PageMatches, MaxLimit)
	case s.PageBytes == 0:
		return errors.New("page_bytes is 0: no file would be looked at")
	case s.SkipLength > SkipBytes || s.SkipLength > 0 && s.Skip[s.SkipLength-1] != 0:
		return fmt.Errorf("skip: %d bytes do not end with a 0 inside %d", s.SkipLength, SkipBytes)
	}
	for _, w := range []float64{s.Weights.Matches, s.Weights.Depth, s.Weights.Size} {
		if math.IsNaN(w) || math.IsInf(w, 0) {
			return errors.New("weights: one is not a finite number")
		}
	}
	return nil
}
