package inventory

import (
	"path"
	"strings"
)

// Join adds findings to the snapshot, each with the sites that it is about: those whose innermost function stands in the
// finding's stack, at the same line where both know one, and of these the ones that agree in most frames
// outwards. For a bad access the stack of the allocation counts, too. A finding that fits no site stays without.
func (s *Snapshot) Join(findings []Finding) {
	for _, f := range findings {
		f.Sites = nil
		best := 0
		for i := range s.Sites {
			site := &s.Sites[i]
			n := max(agreement(site.Stack, f.Stack), agreement(site.Stack, f.Allocated))
			if n == 0 || n < best {
				continue
			}
			if n > best {
				best, f.Sites = n, nil
			}
			f.Sites = append(f.Sites, site.Key)
		}
		s.Findings = append(s.Findings, f)
	}
}

// agreement is in how many frames, from the site's innermost one outwards, two stacks agree.
func agreement(site, found []Frame) (most int) {
	for len(site) > 0 && site[0].Function == "" {
		site = site[1:]
	}
	if len(site) == 0 {
		return 0
	}
	for from := range found {
		n := 0
		for n < len(site) && from+n < len(found) && agree(site[n], found[from+n]) {
			n++
		}
		most = max(most, n)
	}
	return most
}

// agree says whether two frames are one place: the same function, or the same line of a file of the same name where
// inlining makes two functions of it.
func agree(a, b Frame) bool {
	located := a.File != "" && b.File != "" && a.Line > 0 && b.Line > 0
	samePlace := located && a.Line == b.Line && path.Base(a.File) == path.Base(b.File)
	name := bare(a.Function)
	return samePlace || !located && name != "" && name == bare(b.Function)
}

// bare is a function without its parameters, what it returns, and where its name is local.
func bare(function string) string {
	name := strings.ReplaceAll(Plainly(function), "(anonymous namespace)::", "")
	name = strings.TrimSuffix(name, " const")
	if strings.HasSuffix(name, ")") { // (*T) of Go does not end a name
		depth := 0
		for i := len(name) - 1; i > 0; i-- {
			switch name[i] {
			case ')':
				depth++
			case '(':
				depth--
			}
			if depth == 0 {
				name = name[:i]
				break
			}
		}
	}
	if at := strings.LastIndexByte(name, ' '); at >= 0 && !strings.Contains(name, "operator") {
		name = name[at+1:]
	}
	return name
}
