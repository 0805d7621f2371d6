package plan

import (
	"slices"
	"strings"
)

// need says which trigrams a text must hold: one, all of its parts, or one of its parts.
// Immutable: parts are shared.
type need struct {
	kind  kind
	gram  string // of kind gram
	parts []*need
}

type kind uint8

const (
	anything kind = iota // every text will do
	nothing              // no text will do
	gram
	every
	some
)

var (
	needAnything = &need{kind: anything}
	needNothing  = &need{kind: nothing}
)

// join makes an every or a some of two needs. For every, anything is neutral and nothing wins; for
// some it is the other way round.
func join(k kind, a, b *need) *need {
	neutral, winner := anything, nothing
	if k == some {
		neutral, winner = nothing, anything
	}
	switch {
	case a.kind == neutral || b.kind == winner:
		return b
	case b.kind == neutral || a.kind == winner:
		return a
	}
	out := &need{kind: k}
	for _, n := range []*need{a, b} {
		if n.kind == k {
			out.parts = append(out.parts, n.parts...)
		} else {
			out.parts = append(out.parts, n)
		}
	}
	return out.tidy()
}

// tidy drops repeated parts; a single part stands for itself.
func (n *need) tidy() *need {
	seen := make(map[string]bool)
	n.parts = slices.DeleteFunc(n.parts, func(part *need) bool {
		text := part.String()
		twice := seen[text]
		seen[text] = true
		return twice
	})
	if len(n.parts) == 1 {
		return n.parts[0]
	}
	return n
}

// needOfText: all trigrams of the text. Shorter texts need nothing.
func needOfText(text string) *need {
	if len(text) < 3 {
		return needAnything
	}
	n := &need{kind: every}
	for i := 0; i+3 <= len(text); i++ {
		n.parts = append(n.parts, &need{kind: gram, gram: text[i : i+3]})
	}
	return n.tidy()
}

// needOfTexts: those of one of the texts. One that needs nothing spares them all.
func needOfTexts(texts []string) *need {
	n := &need{kind: some}
	for _, text := range texts {
		part := needOfText(text)
		if part.kind == anything {
			return part
		}
		n.parts = append(n.parts, part)
	}
	if len(n.parts) == 0 {
		return needNothing
	}
	return n.tidy()
}

// The engine's words for a plan, and how deep and long it takes them (engine.h).
const (
	wordAnything = 0x01000000
	wordNothing  = 0x02000000
	wordEvery    = 0x40000000
	wordSome     = 0x50000000
	maxDepth     = 60
	maxWords     = 60000
)

func (n *need) words() []uint32 {
	words := n.append(nil, 0)
	if len(words) > maxWords {
		return []uint32{wordAnything}
	}
	return words
}

// append cuts a tree that is too deep: anything lets too many files through, never too few.
func (n *need) append(words []uint32, depth int) []uint32 {
	switch {
	case n.kind == anything || depth == maxDepth || len(words) > maxWords:
		return append(words, wordAnything)
	case n.kind == nothing:
		return append(words, wordNothing)
	case n.kind == gram:
		return append(words, uint32(n.gram[0])<<16|uint32(n.gram[1])<<8|uint32(n.gram[2]))
	case n.kind == every:
		words = append(words, wordEvery|uint32(len(n.parts)))
	case n.kind == some:
		words = append(words, wordSome|uint32(len(n.parts)))
	}
	for _, part := range n.parts {
		words = part.append(words, depth+1)
	}
	return words
}

// String: `abc bcd` needs both, `(abc|bcd)` one, * is anything and ! nothing.
func (n *need) String() string {
	switch n.kind {
	case anything:
		return "*"
	case nothing:
		return "!"
	case gram:
		return n.gram
	}
	texts := make([]string, len(n.parts))
	for i, part := range n.parts {
		texts[i] = part.String()
	}
	if n.kind == every {
		return strings.Join(texts, " ")
	}
	return "(" + strings.Join(texts, "|") + ")"
}
