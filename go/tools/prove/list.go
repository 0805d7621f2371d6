package prove

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	listMacro = regexp.MustCompile(`(?m)^#define \w*LEAF_LIST\((\w+)\)((?:[^\n]*\\\n)*[^\n]*)`)
	plainName = regexp.MustCompile(`^[\w*?]+$`)
)

// Names reads a list of leaves, each with the prefix put before it: one name a line, or a C header
// with a macro *LEAF_LIST(X) of entries X(name).
func Names(text, prefix string) ([]string, error) {
	var names []string
	if m := listMacro.FindStringSubmatch(text); m != nil {
		entry := regexp.MustCompile(`\b` + m[1] + `\(\s*(\w+)\s*[,)]`)
		for _, e := range entry.FindAllStringSubmatch(m[2], -1) {
			names = append(names, prefix+e[1])
		}
	} else {
		for _, line := range strings.Split(text, "\n") {
			name := strings.TrimSpace(line)
			if name == "" || name[0] == '#' {
				continue
			}
			if !plainName.MatchString(name) {
				return nil, fmt.Errorf("%q is no name of a C function", name)
			}
			names = append(names, prefix+name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no names")
	}
	return names, nil
}
