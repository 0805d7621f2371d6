package inventory

import (
	"cmp"
	"slices"
	"time"
)

// Suspect is a site that seems to leak.
type Suspect struct {
	Key     string        `json:"key"`
	Place   string        `json:"place"`
	Rule    string        `json:"rule"` // RuleGrew or RuleFloor
	Since   time.Time     `json:"since"`
	Objects int           `json:"objects"` // more than when it began to grow
	Bytes   int64         `json:"bytes"`   // the same
	Oldest  time.Duration `json:"oldest_ns"`
}

// The rules by which a site becomes a suspect.
const (
	RuleGrew  = "grew"  // three rounds in a row
	RuleFloor = "floor" // the least of a window of rounds rose three times in a row
)

const (
	growths     = 3               // rounds, or floors, in a row
	window      = 4               // rounds of which the least is a floor
	leastOldest = 2 * time.Second // the oldest reference of a suspect is older
)

// Rounds decides which sites are suspects, from one snapshot after the other. The zero value has seen
// none. Not for concurrent use.
//
// A site is a suspect when its objects or its bytes grew in three rounds in a row, or when the least of four
// rounds rose over the one before three times in a row, and it holds something that is older than two
// seconds. It is none any more when it holds no more than when its growth began.
type Rounds struct {
	sites map[string]*course
	last  time.Time
}

// course is how a site went.
type course struct {
	live, bytes int64 // in the last round
	grew        int   // rounds in a row
	from        point // before they grew

	inWindow int
	least    point   // in this window
	floors   []point // of windows before, at most one more than rises are asked for

	suspect *Suspect
	begin   point // what it held when the growth began
	place   string
	seen    bool // in this round
}

type point struct {
	live, bytes int64
	at          time.Time
}

// above says that something grew and nothing shrank.
func (p point) above(q point) bool {
	return p.live >= q.live && p.bytes >= q.bytes && (p.live > q.live || p.bytes > q.bytes)
}

// Add takes in a round and says who is a suspect after it, most bytes first. A snapshot that is not later
// than the last changes nothing.
func (r *Rounds) Add(s *Snapshot) []Suspect {
	if r.sites == nil {
		r.sites = make(map[string]*course)
	}
	if s.Taken.After(r.last) {
		first := r.last.IsZero()
		r.last = s.Taken
		for i := range s.Sites {
			site := &s.Sites[i]
			c := r.sites[site.Key]
			if c == nil {
				c = &course{place: title(site.Stack)}
				c.from = point{at: s.Taken}
				r.sites[site.Key] = c
				if first { // what was there before the first round did not grow in it
					c.live, c.bytes = int64(site.Live), site.Bytes
				}
			}
			c.seen = true
			c.round(point{int64(site.Live), site.Bytes, s.Taken}, site)
		}
		for key, c := range r.sites {
			if !c.seen { // it holds nothing
				delete(r.sites, key)
			}
			c.seen = false
		}
	}
	var all []Suspect
	for _, c := range r.sites {
		if c.suspect != nil {
			all = append(all, *c.suspect)
		}
	}
	slices.SortFunc(all, func(a, b Suspect) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Key, b.Key)) })
	return all
}

func (c *course) round(now point, site *Site) {
	before := point{live: c.live, bytes: c.bytes}
	if now.above(before) {
		if c.grew == 0 {
			c.from.live, c.from.bytes = before.live, before.bytes
		}
		c.grew++
	} else {
		c.grew = 0
		c.from.at = now.at
	}
	c.live, c.bytes = now.live, now.bytes

	if c.inWindow == 0 || c.least.above(now) || now.live < c.least.live {
		c.least = now
	}
	if c.inWindow++; c.inWindow == window {
		if n := len(c.floors); n > 0 && !c.least.above(c.floors[n-1]) {
			c.floors = c.floors[:0]
		}
		c.floors = append(c.floors, c.least)
		if len(c.floors) > growths+1 {
			c.floors = c.floors[1:]
		}
		c.inWindow = 0
	}

	switch {
	case c.suspect != nil:
		if now.live <= c.begin.live && now.bytes <= c.begin.bytes {
			c.suspect = nil
		}
	case site.Oldest <= leastOldest:
	case c.grew >= growths:
		c.begin = c.from
		c.suspect = &Suspect{Key: site.Key, Place: c.place, Rule: RuleGrew, Since: c.from.at}
	case len(c.floors) > growths:
		c.begin = c.floors[0]
		c.suspect = &Suspect{Key: site.Key, Place: c.place, Rule: RuleFloor, Since: c.begin.at}
	}
	if s := c.suspect; s != nil {
		s.Objects, s.Bytes, s.Oldest = int(now.live-c.begin.live), now.bytes-c.begin.bytes, site.Oldest
	}
}
