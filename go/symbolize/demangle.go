package symbolize

import "strings"

// Demangle makes a mangled C++ name readable: its qualified name, without arguments. Where it meets
// what it does not know the name stays as it is; c++filt knows all.
func Demangle(name string) string {
	rest, mangled := strings.CutPrefix(name, "_Z")
	if !mangled {
		return name
	}
	rest, _ = strings.CutPrefix(rest, "L")
	nested := false
	if after, is := strings.CutPrefix(rest, "N"); is {
		nested, rest = true, strings.TrimLeft(after, "KVrRO")
	}
	var parts []string
	for {
		rest = strings.TrimPrefix(rest, "L")
		switch {
		case strings.HasPrefix(rest, "St"):
			parts, rest = append(parts, "std"), rest[2:]
			continue
		case strings.HasPrefix(rest, "C1"), strings.HasPrefix(rest, "C2"):
			if len(parts) == 0 {
				return name
			}
			parts, rest = append(parts, parts[len(parts)-1]), rest[2:]
			continue
		case strings.HasPrefix(rest, "cl"):
			parts, rest = append(parts, "operator()"), rest[2:]
			continue
		case strings.HasPrefix(rest, "I"):
			after, ok := skipArguments(rest)
			if !ok {
				return name
			}
			rest = after
			continue
		case strings.HasPrefix(rest, "E") && nested:
			if len(parts) == 0 {
				return name
			}
			return strings.Join(parts, "::")
		}
		part, after, ok := sourceName(rest)
		if !ok {
			if nested || len(parts) == 0 {
				return name
			}
			return strings.Join(parts, "::")
		}
		if part == "_GLOBAL__N_1" {
			part = "{anonymous}"
		}
		parts, rest = append(parts, part), after
		if !nested && parts[0] != "std" {
			return part
		}
	}
}

// sourceName reads a number and so many characters.
func sourceName(text string) (name, rest string, ok bool) {
	n, at := 0, 0
	for at < len(text) && text[at] >= '0' && text[at] <= '9' && n < 1<<16 {
		n = 10*n + int(text[at]-'0')
		at++
	}
	if at == 0 || n == 0 || at+n > len(text) {
		return "", text, false
	}
	return text[at : at+n], text[at+n:], true
}

// skipArguments passes over template arguments, I...E; false where it cannot tell their end.
func skipArguments(text string) (string, bool) {
	depth := 0
	for len(text) > 0 {
		switch c := text[0]; {
		case c >= '0' && c <= '9':
			_, rest, ok := sourceName(text)
			if !ok {
				return text, false
			}
			text = rest
			continue
		case c == 'L': // a literal: its type, its digits, E
			end := strings.IndexByte(text, 'E')
			if end < 0 || strings.HasPrefix(text, "L_Z") {
				return text, false
			}
			text = text[end+1:]
			continue
		case c == 'I' || c == 'N' || c == 'J' || c == 'F':
			depth++
		case c == 'Z' || c == 'X':
			return text, false // a local name or an expression
		case c == 'E':
			depth--
		}
		text = text[1:]
		if depth == 0 {
			return text, true
		}
	}
	return text, false
}
