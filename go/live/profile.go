package live

import (
	"bytes"
	"compress/gzip"
	"io"
	"time"

	"example.com/escrow/go/symbolize"
)

// message writes a protocol buffer: github.com/google/pprof/proto/profile.proto, of which this is all that
// a profile needs. By hand, so that the module needs nothing.
type message struct{ bytes.Buffer }

func (m *message) varint(x uint64) {
	for ; x >= 0x80; x >>= 7 {
		m.WriteByte(byte(x) | 0x80)
	}
	m.WriteByte(byte(x))
}

// number writes a field that is a number; 0 is what a missing one means.
func (m *message) number(field int, x uint64) {
	if x != 0 {
		m.varint(uint64(field) << 3) // wire type 0
		m.varint(x)
	}
}

// text writes a field that is a string or a message.
func (m *message) text(field int, b []byte) {
	m.varint(uint64(field)<<3 | 2)
	m.varint(uint64(len(b)))
	m.Write(b)
}

// numbers writes a field of several numbers, packed.
func (m *message) numbers(field int, all []uint64) {
	var packed message
	for _, x := range all {
		packed.varint(x)
	}
	m.text(field, packed.Bytes())
}

// The fields of the messages.
const (
	profileSampleType    = 1
	profileSample        = 2
	profileMapping       = 3
	profileLocation      = 4
	profileFunction      = 5
	profileString        = 6
	profileTime          = 9
	profilePeriodType    = 11
	profilePeriod        = 12
	profileDefaultSample = 14

	valueType = 1
	valueUnit = 2

	sampleLocation = 1
	sampleValue    = 2
	sampleLabel    = 3

	labelKey  = 1
	labelText = 2

	mappingID     = 1
	mappingStart  = 2
	mappingLimit  = 3
	mappingOffset = 4
	mappingFile   = 5

	locationID      = 1
	locationMapping = 2
	locationAddress = 3
	locationLine    = 4

	lineFunction = 1
	lineNumber   = 2

	functionID         = 1
	functionName       = 2
	functionSystemName = 3
	functionFile       = 4
)

// profile is a profile that grows. Strings, functions and locations are written when they are first seen.
type profile struct {
	message
	strings   map[string]uint64
	texts     []string
	functions map[function]uint64
	locations map[location]uint64
	mappings  symbolize.Mappings
}

type function struct{ name, file string }

type location struct {
	address uint64
	line    line // the innermost
}

func newProfile() *profile {
	p := &profile{
		strings:   make(map[string]uint64),
		functions: make(map[function]uint64),
		locations: make(map[location]uint64),
	}
	p.string("") // number 0, as the format asks
	return p
}

func (p *profile) string(s string) uint64 {
	n, ok := p.strings[s]
	if !ok {
		n = uint64(len(p.texts))
		p.strings[s] = n
		p.texts = append(p.texts, s)
	}
	return n
}

// value writes a type of values and its unit.
func (p *profile) value(field int, kind, unit string) {
	var v message
	v.number(valueType, p.string(kind))
	v.number(valueUnit, p.string(unit))
	p.text(field, v.Bytes())
}

func (p *profile) function(name, file string) uint64 {
	key := function{name, file}
	id, ok := p.functions[key]
	if !ok {
		id = uint64(len(p.functions)) + 1
		p.functions[key] = id
		var f message
		f.number(functionID, id)
		f.number(functionName, p.string(name))
		f.number(functionSystemName, p.string(name))
		f.number(functionFile, p.string(file))
		p.text(profileFunction, f.Bytes())
	}
	return id
}

// line is a function, and where in it.
type line struct {
	function, file string
	number         int
}

// location is where a call was made: the functions that are inlined there, innermost first, and the one that they
// are in. Where none is known it is left to pprof, which reads it from the file that is mapped there.
func (p *profile) location(address uint64, lines ...line) uint64 {
	key := location{address: address}
	if len(lines) > 0 {
		key.line = lines[0]
	}
	id, ok := p.locations[key]
	if !ok {
		id = uint64(len(p.locations)) + 1
		p.locations[key] = id
		var l message
		l.number(locationID, id)
		l.number(locationAddress, address)
		for _, one := range lines {
			var at message
			at.number(lineFunction, p.function(one.function, one.file))
			at.number(lineNumber, uint64(max(one.number, 0)))
			l.text(locationLine, at.Bytes())
		}
		if m := p.mappings.Find(address); m >= 0 && len(lines) == 0 {
			l.number(locationMapping, uint64(m)+1)
		}
		p.text(profileLocation, l.Bytes())
	}
	return id
}

// sample writes one stack, innermost first, its values and its labels, key after key.
func (p *profile) sample(locations, values []uint64, labels ...string) {
	var s message
	s.numbers(sampleLocation, locations)
	s.numbers(sampleValue, values)
	for i := 0; i+1 < len(labels); i += 2 {
		if labels[i+1] == "" {
			continue
		}
		var l message
		l.number(labelKey, p.string(labels[i]))
		l.number(labelText, p.string(labels[i+1]))
		s.text(sampleLabel, l.Bytes())
	}
	p.text(profileSample, s.Bytes())
}

// end writes what is known only at the end, and all of it, compressed, to w.
func (p *profile) end(w io.Writer, at time.Time) error {
	for i, m := range p.mappings {
		var one message
		one.number(mappingID, uint64(i)+1)
		one.number(mappingStart, m.Start)
		one.number(mappingLimit, m.Limit)
		one.number(mappingOffset, m.Offset)
		one.number(mappingFile, p.string(m.File))
		p.text(profileMapping, one.Bytes())
	}
	p.number(profileTime, uint64(at.UnixNano()))
	for _, s := range p.texts {
		p.text(profileString, []byte(s))
	}
	z := gzip.NewWriter(w)
	if _, err := z.Write(p.Bytes()); err != nil {
		return err
	}
	return z.Close()
}
