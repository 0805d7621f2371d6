package plan

import (
	"regexp/syntax"
	"slices"
	"unicode"
)

// How many strings a set may hold, and how many runes of a class are worth telling apart.
const (
	maxStrings = 32
	maxClass   = 16
)

// facts is what is known of every string that an expression matches. Sets are sorted and hold each
// string once; a fact of an expression that matches nothing is an empty set.
type facts struct {
	known  bool     // the matches are exactly `exact`
	exact  []string // when known
	prefix []string // when not known: each match begins with one of these,
	suffix []string // and ends with one of these
	need   *need    // and holds this, beside what the sets say
}

func needOf(re *syntax.Regexp) *need {
	f := factsOf(re).unknown()
	return f.need
}

func exactly(texts ...string) facts {
	return facts{known: true, exact: set(texts), need: needAnything}
}

// unlimited is what is known of `.*`.
func unlimited() facts {
	return facts{prefix: []string{""}, suffix: []string{""}, need: needAnything}
}

func factsOf(re *syntax.Regexp) facts {
	switch re.Op {
	case syntax.OpNoMatch:
		return exactly()
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText,
		syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return exactly("")
	case syntax.OpLiteral:
		return literal(re.Rune, re.Flags&syntax.FoldCase != 0)
	case syntax.OpCharClass:
		return class(re.Rune)
	case syntax.OpCapture:
		return factsOf(re.Sub[0])
	case syntax.OpPlus:
		return factsOf(re.Sub[0]).unknown()
	case syntax.OpQuest:
		return either(factsOf(re.Sub[0]), exactly(""))
	case syntax.OpConcat:
		f := exactly("")
		for _, sub := range re.Sub {
			f = then(f, factsOf(sub))
		}
		return f
	case syntax.OpAlternate:
		f := exactly()
		for _, sub := range re.Sub {
			f = either(f, factsOf(sub))
		}
		return f
	}
	return unlimited() // OpStar, OpAnyCharNotNL; OpRepeat is gone after Simplify
}

func literal(runes []rune, fold bool) facts {
	if !fold && !hasReplacement(runes) {
		return exactly(string(runes))
	}
	f := exactly("")
	for _, r := range runes {
		same := []rune{r, r}
		for other := unicode.SimpleFold(r); fold && other != r; other = unicode.SimpleFold(other) {
			same = append(same, other, other)
		}
		f = then(f, class(same))
	}
	return f
}

// class takes pairs of bounds.
func class(bounds []rune) facts {
	var texts []string
	for i := 0; i < len(bounds); i += 2 {
		if int(bounds[i+1]-bounds[i])+1+len(texts) > maxClass {
			return unlimited()
		}
		for r := bounds[i]; r <= bounds[i+1]; r++ {
			if hasReplacement([]rune{r}) {
				return unlimited()
			}
			texts = append(texts, string(r))
		}
	}
	return exactly(texts...)
}

// unknown gives up exactness: what the strings need moves into need.
func (f facts) unknown() facts {
	if f.known {
		f = facts{prefix: f.exact, suffix: f.exact, need: join(every, f.need, needOfTexts(f.exact))}
	}
	return f.shortened()
}

// shortened bounds the sets of facts that are not known. What longer strings need is kept first.
func (f facts) shortened() facts {
	f.need = join(every, f.need, join(every, needOfTexts(f.prefix), needOfTexts(f.suffix)))
	f.prefix = shorten(f.prefix, func(s string, n int) string { return s[:n] })
	f.suffix = shorten(f.suffix, func(s string, n int) string { return s[len(s)-n:] })
	return f
}

// shorten cuts to two bytes, what a trigram across the border can use, and further when the set is
// still too large.
func shorten(texts []string, cut func(string, int) string) []string {
	for n := 2; ; n-- {
		short := make([]string, len(texts))
		for i, s := range texts {
			short[i] = cut(s, min(n, len(s)))
		}
		if short = set(short); len(short) <= maxStrings || n == 0 {
			return short
		}
	}
}

func (f facts) begins() []string {
	if f.known {
		return f.exact
	}
	return f.prefix
}

func (f facts) ends() []string {
	if f.known {
		return f.exact
	}
	return f.suffix
}

// then: a match of x followed by one of y.
func then(x, y facts) facts {
	if x.known && y.known && len(x.exact)*len(y.exact) <= maxStrings {
		return exactly(pairs(x.exact, y.exact)...)
	}
	if x.known && y.known { // too many: the longer side keeps its ends alone
		if len(x.exact) >= len(y.exact) {
			x = x.unknown()
		} else {
			y = y.unknown()
		}
	}
	out := facts{prefix: x.begins(), suffix: y.ends(), need: join(every, x.need, y.need)}
	if x.known && len(x.exact)*len(y.begins()) <= maxStrings {
		out.prefix = pairs(x.exact, y.begins())
	}
	if y.known && len(x.ends())*len(y.exact) <= maxStrings {
		out.suffix = pairs(x.ends(), y.exact)
	}
	if len(x.ends())*len(y.begins()) <= maxStrings {
		out.need = join(every, out.need, needOfTexts(pairs(x.ends(), y.begins())))
	} else {
		out.need = join(every, out.need, join(every, needOfTexts(x.ends()), needOfTexts(y.begins())))
	}
	return out.shortened()
}

// either: a match of x or one of y.
func either(x, y facts) facts {
	if x.known && y.known && len(x.exact)+len(y.exact) <= maxStrings {
		return exactly(append(slices.Clone(x.exact), y.exact...)...)
	}
	x, y = x.unknown(), y.unknown()
	return facts{
		prefix: set(append(slices.Clone(x.prefix), y.prefix...)),
		suffix: set(append(slices.Clone(x.suffix), y.suffix...)),
		need:   join(some, x.need, y.need),
	}.shortened()
}

func pairs(first, second []string) []string {
	out := make([]string, 0, len(first)*len(second))
	for _, a := range first {
		for _, b := range second {
			out = append(out, a+b)
		}
	}
	return set(out)
}

func set(texts []string) []string {
	slices.Sort(texts)
	texts = slices.Compact(texts)
	if texts == nil {
		return []string{}
	}
	return texts
}
