// Package plan turns a regular expression into what finding its lines needs: which trigrams a file
// must hold, a text that every matching line contains, and the expression itself, rewritten so that
// it can run over many lines at once.
//
// The idea is Russ Cox's ("Regular Expression Matching with a Trigram Index"): whatever matches
// contains certain strings, and strings contain trigrams.
package plan

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Plan is immutable and may be used by many goroutines.
type Plan struct {
	need   *need
	needle needle
	line   *regexp.Regexp
}

// Compile parses an expression in RE2's syntax. The error says where it is wrong.
func Compile(expression string) (*Plan, error) {
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("%q is not a regular expression: %w", expression, err)
	}
	tree = withinLine(tree)
	line, err := regexp.Compile(tree.String())
	if err != nil { // its size can grow past the parser's limit
		return nil, fmt.Errorf("%q is not a regular expression: %w", expression, err)
	}
	tree = tree.Simplify()
	return &Plan{need: needOf(tree), needle: needleOf(tree), line: line}, nil
}

// Words is the plan in the form that the engine evaluates: engine.h, engine_plan_word.
func (p *Plan) Words() []uint32 { return p.need.words() }

// String shows which trigrams a file must hold, for tests and for the curious.
func (p *Plan) String() string { return p.need.String() }

// withinLine rewrites an expression that is meant for one line so that it finds the same lines in a
// text of many: nothing matches a line end, and the ends of the text are the ends of a line.
func withinLine(re *syntax.Regexp) *syntax.Regexp {
	for i, sub := range re.Sub {
		re.Sub[i] = withinLine(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r == '\n' {
				return &syntax.Regexp{Op: syntax.OpNoMatch}
			}
		}
	case syntax.OpCharClass:
		re.Rune = withoutLineEnd(re.Rune)
		if len(re.Rune) == 0 {
			return &syntax.Regexp{Op: syntax.OpNoMatch}
		}
	case syntax.OpAnyChar:
		re.Op = syntax.OpAnyCharNotNL
	case syntax.OpBeginText:
		re.Op = syntax.OpBeginLine
	case syntax.OpEndText:
		re.Op, re.Flags = syntax.OpEndLine, re.Flags&^syntax.WasDollar
	}
	return re
}

// withoutLineEnd takes \n out of pairs of bounds.
func withoutLineEnd(bounds []rune) []rune {
	out := make([]rune, 0, len(bounds)+2)
	for i := 0; i < len(bounds); i += 2 {
		low, high := bounds[i], bounds[i+1]
		if low > '\n' || high < '\n' {
			out = append(out, low, high)
			continue
		}
		if low < '\n' {
			out = append(out, low, '\n'-1)
		}
		if high > '\n' {
			out = append(out, '\n'+1, high)
		}
	}
	return out
}
