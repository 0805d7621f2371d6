package inventory

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// xmlError is an error of Valgrind's XML, protocol 4: what comes first and its stack, then more of both.
type xmlError struct {
	What  string `xml:"what"`
	XWhat struct {
		Text   string `xml:"text"`
		Bytes  int64  `xml:"leakedbytes"`
		Blocks int64  `xml:"leakedblocks"`
	} `xml:"xwhat"`
	Kind   string     `xml:"kind"`
	Aux    []string   `xml:"auxwhat"`
	Stacks []xmlStack `xml:"stack"`
}

type xmlStack struct {
	Frames []struct {
		Object   string `xml:"obj"`
		Function string `xml:"fn"`
		Folder   string `xml:"dir"`
		File     string `xml:"file"`
		Line     int    `xml:"line"`
	} `xml:"frame"`
}

func (s xmlStack) frames() (all []Frame) {
	for _, f := range s.Frames {
		file := f.File
		if file != "" && f.Folder != "" {
			file = path.Join(f.Folder, file)
		}
		all = append(all, Frame{Function: f.Function, File: file, Line: f.Line, Native: true, Module: f.Object})
	}
	return all
}

// readMemcheckXML reads errors as they come, so that of a log that ends in the middle what was complete is kept.
func readMemcheckXML(r io.Reader) (all []Finding, err error) {
	d := xml.NewDecoder(r)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			return all, ErrTruncated
		}
		if err != nil {
			return all, err
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "error" {
			continue
		}
		var e xmlError
		if err := d.DecodeElement(&e, &start); err != nil {
			if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
				return all, ErrTruncated
			}
			return all, err
		}
		f := Finding{Tool: "Memcheck", What: e.What + e.XWhat.Text, Leak: strings.HasPrefix(e.Kind, "Leak_"), Bytes: e.XWhat.Bytes, Objects: e.XWhat.Blocks}
		for i, s := range e.Stacks {
			// The first is of the error; each further one is what the auxwhat of its place says.
			switch {
			case i == 0:
				f.Stack = s.frames()
			case i-1 < len(e.Aux) && (strings.HasSuffix(e.Aux[i-1], "alloc'd") || strings.HasPrefix(e.Aux[i-1], "Block was alloc'd")):
				f.Allocated = s.frames()
			}
		}
		all = append(all, f)
	}
}
