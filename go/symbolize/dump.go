package symbolize

import (
	"bufio"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Kind says how an address stands in a dump.
type Kind int

const (
	Given Kind = iota // by the caller
	Fault             // where the program stopped: the instruction itself
	Frame             // a frame's return address that the runtime printed
	Word              // a word of a stack, which may be a return address
)

func (k Kind) String() string {
	return [...]string{"given", "fault", "frame", "stack"}[k]
}

// Address is an address of the process, as found.
type Address struct {
	PC   uint64
	Kind Kind
}

// Anchor is an address that the runtime printed together with a symbol's name: it tells where the
// program was loaded.
type Anchor struct {
	PC     uint64
	Symbol string
	Offset uint64
}

// Dump is what a crash dump says of addresses, each once, in the order of the dump.
type Dump struct {
	Addresses []Address
	Anchors   []Anchor
}

var (
	faultPC   = regexp.MustCompile(`^\[signal .* pc=0x([0-9a-f]+)\]|^PC=0x([0-9a-f]+) |called from 0x([0-9a-f]+)$|unknown (?:caller )?pc:? 0x([0-9a-f]+)`)
	framePC   = regexp.MustCompile(`\+0x([0-9a-f]+) fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x([0-9a-f]+)`)
	barePC    = regexp.MustCompile(`\bpc=0x([0-9a-f]+)`)
	callLine  = regexp.MustCompile(`^([^\s(]\S*)\(.*\)$`)
	stackLine = regexp.MustCompile(`^stack: frame=\{sp:0x[0-9a-f]+, fp:0x([0-9a-f]+)\}`)
	rowLine   = regexp.MustCompile(`^([0-9a-f]{16}): `)
	noteLine  = regexp.MustCompile(`^( +)\^ <(.+)\+0x([0-9a-f]+)>$`)
)

// Where the two words of a row of a stack dump stand, eight digits, a space and eight digits each.
var wordColumns = [2]int{18, 37}

// Read reads a dump; lines it does not know are skipped. Of a stack, the words from the frame of the
// fault upwards are taken: below lies what the runtime itself has left.
func Read(from io.Reader) (*Dump, error) {
	dump := &Dump{}
	seen := map[uint64]bool{}
	add := func(pc uint64, kind Kind) {
		if pc != 0 && !seen[pc] {
			seen[pc] = true
			dump.Addresses = append(dump.Addresses, Address{pc, kind})
		}
	}
	var call string        // the function of the frame line that follows
	var row map[int]uint64 // the last row's words by column
	var bottom uint64      // where the words of interest begin
	var words []Address    // they come behind what the runtime has named as an address of code
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		if m := stackLine.FindStringSubmatch(line); m != nil {
			bottom = number(m[1]) - 8
			continue
		}
		if m := rowLine.FindStringSubmatch(line); m != nil {
			row = map[int]uint64{}
			for i, at := range wordColumns {
				if word, ok := wordAt(line, at); ok {
					row[at] = word
					if number(m[1])+uint64(8*i) >= bottom {
						words = append(words, Address{word, Word})
					}
				}
			}
			continue
		}
		if m := noteLine.FindStringSubmatch(line); m != nil {
			if word, here := row[len(m[1])]; here {
				dump.Anchors = append(dump.Anchors, Anchor{word, m[2], number(m[3])})
			}
			continue
		}
		if m := faultPC.FindStringSubmatch(line); m != nil {
			for _, digits := range m[1:] {
				if digits != "" {
					add(number(digits), Fault)
				}
			}
		} else if m := framePC.FindStringSubmatch(line); m != nil {
			add(number(m[2]), Frame)
			if call != "" {
				dump.Anchors = append(dump.Anchors, Anchor{number(m[2]), call, number(m[1])})
			}
		} else if m := barePC.FindStringSubmatch(line); m != nil {
			add(number(m[1]), Frame)
		}
		call = ""
		if m := callLine.FindStringSubmatch(line); m != nil {
			call = m[1]
		}
	}
	for _, word := range words {
		add(word.PC, Word)
	}
	return dump, lines.Err()
}

// wordAt reads the word at a column: two halves of eight digits.
func wordAt(line string, at int) (uint64, bool) {
	if len(line) < at+17 || line[at+8] != ' ' {
		return 0, false
	}
	n, err := strconv.ParseUint(line[at:at+8]+line[at+9:at+17], 16, 64)
	return n, err == nil
}

// number reads digits that a pattern has matched.
func number(digits string) uint64 {
	n, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return 0 // longer than an address
	}
	return n
}
