package prove

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
)

// facts are what only the object tells of a function.
type facts struct {
	weak   bool            // the linker may keep another unit's copy
	plt    map[string]bool // called through the procedure linkage table unless the linker can resolve it
	direct map[string]bool // called by a relocation, inline assembly and compiler-made calls included
	tls    string          // the thread-local variable it reaches
}

var cloneSuffix = regexp.MustCompile(`\.cold(\.\d+)?$`)

// readObject reads relocations and symbols of an ELF object.
func readObject(path string) (map[string]*facts, *elf.File, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, nil, err
	}
	symbols, err := file.Symbols()
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	all := map[string]*facts{}
	at := func(name string) *facts {
		name = cloneSuffix.ReplaceAllString(name, "")
		if all[name] == nil {
			all[name] = &facts{plt: map[string]bool{}, direct: map[string]bool{}}
		}
		return all[name]
	}
	bySection := map[elf.SectionIndex][]elf.Symbol{}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Section == elf.SHN_UNDEF {
			continue
		}
		bySection[s.Section] = append(bySection[s.Section], s)
		bind := elf.ST_BIND(s.Info)
		at(s.Name).weak = at(s.Name).weak || bind == elf.STB_WEAK || bind == elf.STB_LOOS // GNU_UNIQUE
	}
	for _, section := range file.Sections {
		if section.Type != elf.SHT_RELA || int(section.Info) >= len(file.Sections) ||
			file.Sections[section.Info].Flags&elf.SHF_EXECINSTR == 0 {
			continue
		}
		data, err := section.Data()
		if err != nil {
			file.Close()
			return nil, nil, fmt.Errorf("%s: %w", section.Name, err)
		}
		for ; len(data) >= 24; data = data[24:] {
			offset, info := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])
			index := info >> 32
			if index == 0 || index > uint64(len(symbols)) {
				continue
			}
			target := symbols[index-1] // Symbols leaves out the null symbol
			for _, s := range bySection[elf.SectionIndex(section.Info)] {
				if offset >= s.Value && offset < s.Value+s.Size {
					at(s.Name).take(file.Machine, uint32(info), target)
				}
			}
		}
	}
	return all, file, nil
}

// take notes one relocation.
func (f *facts) take(machine elf.Machine, kind uint32, target elf.Symbol) {
	call, tls := false, false
	switch machine {
	case elf.EM_X86_64:
		r := elf.R_X86_64(kind)
		call = r == elf.R_X86_64_PLT32
		tls = strings.Contains(r.String(), "TLS") || strings.Contains(r.String(), "TPOFF")
	case elf.EM_AARCH64:
		r := elf.R_AARCH64(kind)
		call = r == elf.R_AARCH64_CALL26 || r == elf.R_AARCH64_JUMP26
		tls = strings.Contains(r.String(), "TLS") || kind >= 512 && kind <= 573
	}
	if tls {
		f.tls = target.Name
	}
	if !call || elf.ST_TYPE(target.Info) == elf.STT_SECTION {
		return
	}
	f.direct[target.Name] = true
	if elf.ST_BIND(target.Info) != elf.STB_LOCAL && elf.ST_VISIBILITY(target.Other) == elf.STV_DEFAULT {
		f.plt[target.Name] = true
	}
}
