package inventory

import (
	"cmp"
	"slices"
	"time"
)

// Growth is what changed between two snapshots, site by site.
type Growth struct {
	Since time.Time     `json:"since"` // when the earlier one was taken
	Over  time.Duration `json:"over_ns"`
	Sites []Change      `json:"sites"` // those that changed, most bytes more first
}

// Change is how much more a site holds than before; less is negative.
type Change struct {
	Key     string `json:"key"`
	Place   string `json:"place"` // for people: where the site is
	Objects int    `json:"objects"`
	Bytes   int64  `json:"bytes"`
	New     bool   `json:"new"`  // it held nothing before
	Gone    bool   `json:"gone"` // it holds nothing now
}

// Compare says what a later snapshot holds more than an earlier one. The two may be of two runs of a
// program: sites are the same where their stacks are.
func Compare(earlier, later *Snapshot) *Growth {
	g := &Growth{Since: earlier.Taken, Over: later.Taken.Sub(earlier.Taken), Sites: []Change{}}
	before := make(map[string]*Site, len(earlier.Sites))
	for i := range earlier.Sites {
		before[earlier.Sites[i].Key] = &earlier.Sites[i]
	}
	for i := range later.Sites {
		s := &later.Sites[i]
		c := Change{Key: s.Key, Place: title(s.Stack), Objects: s.Live, Bytes: s.Bytes, New: true}
		if b := before[s.Key]; b != nil {
			c.Objects, c.Bytes, c.New = c.Objects-b.Live, c.Bytes-b.Bytes, false
			delete(before, s.Key)
		}
		if c.Objects != 0 || c.Bytes != 0 {
			g.Sites = append(g.Sites, c)
		}
	}
	for _, b := range before {
		g.Sites = append(g.Sites, Change{Key: b.Key, Place: title(b.Stack), Objects: -b.Live, Bytes: -b.Bytes, Gone: true})
	}
	slices.SortFunc(g.Sites, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Objects, a.Objects), cmp.Compare(a.Key, b.Key))
	})
	return g
}

// Grown counts the sites that hold more than before.
func (g *Growth) Grown() (n int) {
	for _, c := range g.Sites {
		if c.Objects > 0 || c.Bytes > 0 {
			n++
		}
	}
	return n
}

// title is what a site is called in one line.
func title(stack []Frame) string {
	f := Innermost(stack)
	if at := f.Place(); at != "" {
		return f.Name() + " " + at
	}
	return f.Name()
}
