package inventory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MostJSON is how many bytes Read takes: a snapshot has some hundred bytes a site and an object, and at
// most 4,096 sites.
const MostJSON = 256 << 20

// ErrFormat says that something is no snapshot, or one of a version that this package does not know.
var ErrFormat = errors.New("not a snapshot of this version (" + Format + ")")

// WriteJSON writes the snapshot so that Read reads it. Errors: those of w.
func (s *Snapshot) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(s.filled())
}

// filled has empty lists in place of missing ones, so that no reader needs to tell null from nothing.
func (s *Snapshot) filled() *Snapshot {
	c := *s
	c.Format = Format
	c.Pools = append([]Pool{}, c.Pools...)
	for i := range c.Pools {
		fill(&c.Pools[i].States)
		fill(&c.Pools[i].Misuse)
	}
	c.Sites = append([]Site{}, c.Sites...)
	for i := range c.Sites {
		fill(&c.Sites[i].Stack)
		fill(&c.Sites[i].Pools)
		fill(&c.Sites[i].Labels)
		fill(&c.Sites[i].Objects)
	}
	c.Misuse = append([]Misuse{}, c.Misuse...)
	for i := range c.Misuse {
		fill(&c.Misuse[i].Stack)
	}
	c.Lives = append([]Life{}, c.Lives...)
	for i := range c.Lives {
		fill(&c.Lives[i].Events)
	}
	c.Findings = append([]Finding{}, c.Findings...)
	for i := range c.Findings {
		fill(&c.Findings[i].Stack)
		fill(&c.Findings[i].Sites)
	}
	fill(&c.Suspects)
	return &c
}

func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

// Read reads what WriteJSON wrote. Errors: ErrFormat, those of r and of encoding/json.
func Read(r io.Reader) (*Snapshot, error) {
	limited := &io.LimitedReader{R: r, N: MostJSON + 1}
	d := json.NewDecoder(limited)
	var s Snapshot
	if err := d.Decode(&s); err != nil {
		if limited.N <= 0 {
			return nil, fmt.Errorf("inventory: read snapshot: more than %d bytes", MostJSON)
		}
		return nil, fmt.Errorf("inventory: read snapshot: %w", err)
	}
	if s.Format != Format {
		return nil, fmt.Errorf("inventory: read snapshot: %w: it begins with %q", ErrFormat, s.Format)
	}
	return &s, nil
}
