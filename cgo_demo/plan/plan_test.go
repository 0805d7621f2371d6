package plan

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestAPlanNamesTheTrigramsThatEveryMatchHolds(t *testing.T) {
	for _, c := range []struct{ expression, want string }{
		{`hello`, `hel ell llo`},
		{`ab`, `*`},
		{`a+hello`, `ahe hel ell llo`},
		{`abc|xyz`, `(abc|xyz)`},
		{`abc.*xyz`, `abc xyz`},
		{`abc.*`, `abc`},
		{`(abc)?`, `*`},
		{`(abc)*x`, `*`},
		{`(abc)+`, `abc`},
		{`ab[cd]e`, `(abc bce|abd bde)`},
		{`ab[a-z]cde`, `cde`},
		{`(?i)abc`, `(ABC|ABc|AbC|Abc|aBC|aBc|abC|abc)`},
		{`^func$`, `fun unc`},
		{`\bfunc\b`, `fun unc`},
		{`a{3}`, `aaa`},
		{`a{2,}bc`, `abc`},
		{`é!`, "\xc3\xa9!"},
		{"abc\uFFFDdef", `abc def`},
		{"a\nb", `!`},
		{`[^\s\S]`, `!`},
		{`abc|`, `*`},
		{`(abc|d.*efg)hij`, `(abc|efg) (bch chi hij|fgh ghi hij)`},
	} {
		p, err := Compile(c.expression)
		if err != nil {
			t.Errorf("Compile(%q): %v", c.expression, err)
			continue
		}
		if got := p.String(); sorted(got) != sorted(c.want) {
			t.Errorf("plan of %q is %q, want %q", c.expression, got, c.want)
		}
	}
}

// sorted makes two plans comparable that differ in the order of trigrams.
func sorted(plan string) string {
	words := strings.FieldsFunc(plan, func(r rune) bool { return r == ' ' })
	slices.Sort(words)
	return strings.Join(words, " ")
}

func TestTheNeedleIsTheLongestPlainText(t *testing.T) {
	for _, c := range []struct {
		expression, want string
		fold             bool
	}{
		{`func \(.*\) Close\(\)`, `) Close()`, false},
		{`[a-z]+`, ``, false},
		{`(abc)+x`, `abc`, false},
		{`(?i)hello`, `hello`, true},
		{`(?i)deadlock tasks`, `deadloc`, true},
		{`(?i)sk`, ``, true},
		{`(?i)été2X`, `2x`, true},
		{`abc|abd`, `ab`, false}, // the parser takes the common prefix out
		{`(abc)?`, ``, false},
		{"long\uFFFDer ab", ``, false},
	} {
		p, err := Compile(c.expression)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.needle; got.text != c.want || got.fold != c.fold {
			t.Errorf("needle of %q is %+v, want %q", c.expression, got, c.want)
		}
	}
}

func TestAFoldedNeedleIsFoundInEitherCase(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		word := make([]rune, 1+r.IntN(5))
		for i := range word {
			word[i] = rune("abAz1-"[r.IntN(6)])
		}
		n := foldedNeedle(word)
		text := make([]byte, r.IntN(30))
		for i := range text {
			text[i] = "abABzZ1-\xc3"[r.IntN(9)]
		}
		want := bytes.Index(asciiLower(text), []byte(n.text))
		if got := n.index(text); got != want {
			t.Fatalf("index of %+v in %q is %d, want %d", n, text, got, want)
		}
	}
}

func asciiLower(text []byte) []byte {
	lower := bytes.Clone(text)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c - 'A' + 'a'
		}
	}
	return lower
}

func TestABadExpressionIsRefusedWithASentence(t *testing.T) {
	for _, bad := range []string{`a(b`, `*`, `[z-a]`, `a\8`, "\xff", `a{2000}`, `(?<x>`} {
		if _, err := Compile(bad); err == nil || !strings.Contains(err.Error(), "is not a regular expression") {
			t.Errorf("Compile(%q) = %v", bad, err)
		}
	}
}

// satisfied evaluates a need over a text, as the engine does over a file's trigrams.
func satisfied(n *need, text []byte) bool {
	switch n.kind {
	case nothing:
		return false
	case gram:
		return bytes.Contains(text, []byte(n.gram))
	case every:
		return !slices.ContainsFunc(n.parts, func(p *need) bool { return !satisfied(p, text) })
	case some:
		return slices.ContainsFunc(n.parts, func(p *need) bool { return satisfied(p, text) })
	}
	return true
}

// randomExpression writes one over a small alphabet, so that random lines match often.
func randomExpression(r *rand.Rand, depth int) string {
	if depth == 0 {
		atoms := []string{"a", "b", "ab", "abc", "cab", "é", ".", "[ab]", "[^a]", `\n`, `\s`, "^", "$",
			`\b`, `\B`, `\A`, `\z`, "(?i:aB)", "(?i:cabS)", "(?s:.)", "(?-m:^)", "", "c{2}", `\x{FFFD}`}
		return atoms[r.IntN(len(atoms))]
	}
	sub := func() string { return randomExpression(r, depth-1) }
	switch r.IntN(7) {
	case 0:
		return "(?:" + sub() + "|" + sub() + ")"
	case 1:
		return "(?:" + sub() + ")*"
	case 2:
		return "(?:" + sub() + ")+"
	case 3:
		return "(" + sub() + ")?"
	case 4:
		return "(?:" + sub() + "){1,2}"
	default:
		return sub() + sub()
	}
}

func randomText(r *rand.Rand) []byte {
	bits := []string{"a", "b", "c", "A", "B", "é", " ", "\n", "\r\n", "\xff", "abc", "cab", "cc", "\uFFFD"}
	var text []byte
	for range r.IntN(60) {
		text = append(text, bits[r.IntN(len(bits))]...)
	}
	return text
}

// A line matches when the expression as it was given matches the line alone. Each seed checks one
// expression on eight texts; one seed in 31 has texts longer than a block.
func TestLinesAndNeedAgreeWithMatchingLineByLine(t *testing.T) {
	matched := 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		expression := randomExpression(r, 1+r.IntN(4))
		p, err := Compile(expression)
		if err != nil {
			t.Fatalf("seed %d: Compile(%q): %v", seed, expression, err)
		}
		original := regexp.MustCompile(expression)
		for range 8 {
			text := randomText(r)
			if seed%31 == 0 { // longer than a block
				text = bytes.Repeat(text, 1+2*blockBytes/max(1, len(text)))
			}
			var want, got []string
			for i, line := range linesOf(text) {
				if original.Match(line) {
					want = append(want, fmt.Sprintf("%d:%s", i+1, line))
					if !satisfied(p.need, line) {
						t.Fatalf("seed %d: %q matches %q, but the plan %q says it cannot", seed, expression, line, p)
					}
				}
			}
			p.Lines(text, func(n int, line []byte) bool {
				got = append(got, fmt.Sprintf("%d:%s", n, line))
				return true
			})
			if !slices.Equal(got, want) {
				i := 0
				for i < len(got) && i < len(want) && got[i] == want[i] {
					i++
				}
				t.Fatalf("seed %d: %q on %d bytes: match %d\n got %.200q\nwant %.200q", seed, expression, len(text), i,
					got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
			}
			matched += len(want)
		}
	}
	if matched < 5000 {
		t.Errorf("only %d lines matched: the test says little", matched)
	}
}

// linesOf cuts as grep does: the end of the text ends a line, but does not begin one.
func linesOf(text []byte) [][]byte {
	if len(text) == 0 {
		return nil
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'})
}

func TestLinesStopsWhenTold(t *testing.T) {
	for _, expression := range []string{"abc", "[a-c]{3}"} {
		p, err := Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		p.Lines([]byte("abc\nabc\nabc\n"), func(int, []byte) bool { calls++; return calls < 2 })
		if calls != 2 {
			t.Errorf("%q: visited %d lines, want 2", expression, calls)
		}
	}
}

func TestADeepOrLongPlanLetsMoreThrough(t *testing.T) {
	deep := needOfText("abc")
	for i := range 200 {
		deep = &need{kind: []kind{every, some}[i%2], parts: []*need{deep, needOfText("xyz")}}
	}
	words := deep.words()
	if !slices.Contains(words, wordAnything) {
		t.Error("a tree of 200 levels was not cut")
	}
	long := &need{kind: some}
	for i := range maxWords + 1 {
		long.parts = append(long.parts, &need{kind: gram, gram: string([]byte{byte(i >> 16), byte(i >> 8), byte(i)})})
	}
	if words := long.words(); !slices.Equal(words, []uint32{wordAnything}) {
		t.Errorf("a plan of %d words went out", len(words))
	}
}
