package live

import (
	"os"
	"sort"
	"strconv"
	"strings"
)

// mapping is a part of a file in memory that is code.
type mapping struct {
	start, limit, offset uint64
	file                 string
}

// mappings reads where code lies, in the order of addresses; none where the system does not say.
func mappings() []mapping {
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	return parse(string(text))
}

// parse reads lines such as "7f3c0000-7f3d0000 r-xp 00001000 08:01 123 /lib/libc.so.6".
func parse(text string) []mapping {
	var all []mapping
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasPrefix(fields[1], "r-x") || !strings.HasPrefix(fields[5], "/") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		limit, err2 := strconv.ParseUint(to, 16, 64)
		offset, err3 := strconv.ParseUint(fields[2], 16, 64)
		if err1 == nil && err2 == nil && err3 == nil {
			all = append(all, mapping{start, limit, offset, strings.Join(fields[5:], " ")})
		}
	}
	return all
}

// find is the index of the mapping that an address lies in; -1: none.
func find(all []mapping, address uint64) int {
	i := sort.Search(len(all), func(i int) bool { return all[i].limit > address })
	if i < len(all) && all[i].start <= address {
		return i
	}
	return -1
}
