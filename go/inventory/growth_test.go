package inventory

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func siteNamed(name string, live int, bytes int64, oldest time.Duration) Site {
	stack := []Frame{{Function: name, File: "a.go", Line: 1}}
	return Site{Key: KeyOf(stack), Stack: stack, Live: live, Bytes: bytes, Oldest: oldest}
}

func TestGrowthIsBySite(t *testing.T) {
	earlier := &Snapshot{Taken: moment, Sites: []Site{siteNamed("same", 1, 10, 0), siteNamed("less", 5, 50, 0), siteNamed("gone", 2, 20, 0)}}
	later := &Snapshot{Taken: moment.Add(time.Minute), Sites: []Site{siteNamed("new", 3, 30, 0), siteNamed("same", 1, 10, 0), siteNamed("less", 4, 40, 0)}}
	g := Compare(earlier, later)
	var got []string
	for _, c := range g.Sites {
		got = append(got, fmt.Sprint(c.Place, " ", c.Objects, " ", c.Bytes, " ", c.New, " ", c.Gone))
	}
	if want := []string{"new a.go:1 3 30 true false", "less a.go:1 -1 -10 false false", "gone a.go:1 -2 -20 false true"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if g.Over != time.Minute || !g.Since.Equal(moment) || g.Grown() != 1 {
		t.Errorf("%+v", g)
	}
}

// course is how many objects a site has, a round each, and which rule makes it a suspect in the last one.
func TestWhoIsASuspect(t *testing.T) {
	const young, old = time.Second, 3 * time.Second
	for name, c := range map[string]struct {
		course []int
		oldest time.Duration
		rule   string
	}{
		"steady":                         {[]int{9, 9, 9, 9, 9, 9, 9, 9}, old, ""},
		"grew twice":                     {[]int{1, 2, 3}, old, ""},
		"grew three times":               {[]int{1, 2, 3, 4}, old, RuleGrew},
		"grew three times and is young":  {[]int{1, 2, 3, 4}, young, ""},
		"was there in the first round":   {[]int{50, 50, 51, 52}, old, ""},
		"came and grew":                  {[]int{0, 1, 2, 3}, old, RuleGrew},
		"paused in between":              {[]int{1, 2, 3, 3, 4, 5}, old, ""},
		"grew and came back":             {[]int{5, 6, 7, 8, 5}, old, ""},
		"grew and came back half":        {[]int{5, 6, 7, 8, 6}, old, RuleGrew},
		"grew, went, and is forgotten":   {[]int{5, 6, 7, 8, 0, 7}, old, ""},
		"a saw that stays where it is":   {[]int{5, 9, 4, 8, 5, 9, 4, 8, 5, 9, 4, 8, 5, 9, 4, 8}, old, ""},
		"a saw that rises":               {[]int{5, 9, 4, 8, 6, 10, 5, 9, 7, 11, 6, 10, 8, 12, 7, 11}, old, RuleFloor},
		"a saw that rises and is young":  {[]int{5, 9, 4, 8, 6, 10, 5, 9, 7, 11, 6, 10, 8, 12, 7, 11}, young, ""},
		"a saw that rises and falls":     {[]int{5, 9, 4, 8, 6, 10, 5, 9, 7, 11, 4, 10, 8, 12, 7, 11}, old, ""},
		"a saw that rises and ends":      {[]int{5, 9, 4, 8, 6, 10, 5, 9, 7, 11, 6, 10, 8, 12, 7, 11, 4}, old, ""},
		"a saw that rises three windows": {[]int{5, 9, 4, 8, 6, 10, 5, 9, 7, 11, 6, 10}, old, ""},
	} {
		var r Rounds
		var got []Suspect
		for i, n := range c.course {
			s := &Snapshot{Taken: moment.Add(time.Duration(i) * 2 * time.Second)}
			if n > 0 {
				s.Sites = []Site{siteNamed("site", n, int64(n)*100, c.oldest)}
			}
			got = r.Add(s)
			if again := r.Add(s); !slices.Equal(again, got) {
				t.Errorf("%s: the same round twice is two rounds", name)
			}
		}
		switch {
		case c.rule == "" && len(got) != 0:
			t.Errorf("%s: a suspect: %+v", name, got)
		case c.rule != "" && (len(got) != 1 || got[0].Rule != c.rule):
			t.Errorf("%s: %+v, not %s", name, got, c.rule)
		}
	}
}

func TestASuspectSaysByHowMuchAndSinceWhen(t *testing.T) {
	var r Rounds
	var got []Suspect
	for i, n := range []int{7, 7, 8, 9, 12} {
		got = r.Add(&Snapshot{Taken: moment.Add(time.Duration(i) * time.Second), Sites: []Site{
			siteNamed("small", 1+i, int64(1+i), 9*time.Second), siteNamed("site", n, int64(n)*100, 5*time.Second)}})
	}
	if len(got) != 2 || got[0].Objects != 5 || got[0].Bytes != 500 || !got[0].Since.Equal(moment.Add(time.Second)) ||
		got[0].Oldest != 5*time.Second || got[0].Place != "site a.go:1" || got[1].Place != "small a.go:1" {
		t.Errorf("%+v", got)
	}
}
