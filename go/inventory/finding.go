package inventory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Finding is what a sanitizer reported: one leak, or one bad access.
type Finding struct {
	Tool      string   `json:"tool"` // AddressSanitizer, LeakSanitizer or Memcheck
	What      string   `json:"what"` // the line by which it says so
	Bytes     int64    `json:"bytes"`
	Objects   int64    `json:"objects"`
	Leak      bool     `json:"leak"`
	Stack     []Frame  `json:"stack"`     // of the allocation of a leak, of the access otherwise
	Allocated []Frame  `json:"allocated"` // of an access: where the memory was allocated, if the tool knows
	Sites     []string `json:"sites"`     // keys of the sites that it is about, by Join; none: unmatched
}

// MostLog is how many bytes of a log ReadFindings takes.
const MostLog = 64 << 20

// Errors of ReadFindings.
var (
	ErrNoLog     = errors.New("neither a log of AddressSanitizer, of LeakSanitizer nor of Memcheck")
	ErrTruncated = errors.New("the log ends in the middle")
)

// ReadFindings reads a log of AddressSanitizer and LeakSanitizer (log_path, or standard error), or of Valgrind's
// Memcheck, as text or XML (--xml=yes). A log may be of several processes, and have other lines in between.
//
// Errors: ErrNoLog, ErrTruncated (with what was read until then), those of r. An empty log has no findings.
func ReadFindings(r io.Reader) ([]Finding, error) {
	text, err := io.ReadAll(io.LimitReader(r, MostLog+1))
	if err != nil {
		return nil, fmt.Errorf("inventory: read findings: %w", err)
	}
	if len(text) > MostLog {
		return nil, fmt.Errorf("inventory: read findings: more than %d bytes", MostLog)
	}
	var all []Finding
	switch {
	case bytes.Contains(text, []byte("<valgrindoutput>")):
		all, err = readMemcheckXML(bytes.NewReader(text))
	case len(bytes.TrimSpace(text)) == 0:
	default:
		all, err = readText(string(text))
	}
	if err != nil {
		return all, fmt.Errorf("inventory: read findings: %w", err)
	}
	return all, nil
}

var (
	processLine  = regexp.MustCompile(`^(?:==|\*\*|--)\d+(?:==|\*\*|--) ?`)
	asanError    = regexp.MustCompile(`ERROR: (AddressSanitizer): (.*)`)
	asanLeak     = regexp.MustCompile(`^(?:Direct|Indirect) leak of (\d+) byte\(s\) in (\d+) object\(s\) allocated from:`)
	asanFrame    = regexp.MustCompile(`^\s*#\d+ 0x[0-9a-f]+ (?:in (.*)|(\(.*))$`)
	asanAccess   = regexp.MustCompile(`^(?:READ|WRITE) of size \d+`)
	memcheckLeak = regexp.MustCompile(`^([\d,]+)(?: \([\d,]+ direct, [\d,]+ indirect\))? bytes in ([\d,]+) blocks are (?:definitely|indirectly|possibly) lost|^([\d,]+) bytes in ([\d,]+) blocks are still reachable`)
	memcheckAt   = regexp.MustCompile(`^\s+(?:at|by) 0x[0-9A-Fa-f]+: (.*)$`)
)

// reading is a text log on its way through its lines.
type reading struct {
	all     []Finding
	current *Finding // nil: none has begun
	into    *[]Frame // where frames go: nowhere between stacks
	head    string   // of Memcheck: what may be a finding, if a stack follows
	known   bool     // a line was of a tool
}

// readText reads the text logs of either tool: their lines do not look alike.
func readText(text string) ([]Finding, error) {
	var r reading
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		if prefix := processLine.FindString(line); prefix != "" {
			r.known = true
			if rest := line[len(prefix):]; !strings.HasPrefix(rest, "ERROR: ") {
				r.memcheck(rest)
				continue
			}
		}
		r.asan(line)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	r.end()
	if !r.known {
		return nil, ErrNoLog
	}
	return r.all, nil
}

func (r *reading) begin(f Finding) {
	r.end()
	r.known = true
	r.current = &f
	r.into = &r.current.Stack
}

func (r *reading) end() {
	if r.current != nil {
		r.all = append(r.all, *r.current)
	}
	r.current, r.into = nil, nil
}

func (r *reading) asan(line string) {
	if m := asanError.FindStringSubmatch(line); m != nil {
		r.begin(Finding{Tool: m[1], What: m[2]})
		return
	}
	if m := asanLeak.FindStringSubmatch(line); m != nil {
		r.begin(Finding{Tool: "LeakSanitizer", What: strings.TrimSuffix(line, " allocated from:"), Bytes: number(m[1]), Objects: number(m[2]), Leak: true})
		return
	}
	if strings.Contains(line, "ERROR: LeakSanitizer:") {
		r.end()
		r.known = true
		return
	}
	if r.current == nil || r.current.Tool == "Memcheck" {
		return
	}
	switch {
	case asanAccess.MatchString(line):
		r.current.What += "; " + line
	case strings.Contains(line, "allocated by thread"):
		r.into = &r.current.Allocated
	case strings.HasPrefix(line, "SUMMARY: "):
		r.end()
	default:
		m := asanFrame.FindStringSubmatch(line)
		if m == nil {
			if strings.TrimSpace(line) == "" && len(r.current.Stack) > 0 {
				r.into = nil // the next stack is another one: of the free, most often
			}
			return
		}
		if r.into != nil {
			*r.into = append(*r.into, asanFrameOf(m[1]+m[2]))
		}
	}
}

// asanFrameOf reads what is behind the address: FUNCTION FILE:LINE[:COLUMN], or FUNCTION (MODULE+0xOFFSET).
func asanFrameOf(text string) Frame {
	f := Frame{Native: true}
	text, _, _ = strings.Cut(text, " (BuildId: ")
	if strings.HasSuffix(text, ")") {
		if at := strings.LastIndex(text, "("); at >= 0 && strings.Contains(text[at:], "+0x") {
			module, offset, _ := strings.Cut(text[at+1:len(text)-1], "+0x")
			f.Module = module
			f.Offset, _ = strconv.ParseUint(offset, 16, 64)
			f.Function = strings.TrimSpace(text[:at])
			return f
		}
	}
	at := strings.LastIndexByte(text, ' ')
	if at < 0 {
		f.Function = text
		return f
	}
	place := strings.Split(text[at+1:], ":")
	if n := len(place); n > 1 {
		if n > 2 && numeric(place[n-1]) && numeric(place[n-2]) {
			place = place[:n-1]
		}
		if n = len(place); numeric(place[n-1]) {
			f.Function, f.File = text[:at], strings.Join(place[:n-1], ":")
			f.Line, _ = strconv.Atoi(place[n-1])
			return f
		}
	}
	f.Function = text
	return f
}

func (r *reading) memcheck(line string) {
	if m := memcheckAt.FindStringSubmatch(line); m != nil {
		if r.head != "" {
			f := Finding{Tool: "Memcheck", What: r.head}
			if l := memcheckLeak.FindStringSubmatch(r.head); l != nil {
				f.Leak, f.Bytes, f.Objects = true, number(l[1]+l[3]), number(l[2]+l[4])
			}
			r.head = ""
			r.begin(f)
		}
		if r.into != nil {
			*r.into = append(*r.into, memcheckFrameOf(m[1]))
		}
		return
	}
	trimmed := strings.TrimSpace(line)
	switch {
	case trimmed == "":
		r.end()
		r.head = ""
	case r.current == nil:
		r.head = trimmed
	case strings.HasPrefix(trimmed, "Block was alloc'd at"), strings.HasSuffix(trimmed, "alloc'd"), strings.HasPrefix(trimmed, "Uninitialised value was created"):
		r.into = &r.current.Allocated
	default:
		r.into = nil // where it was freed, or what else Memcheck adds
	}
}

// memcheckFrameOf reads FUNCTION (FILE:LINE) or FUNCTION (in MODULE).
func memcheckFrameOf(text string) Frame {
	f := Frame{Native: true, Function: text}
	at := strings.LastIndex(text, " (")
	if at < 0 || !strings.HasSuffix(text, ")") {
		return f
	}
	where := text[at+2 : len(text)-1]
	if module, in := strings.CutPrefix(where, "in "); in {
		f.Function, f.Module = text[:at], module
	} else if colon := strings.LastIndexByte(where, ':'); colon >= 0 && numeric(where[colon+1:]) {
		f.Function, f.File = text[:at], where[:colon]
		f.Line, _ = strconv.Atoi(where[colon+1:])
	}
	if f.Function == "???" {
		f.Function = ""
	}
	return f
}

func numeric(text string) bool {
	_, err := strconv.ParseUint(text, 10, 31)
	return err == nil
}

// number reads digits with commas; what is out of range is the most there is.
func number(text string) int64 {
	n, _ := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
	return n
}
