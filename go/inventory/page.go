package inventory

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
	"time"
)

// The parts of the page. The picture of the states is made from docs/protocol.tsv, by the program that makes the one in
// docs/ownership.md.
var (
	//go:embed page.html
	pageFrame string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageTables string
	//go:embed life.js
	pageLife string
	//go:embed refresh.js
	pageRefresh string
	//go:embed states.svg
	pageStates string

	pageScript = pageTables + pageLife + pageRefresh
)

// PagePolicy is the content security policy of the page: it runs its own script and style, and reads from
// where it came from. The page has it in itself; a server may send it, too.
var PagePolicy = fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; connect-src 'self'; base-uri 'none'; form-action 'none'",
	fingerprint(pageScript), fingerprint(pageStyle))

func fingerprint(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// WritePage writes the snapshot as one page of HTML that needs nothing else: no server, no network. Names in it
// are only ever text. Errors: those of w.
func (s *Snapshot) WritePage(w io.Writer) error { return s.writePage(w, 0) }

// WriteLivePage writes the page for a server: it fetches ?format=json from its own address, as often as `every`
// says, and shows that. Errors: those of w.
func (s *Snapshot) WriteLivePage(w io.Writer, every time.Duration) error {
	return s.writePage(w, every)
}

func (s *Snapshot) writePage(w io.Writer, every time.Duration) error {
	// encoding/json writes <, > and & as \u003c and so on, so that no name ends the script element.
	data, err := json.Marshal(s.filled())
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := s.WriteText(&text); err != nil {
		return err
	}
	title := fmt.Sprintf("%s, pid %d, %s", Plain(s.Program), s.PID, s.Taken.Format("2006-01-02 15:04:05 MST"))
	parts := map[string]string{
		"every":  fmt.Sprint(every.Milliseconds()),
		"policy": html.EscapeString(PagePolicy),
		"title":  html.EscapeString(title),
		"style":  pageStyle,
		"states": pageStates,
		"text":   html.EscapeString(text.String()),
		"data":   string(data),
		"script": pageScript,
	}
	// One pass over the frame: what is put in is never looked at again.
	for rest := pageFrame; rest != ""; {
		before, after, found := strings.Cut(rest, "{{")
		if _, err := io.WriteString(w, before); err != nil || !found {
			return err
		}
		name, after, _ := strings.Cut(after, "}}")
		if _, err := io.WriteString(w, parts[name]); err != nil {
			return err
		}
		rest = after
	}
	return nil
}
