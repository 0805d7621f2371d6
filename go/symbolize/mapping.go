package symbolize

import (
	"os"
	"sort"
	"strconv"
	"strings"
)

// Mapping is a part of a file in memory that is code.
type Mapping struct {
	Start, Limit uint64 // addresses of the process
	Offset       uint64 // in the file
	File         string
}

// Mappings are in the order of addresses.
type Mappings []Mapping

// ReadMappings reads where this process has code; none where the system does not say.
func ReadMappings() Mappings {
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	return ParseMappings(string(text))
}

// ParseMappings reads lines such as "7f3c0000-7f3d0000 r-xp 00001000 08:01 123 /lib/libc.so.6".
func ParseMappings(text string) Mappings {
	var all Mappings
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
			all = append(all, Mapping{start, limit, offset, strings.Join(fields[5:], " ")})
		}
	}
	return all
}

// Find is the index of the mapping that an address lies in; -1: none.
func (all Mappings) Find(address uint64) int {
	i := sort.Search(len(all), func(i int) bool { return all[i].Limit > address })
	if i < len(all) && all[i].Start <= address {
		return i
	}
	return -1
}
