package plan

import (
	"bytes"
	"regexp/syntax"
	"strings"
	"unicode"
)

// needle is a text that every match contains, and which is quick to find. The zero value is none.
type needle struct {
	text string // in lower case when fold is set
	fold bool   // ASCII letters match in either case
	rare int    // with fold: offset of the byte to look for first
}

// needleOf is the longest text that is plainly part of every match.
func needleOf(re *syntax.Regexp) needle {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return foldedNeedle(re.Rune)
		}
		if !hasReplacement(re.Rune) {
			return needle{text: string(re.Rune)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needleOf(re.Sub[0])
	case syntax.OpConcat:
		var longest needle
		for _, sub := range re.Sub {
			if n := needleOf(sub); len(n.text) > len(longest.text) {
				longest = n
			}
		}
		return longest
	}
	return needle{}
}

// hasReplacement: U+FFFD in an expression also matches any byte that is not UTF-8, so it tells
// nothing about the bytes of a match.
func hasReplacement(runes []rune) bool {
	for _, r := range runes {
		if r == '\uFFFD' {
			return true
		}
	}
	return false
}

// foldedNeedle is the longest run of runes whose other cases are ASCII too. K and S are not: the
// Kelvin sign and the long s are among theirs.
func foldedNeedle(runes []rune) needle {
	var longest, run strings.Builder
	for _, r := range append(runes, '\uFFFD') {
		if r < unicode.MaxASCII && !strings.ContainsRune("kKsS", r) {
			run.WriteRune(unicode.ToLower(r))
			continue
		}
		if run.Len() > longest.Len() {
			longest.Reset()
			longest.WriteString(run.String())
		}
		run.Reset()
	}
	n := needle{text: longest.String(), fold: true}
	for i := range n.text {
		if rarity(n.text[i]) > rarity(n.text[n.rare]) {
			n.rare = i
		}
	}
	return n
}

// rarity is greater for bytes that source code has fewer of.
func rarity(c byte) int {
	const letters = "etranoilducpmfhgbyvxwqjz"
	if i := strings.IndexByte(letters, c); i >= 0 {
		return i
	}
	return len(letters) // digits and marks: one case only, so one search instead of two
}

// usable: one byte is not worth it.
func (n needle) usable() bool { return len(n.text) > 1 }

// index is the offset of the first occurrence; -1 when there is none.
func (n needle) index(text []byte) int {
	if !n.fold {
		return bytes.Index(text, []byte(n.text))
	}
	low := n.text[n.rare]
	up := upper(low)
	nextLow, nextUp := -1, -1
	for at := n.rare; ; at = min(nextLow, nextUp) + 1 {
		if nextLow < at {
			nextLow = indexFrom(text, at, low)
		}
		if up == low {
			nextUp = nextLow
		} else if nextUp < at {
			nextUp = indexFrom(text, at, up)
		}
		begin := min(nextLow, nextUp) - n.rare
		if begin+len(n.text) > len(text) {
			return -1
		}
		if n.equal(text[begin : begin+len(n.text)]) {
			return begin
		}
	}
}

// indexFrom is len(text) when c does not occur from at on.
func indexFrom(text []byte, at int, c byte) int {
	if at >= len(text) {
		return len(text)
	}
	if i := bytes.IndexByte(text[at:], c); i >= 0 {
		return at + i
	}
	return len(text)
}

func (n needle) equal(text []byte) bool {
	for i, c := range text {
		if c != n.text[i] && c != upper(n.text[i]) {
			return false
		}
	}
	return true
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}
