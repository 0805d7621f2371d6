package prove

import (
	"path/filepath"
	"regexp"
	"strings"
)

var abiNamespace = regexp.MustCompile(`\bescrow::v\d+_\w+::`)

// Readable is a declaration as gcc prints it, reduced to the qualified name: no result, arguments,
// template arguments, or inline namespace of escrow's ABI. A lambda stays "<lambda>".
func Readable(declaration string) string {
	text, _, _ := strings.Cut(declaration, " [with ")
	text = strings.ReplaceAll(text, "operator()", "operator\x01")
	text = strings.ReplaceAll(text, "<lambda", "\x02<lambda")
	var out strings.Builder
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == 2:
			if depth == 0 {
				out.WriteString("{lambda}")
			}
		case c == '(' || c == '<' && !strings.HasSuffix(out.String(), "operator"):
			depth++
		case c == ')' || c == '>' && depth > 0:
			depth--
		case depth == 0:
			out.WriteByte(c)
		}
	}
	text = strings.TrimSuffix(strings.TrimSpace(out.String()), " const")
	if at := strings.LastIndexByte(text, ' '); at >= 0 && !strings.Contains(text, "operator ") {
		text = text[at+1:]
	}
	text = strings.TrimLeft(text, "*&")
	text = strings.ReplaceAll(text, "\x01", "()")
	text = strings.ReplaceAll(text, "{lambda}", "<lambda>")
	return abiNamespace.ReplaceAllString(text, "escrow::")
}

// absolute makes places of gcc's and of DWARF's comparable: file:line:column, with a full path.
func absolute(place string) string {
	rest := place
	for range 2 {
		if at := strings.LastIndexByte(rest, ':'); at >= 0 {
			rest = rest[:at]
		}
	}
	if rest == place || strings.HasPrefix(place, "<") {
		return place
	}
	full, err := filepath.Abs(rest)
	if err != nil {
		return place
	}
	return full + place[len(rest):]
}
