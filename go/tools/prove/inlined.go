package prove

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"io"
)

// inlined tells, for the place of each function in the object, the places of the functions whose code
// was put into it. What inlining has pruned is not in it: so slow ways of a shared function that a
// leaf never takes need no review.
func inlined(file *elf.File) (map[string][]string, error) {
	data, err := file.DWARF()
	if err != nil {
		return nil, fmt.Errorf("debug information: %w", err)
	}
	found := map[string][]string{}
	var files []*dwarf.LineFile
	place := func(offset dwarf.Offset) string {
		var path string
		var line, column int64
		reader := data.Reader()
		for range 4 { // an instance names its abstract origin, which names its declaration
			reader.Seek(offset)
			entry, err := reader.Next()
			if err != nil || entry == nil {
				break
			}
			if i, has := entry.Val(dwarf.AttrDeclFile).(int64); has && path == "" && int(i) < len(files) && files[i] != nil {
				path = files[i].Name
			}
			if n, has := entry.Val(dwarf.AttrDeclLine).(int64); has && line == 0 {
				line = n
			}
			if n, has := entry.Val(dwarf.AttrDeclColumn).(int64); has && column == 0 {
				column = n
			}
			if next, has := entry.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); has {
				offset = next
			} else if next, has := entry.Val(dwarf.AttrSpecification).(dwarf.Offset); has {
				offset = next
			} else {
				break
			}
		}
		return absolute(fmt.Sprintf("%s:%d:%d", path, line, column))
	}
	reader := data.Reader()
	var around []string // the subprogram of each open level; "" outside
	for {
		entry, err := reader.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			return found, nil
		}
		if entry.Tag == 0 {
			if len(around) > 0 {
				around = around[:len(around)-1]
			}
			continue
		}
		in := ""
		if len(around) > 0 {
			in = around[len(around)-1]
		}
		switch entry.Tag {
		case dwarf.TagCompileUnit:
			lines, err := data.LineReader(entry)
			if err != nil {
				return nil, err
			}
			if lines != nil {
				var row dwarf.LineEntry
				for err == nil { // the table of files is complete after the rows
					err = lines.Next(&row)
				}
				if err != io.EOF {
					return nil, err
				}
				files = lines.Files()
			}
		case dwarf.TagSubprogram:
			in = place(entry.Offset)
		case dwarf.TagInlinedSubroutine:
			if in != "" {
				found[in] = append(found[in], place(entry.Offset))
			}
		}
		if entry.Children {
			around = append(around, in)
		}
	}
}
