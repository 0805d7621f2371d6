package plan

import "bytes"

// blockBytes is how much text the expression sees at once when there is no needle: little enough for
// regexp's backtracker, which is several times faster than its automaton.
const blockBytes = 2048

// Lines calls visit for each line of text that matches, with the line's number, from 1, and its
// bytes without the line end, until visit returns false.
func (p *Plan) Lines(text []byte, visit func(number int, line []byte) bool) {
	s := scan{text: text, visit: visit}
	if p.needle.usable() {
		p.byNeedle(&s)
	} else {
		p.byBlock(&s)
	}
}

// scan is a position in a text. Its lines are numbered only as far as somebody asks.
type scan struct {
	text    []byte
	visit   func(int, []byte) bool
	counted int // offset of a line's begin
	line    int // lines before it
}

// end is the offset of the line end after offset at, or of the end of the text.
func (s *scan) end(at int) int {
	if i := bytes.IndexByte(s.text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(s.text)
}

// found passes on the line [begin, end).
func (s *scan) found(begin, end int) bool {
	s.line += bytes.Count(s.text[s.counted:begin], []byte{'\n'})
	s.counted = begin
	return s.visit(s.line+1, s.text[begin:end])
}

func (p *Plan) byNeedle(s *scan) {
	for at := 0; at < len(s.text); {
		i := p.needle.index(s.text[at:])
		if i < 0 {
			return
		}
		begin := at + bytes.LastIndexByte(s.text[at:at+i], '\n') + 1
		end := s.end(at + i)
		if p.line.Match(s.text[begin:end]) && !s.found(begin, end) {
			return
		}
		at = end + 1
	}
}

// byBlock: a block is whole lines with their line ends. The place after its last line end begins no
// line of the block, so an empty match there counts for nothing.
func (p *Plan) byBlock(s *scan) {
	for at := 0; at < len(s.text); {
		stop := len(s.text)
		if stop-at > blockBytes {
			stop = min(stop, s.end(at+blockBytes)+1)
		}
		for at < stop {
			hit := p.line.FindIndex(s.text[at:stop])
			if hit == nil || at+hit[0] == stop && s.text[stop-1] == '\n' {
				break
			}
			begin := at + bytes.LastIndexByte(s.text[at:at+hit[0]], '\n') + 1
			end := s.end(begin)
			if !s.found(begin, end) {
				return
			}
			at = end + 1
		}
		at = stop
	}
}
