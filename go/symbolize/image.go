package symbolize

import (
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"sort"
)

// Image is an executable or a library, opened for its symbols. Not for concurrent use.
type Image struct {
	file    *elf.File
	symbols []elf.Symbol // functions by address
	byName  map[string]uint64
	data    *dwarf.Data // nil: stripped
}

// Place is a function that an address lies in; inlined functions come before those they are in.
type Place struct {
	Function string
	File     string // "" where there is no debug information
	Line     int
	Inlined  bool // into the next one
	Go       bool // compiled by the Go compiler
}

// Open opens an ELF file. The caller closes it.
func Open(path string) (*Image, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (ELF only)", path, err)
	}
	image := &Image{file: file, byName: map[string]uint64{}}
	symbols, err := file.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Section != elf.SHN_UNDEF {
			image.symbols = append(image.symbols, s)
			image.byName[s.Name] = s.Value
		}
	}
	if len(image.symbols) == 0 {
		file.Close()
		return nil, fmt.Errorf("%s is stripped: give the binary as go build left it, built from the same sources", path)
	}
	sort.SliceStable(image.symbols, func(i, j int) bool { return image.symbols[i].Value < image.symbols[j].Value })
	if data, err := file.DWARF(); err == nil {
		image.data = data
	}
	return image, nil
}

// Close closes the file.
func (image *Image) Close() error { return image.file.Close() }

// Movable says whether the image is loaded at an address of the system's choice.
func (image *Image) Movable() bool { return image.file.Type == elf.ET_DYN }

// Bias is how far the process's addresses lie above the file's: what most anchors say. False: no
// anchor has a symbol of this image.
func (image *Image) Bias(anchors []Anchor) (bias uint64, known bool) {
	if !image.Movable() {
		return 0, true
	}
	votes := map[uint64]int{}
	for _, anchor := range anchors {
		if at, here := image.byName[anchor.Symbol]; here {
			// A page boundary, or the name is of another build.
			if b := anchor.PC - anchor.Offset - at; b%4096 == 0 {
				votes[b]++
			}
		}
	}
	most := 0
	for b, n := range votes {
		if n > most || n == most && b < bias {
			bias, most = b, n
		}
	}
	return bias, most > 0
}

// Address is the file's address of what lies at an offset in it; the offset where nothing is loaded from there.
func (image *Image) Address(offset uint64) uint64 {
	for _, p := range image.file.Progs {
		if p.Type == elf.PT_LOAD && offset >= p.Off && offset-p.Off < p.Filesz {
			return p.Vaddr + offset - p.Off
		}
	}
	return offset
}

// symbol is the function that holds an address of the file.
func (image *Image) symbol(pc uint64) (elf.Symbol, bool) {
	i := sort.Search(len(image.symbols), func(i int) bool { return image.symbols[i].Value > pc })
	for i--; i >= 0; i-- {
		s := image.symbols[i]
		if pc < s.Value+s.Size {
			return s, true
		}
		if pc-s.Value > 1<<20 {
			break
		}
	}
	return elf.Symbol{}, false
}

// Find names what is at an address of the file, innermost first. With after the address is behind a
// call, whose line is meant. Nil: no function is there.
func (image *Image) Find(pc uint64, after bool) ([]Place, error) {
	symbol, found := image.symbol(pc)
	if !found || after && pc == symbol.Value {
		return nil, nil
	}
	if after {
		pc--
	}
	outer := Place{Function: Demangle(symbol.Name)}
	if image.data == nil {
		return []Place{outer}, nil
	}
	reader := image.data.Reader()
	unit, err := reader.SeekPC(pc)
	if err != nil { // a function without debug information
		return []Place{outer}, nil
	}
	const languageGo = 22
	language, _ := unit.Val(dwarf.AttrLanguage).(int64)
	outer.Go = language == languageGo
	lines, err := image.data.LineReader(unit)
	if err != nil || lines == nil {
		return []Place{outer}, err
	}
	var row dwarf.LineEntry
	file, line := "", 0
	if err := lines.SeekPC(pc, &row); err == nil && row.File != nil {
		file, line = row.File.Name, row.Line
	}
	places := []Place{}
	if !outer.Go {
		inlined, err := image.inlined(reader, pc)
		if err != nil {
			return nil, err
		}
		files := lines.Files()
		for i := len(inlined) - 1; i >= 0; i-- {
			entry := inlined[i]
			places = append(places, Place{Function: image.name(entry), File: file, Line: line, Inlined: true})
			file, line = "", 0
			if at, has := entry.Val(dwarf.AttrCallFile).(int64); has && int(at) < len(files) && files[at] != nil {
				file = files[at].Name
			}
			if at, has := entry.Val(dwarf.AttrCallLine).(int64); has {
				line = int(at)
			}
		}
	}
	outer.File, outer.Line = file, line
	return append(places, outer), nil
}

// inlined lists the inlined calls around an address, outermost first; the reader is behind its unit.
func (image *Image) inlined(reader *dwarf.Reader, pc uint64) ([]*dwarf.Entry, error) {
	var around []*dwarf.Entry
	depth := 1
	for depth > 0 {
		entry, err := reader.Next()
		if err != nil || entry == nil {
			return around, err
		}
		if entry.Tag == 0 {
			depth--
			continue
		}
		enter := entry.Children
		switch entry.Tag {
		case dwarf.TagSubprogram, dwarf.TagInlinedSubroutine, dwarf.TagLexDwarfBlock:
			ranges, err := image.data.Ranges(entry)
			if err != nil {
				return nil, err
			}
			here := len(ranges) == 0 && entry.Tag == dwarf.TagLexDwarfBlock
			for _, r := range ranges {
				here = here || pc >= r[0] && pc < r[1]
			}
			if here && entry.Tag == dwarf.TagInlinedSubroutine {
				around = append(around, entry)
			}
			if !here && enter {
				reader.SkipChildren()
				enter = false
			}
		case dwarf.TagNamespace:
		default:
			if enter {
				reader.SkipChildren()
				enter = false
			}
		}
		if enter {
			depth++
		}
	}
	return around, nil
}

// name follows an inlined call to the name of its function.
func (image *Image) name(entry *dwarf.Entry) string {
	plain := "?"
	reader := image.data.Reader()
	for range 4 { // the abstract instance names its declaration
		if name, has := entry.Val(dwarf.AttrLinkageName).(string); has {
			return Demangle(name)
		}
		if name, has := entry.Val(dwarf.AttrName).(string); has {
			plain = name
		}
		next, has := entry.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !has {
			if next, has = entry.Val(dwarf.AttrSpecification).(dwarf.Offset); !has {
				break
			}
		}
		reader.Seek(next)
		var err error
		if entry, err = reader.Next(); err != nil || entry == nil {
			break
		}
	}
	return plain
}
