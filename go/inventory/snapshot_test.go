package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
)

// hostile is what a page or a terminal that believed a name would obey.
const hostile = "</script><script>alert(1)</script><!--<img src=x onerror='alert(2)'>\"&amp;{{data}}\x1b[2J\x07\u202e\u2028"

var moment = time.Date(2026, 3, 4, 5, 6, 7, 890, time.UTC)

// full has something in every field, and a hostile text in every one that takes text.
func full() *Snapshot {
	stack := []Frame{{Function: hostile, File: hostile, Line: 3, Native: true, Module: hostile, Offset: 1 << 63},
		{Function: "main.main", File: "/x/main.go", Line: 9}}
	s := &Snapshot{
		Format: Format, Taken: moment, Took: 5, Program: hostile, PID: 7, Leaked: 8, ForgottenPools: 9, Lost: 10,
		Pools: []Pool{{ID: 0x7f00000000000001, Name: hostile, Type: 1, Live: 2, Duplicates: 3, Loans: 4, Borrows: 5, Tickets: 6, Pending: 7,
			Bytes: 1 << 60, Committed: 9, Peak: 10, Limit: 11, Held: 12, HeldByAge: [4]uint64{1, 2, 3, 4}, Leaked: 13, Rate: 14,
			States: []Count{{1, Live, 2, 3}}, Misuse: []Refused{{hostile, 1}}}},
		Sites: []Site{{Key: KeyOf(stack), Stack: stack, Noted: 1, Live: 2, Bytes: 3, Oldest: 4, Holders: Holders{1, 2, 3, 4, 5, 6},
			Pools: []string{hostile}, Labels: []string{hostile},
			Objects: []Object{{1 << 63, 2, hostile, 3, 4, hostile, "go", hostile, 5, 6, 7}}}},
		Misuse:   []Misuse{{hostile, hostile, hostile, 1, 2, stack}},
		Lives:    []Life{{1, hostile, []Event{{1, 2, 3, hostile, hostile, 4, 5, hostile}}}},
		Findings: []Finding{{hostile, hostile, 1, 2, true, stack, []string{KeyOf(stack)}}},
		Growth:   &Growth{moment, 1, []Change{{hostile, hostile, 1, 2, true, true}}},
		Suspects: []Suspect{{hostile, hostile, RuleGrew, moment, 1, 2, 3}},
	}
	return s
}

// allSet demands of a value that nothing in it is zero, so that no field is left out of the round trip.
func allSet(t *testing.T, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			allSet(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		if v.Len() == 0 {
			t.Errorf("%s is empty", path)
		}
		for i := range min(v.Len(), 1) {
			allSet(t, path, v.Index(i))
		}
	case reflect.Pointer:
		allSet(t, path, v.Elem())
	default:
		if v.IsZero() {
			t.Errorf("%s is zero", path)
		}
	}
}

func TestJSONIsReadBackAsItWas(t *testing.T) {
	want := full()
	allSet(t, "snapshot", reflect.ValueOf(*want))
	var b bytes.Buffer
	if err := want.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	got, err := Read(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v\nwrote %+v", got, want)
	}
}

// A reader in another language meets [] and never null.
func TestJSONHasNoNull(t *testing.T) {
	s := &Snapshot{Pools: []Pool{{}}, Sites: []Site{{}}, Misuse: []Misuse{{}}, Lives: []Life{{}}, Findings: []Finding{{}}}
	var b bytes.Buffer
	if err := s.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "null") {
		t.Error(b.String())
	}
	if s.Pools[0].States != nil {
		t.Error("writing changes the snapshot")
	}
}

func TestWhatIsNoSnapshotIsRefused(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"pools": 7}`} {
		if _, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	for _, text := range []string{"{}", `{"format": "escrow snapshot 2"}`} {
		if _, err := Read(strings.NewReader(text)); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNoNameReachesTheTerminalAsACommand(t *testing.T) {
	var b strings.Builder
	if err := full().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%q in the text form:\n%q", r, b.String())
		}
	}
	if n := strings.Count(b.String(), `\x1b[2J\a\u202e`); n < 10 {
		t.Errorf("hostile names show %d times:\n%s", n, b.String())
	}
}

func TestNoNameReachesThePageAsMarkup(t *testing.T) {
	var b strings.Builder
	if err := full().WritePage(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("%d script elements", n)
	}
	for _, bad := range []string{"alert(1)</script>", "<!--<img", "<img"} {
		if strings.Contains(page, bad) {
			t.Errorf("%q is in the page", bad)
		}
	}
	_, after, _ := strings.Cut(page, `id="data">`)
	data, _, _ := strings.Cut(after, "</script>")
	var got Snapshot
	if err := json.Unmarshal([]byte(data), &got); err != nil || !reflect.DeepEqual(&got, full()) {
		t.Errorf("the page has other data: %v", err)
	}
	if strings.Count(page, "http://") != strings.Count(page, "http://www.w3.org/2000/svg") || strings.Contains(page, "https://") {
		t.Error("the page names another server")
	}
	if !strings.Contains(page, html.EscapeString("'"+fingerprint(pageScript)+"'")) {
		t.Error("the policy does not name the script")
	}
}

func TestSitesAreTheSameWhereTheirStacksAre(t *testing.T) {
	a := []Frame{{Function: "f", File: "a.go", Line: 1, Offset: 5}, {Function: "g"}}
	moved := []Frame{{Function: "f", File: "a.go", Line: 1, Offset: 6}, {Function: "g"}}
	for _, other := range [][]Frame{{{Function: "f", File: "a.go", Line: 2}, {Function: "g"}}, {{Function: "f", File: "a.go", Line: 1}}, {{Function: "fa.go", Line: 1}, {Function: "g"}}, nil} {
		if KeyOf(a) == KeyOf(other) {
			t.Errorf("%+v", other)
		}
	}
	if KeyOf(a) != KeyOf(moved) {
		t.Error("an address makes another site")
	}
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.00 KiB", 10189: "9.95 KiB", 10190: "9.95 KiB", 10240: "10.0 KiB", 102297: "99.9 KiB",
		1048064: "1.00 MiB", -2048: "-2.00 KiB", 1 << 62: "4.00 EiB", -1 << 63: "-8.00 EiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d is %q, not %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{-1: "0ms", 999 * time.Millisecond: "999ms", 59 * time.Second: "59s",
		185 * time.Second: "3m5s", 130 * time.Minute: "2h10m", 123 * time.Hour: "5d3h"} {
		if got := Age(d); got != want {
			t.Errorf("%d is %q, not %q", d, got, want)
		}
	}
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
	if h := (Holders{Go: 3, Map: 5}); h.String() != "a map 5, Go 3" {
		t.Error(h)
	}
}
