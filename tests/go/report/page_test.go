package report_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/escrow/go/inventory"
)

// holder starts the program whose page is looked at, and returns its address.
func holder(t *testing.T, env ...string) string {
	binary := filepath.Join(t.TempDir(), "holder")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "./holder").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := exec.Command(binary)
	c.Env = append(os.Environ(), env...)
	c.Stderr = os.Stderr
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	url, err := bufio.NewReader(pipe).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(url)
}

func snapshot(t *testing.T, url string) *inventory.Snapshot {
	answer, err := http.Get(url + "?format=json")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	s, err := inventory.Read(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// file writes a page into a file, to be opened without a server.
func file(t *testing.T, s *inventory.Snapshot) string {
	path := filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WritePage(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// column is what a column of a table shows, row after row.
func column(b *browser, table string, i int) []string {
	return ask[[]string](b, fmt.Sprintf(`[...document.querySelectorAll("#%s-table > table > tbody > tr:not(.detail)")].map(r => r.cells[%d].textContent)`, table, i))
}

func sorted(b *browser, table string) string {
	return ask[string](b, fmt.Sprintf(`[...document.querySelectorAll("#%s-table > table > thead th")].filter(h => h.ariaSort !== "none").map(h => h.textContent + " " + h.ariaSort).join()`, table))
}

const click = `document.querySelector('[data-focus=%q]').click()`

func TestThePageOfARunningProgram(t *testing.T) {
	b := start(t)
	url := holder(t)
	b.look(1400, "light")
	b.open(url)
	if title := ask[string](b, "document.title"); !strings.HasPrefix(title, "Who holds what: holder") {
		t.Errorf("titled %q: markup of a name was obeyed", title)
	}
	if n := ask[int](b, `document.querySelectorAll("img").length`); n != 0 {
		t.Errorf("%d elements out of names", n)
	}

	// Counts in the picture of the states are those of the process.
	want := map[inventory.State]uint64{}
	for _, p := range snapshot(t, url).Pools {
		for _, c := range p.States {
			want[c.State] += c.Objects
		}
	}
	for _, state := range []inventory.State{inventory.Shared, inventory.Lent, inventory.SharedLent, inventory.Ownerless, inventory.Orphan, inventory.Transit} {
		got := ask[string](b, fmt.Sprintf(`document.querySelector('[data-state=%q] .count').textContent`, state))
		if want[state] == 0 || got != fmt.Sprint(want[state]) {
			t.Errorf("%s: the page has %s, the process %d", state, got, want[state])
		}
	}
	frames := ask[string](b, `[...document.querySelectorAll("#pool option")].find(o => o.textContent === "frames").value`)
	ask[any](b, fmt.Sprintf(`at("pool").value = %q, at("pool").dispatchEvent(new Event("change"))`, frames))
	if got := ask[string](b, `document.querySelector('[data-state="LIVE"] .count').textContent`); got != "17" {
		t.Errorf("%s objects of one pool, not 12 of Go and 5 of C", got)
	}
	ask[any](b, `at("pool").value = "", at("pool").dispatchEvent(new Event("change"))`)

	// Functions of C are named, and said to be of C. The compiler may have made a copy, .constprop.0.
	if !slices.ContainsFunc(column(b, "sites", 0), func(s string) bool {
		return strings.HasPrefix(s, "cache_in_c") && strings.Contains(s, "C, C++")
	}) {
		t.Errorf("no site in C: %q", column(b, "sites", 0))
	}

	// The traced object went from one goroutine to another: acquire, move out; move in, borrow, return, release.
	if got := ask[string](b, `[...document.querySelectorAll("#lives-picture .what")].map(e => e.textContent).join()`); got != "acquire,move out,move in,borrow,return,release, which frees" {
		t.Errorf("the life of the traced object: %s", got)
	}
	if lanes, arrows := ask[int](b, `document.querySelectorAll("#lives-picture .who").length`), ask[int](b, `document.querySelectorAll("#lives-picture .edge").length`); lanes != 2 || arrows != 1 {
		t.Errorf("%d lanes, %d arrows", lanes, arrows)
	}

	// What the reader chose stays through refreshes, with the focus; the site that grows becomes a suspect.
	ask[any](b, fmt.Sprintf(click, "sort sites objects"))
	ask[any](b, `document.querySelector('[data-focus="sort sites objects"]').focus()`)
	b.until(`now.sites.some(s => s.stack[0].function === "main.grow")`)
	key := ask[string](b, `now.sites.find(s => s.stack[0].function === "main.grow").key`)
	ask[any](b, fmt.Sprintf(click, "fold "+key))
	before := ask[string](b, "now.taken")
	b.until(fmt.Sprintf("now.taken !== %q", before))
	if got := sorted(b, "sites"); got != "Objects descending" {
		t.Errorf("after a refresh it is sorted by %q", got)
	}
	if got := ask[string](b, `document.activeElement.dataset.focus`); got != "sort sites objects" {
		t.Errorf("the focus went to %q", got)
	}
	if got := ask[string](b, `document.querySelector("tr.detail").textContent`); !strings.Contains(got, "main.main") || !strings.Contains(got, "a guard or ticket of Go") {
		t.Errorf("the open row shows %q", got)
	}
	b.until(`now.suspects.length > 0`)
	if got := column(b, "suspects", 0); len(got) != 1 || !strings.HasPrefix(got[0], "main.grow") {
		t.Errorf("suspects %q", got)
	}
	if got := ask[string](b, `document.querySelector("#growth-table tbody tr .up").textContent`); !strings.HasPrefix(got, "+") {
		t.Errorf("growth %q", got)
	}
	b.picture("running-light-1400")

	// A pause lasts until it is ended.
	ask[any](b, `at("pause").click()`)
	paused := ask[string](b, "now.taken")
	asked := ask[int](b, `performance.getEntriesByType("resource").length`)
	time.Sleep(5 * time.Second)
	if n := ask[int](b, `performance.getEntriesByType("resource").length`); n > asked+1 { // one may have been under way
		t.Errorf("%d requests while paused", n-asked)
	}
	if now := ask[string](b, "now.taken"); now != paused || ask[string](b, `at("pause").getAttribute("aria-pressed")`) != "true" {
		t.Errorf("refreshed at %s while paused at %s", now, paused)
	}
	ask[any](b, `at("rebase").click()`)
	if got := ask[string](b, `at("growth-note").textContent`); !strings.HasPrefix(got, "Nothing changed") {
		t.Errorf("compared with now: %q", got)
	}
	ask[any](b, `at("pause").click()`)
	b.until(fmt.Sprintf("now.taken !== %q", paused))
	b.until(`document.querySelector("#growth-table tbody tr")`)
}

func TestAPageThatIsAFile(t *testing.T) {
	b := start(t)
	s := snapshot(t, holder(t, "HOLDER=still"))
	s.Lives = []inventory.Life{life()}
	s.Findings = []inventory.Finding{{Tool: "LeakSanitizer", What: "Direct leak of 2,000 bytes in 1 object", Bytes: 2000, Objects: 1, Leak: true,
		Stack: s.Sites[1].Stack, Sites: []string{s.Sites[1].Key}}}
	url := file(t, s)
	for _, width := range []int{1400, 400} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(width, scheme)
			b.open(url)
			paper := ask[string](b, "getComputedStyle(document.body).backgroundColor")
			if want := map[string]string{"light": "rgb(251, 250, 248)", "dark": "rgb(21, 25, 29)"}[scheme]; paper != want {
				t.Errorf("%s paper is %s", scheme, paper)
			}
			if over := ask[int](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
				t.Errorf("at %d pixels the page is %d too wide", width, over)
			}
			b.picture(fmt.Sprintf("file-%s-%d", scheme, width))
		}
	}
	b.look(1400, "light")
	b.open(url)
	if ask[bool](b, `!at("controls").hidden`) {
		t.Error("a file cannot refresh")
	}

	// By mouse and by keyboard: first a column's own direction, then the other.
	bytesOf := func() []int64 {
		return ask[[]int64](b, `[...document.querySelectorAll("#sites-table > table > tbody > tr")].map(r => now.sites.find(s => s.key === r.dataset.key).bytes)`)
	}
	descending := func(a, b int64) int { return int(b - a) }
	if got := bytesOf(); len(got) < 10 || !slices.IsSortedFunc(got, descending) || sorted(b, "sites") != "Bytes descending" {
		t.Errorf("at first %v, %s", got, sorted(b, "sites"))
	}
	ask[any](b, `document.querySelector('[data-focus="sort sites bytes"]').focus()`)
	b.press("Enter", 13, "\r")
	if got := bytesOf(); !slices.IsSorted(got) || sorted(b, "sites") != "Bytes ascending" {
		t.Errorf("after the key %v, %s", got, sorted(b, "sites"))
	}
	ask[any](b, fmt.Sprintf(click, "sort sites site"))
	if got := column(b, "sites", 0); !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(a[:9], b[:9]) }) || sorted(b, "sites") != "Site ascending" {
		t.Errorf("by site %q, %s", got, sorted(b, "sites"))
	}
	ask[any](b, fmt.Sprintf(click, "sort pools name"))
	if sorted(b, "pools") != "Pool ascending" || sorted(b, "sites") != "Site ascending" {
		t.Error("two tables have one order")
	}

	// The address has what was chosen.
	ask[any](b, fmt.Sprintf(click, "fold "+s.Sites[1].Key))
	ask[any](b, `at("find").value = "camera 1", at("find").dispatchEvent(new Event("input"))`)
	address := ask[string](b, "location.href")
	b.open(address)
	if got := sorted(b, "sites"); got != "Site ascending" {
		t.Errorf("%s is sorted by %s", address, got)
	}
	if got := column(b, "sites", 1); len(got) != 1 || got[0] != "frames" {
		t.Errorf("%s shows %q", address, got)
	}
	if got := ask[string](b, `document.querySelector("tr.detail").textContent`); !strings.Contains(got, "LeakSanitizer: Direct leak") {
		t.Errorf("the open row does not say what the sanitizer said: %q", got)
	}
	b.open(url + "#sort=-oldest")
	if got := sorted(b, "sites"); got != "Oldest descending" {
		t.Errorf("#sort=-oldest sorts by %s", got)
	}

	// The sequence picture: an event a row, a lane for each goroutine and thread, an arrow where the object went.
	if got := ask[int](b, `document.querySelectorAll("#lives-picture .dot").length`); got != len(life().Events) {
		t.Errorf("%d events", got)
	}
	if got := ask[string](b, `[...document.querySelectorAll("#lives-picture .who")].map(e => e.textContent).join()`); got != "goroutine 7,goroutine 12,thread 4711" {
		t.Errorf("lanes %q", got)
	}
	if got := ask[int](b, `document.querySelectorAll("#lives-picture .edge").length`); got != 2 {
		t.Errorf("%d arrows", got)
	}
	if got := ask[string](b, `document.querySelector("#lives-picture .dot.wrong + .what").textContent`); got != "release: reference already ended" {
		t.Errorf("the call that was refused: %q", got)
	}
}

// life is an object that goroutine 7 moves to goroutine 12, which lends it to C.
func life() inventory.Life {
	const object, ticket, moved, loan = 0x0100000010000001, 0x0100000010000002, 0x0100000010000003, 0x0100000020000001
	at := time.Duration(0)
	event := func(operation string, id, peer uint64, goroutine uint64, thread int, place, refused string) inventory.Event {
		at += 300 * time.Microsecond
		return inventory.Event{When: at, ID: inventory.ID(id), Peer: inventory.ID(peer), Operation: operation, Error: refused,
			Goroutine: goroutine, Thread: thread, Place: place}
	}
	return inventory.Life{Root: object, Pool: "documents", Events: []inventory.Event{
		event("acquire", object, 0, 7, 4700, "main.load main.go:12", ""),
		event("move out", object, ticket, 7, 4700, "main.send main.go:20", ""),
		event("release", object, 0, 7, 4700, "main.send main.go:22", "reference already ended"),
		event("move in", ticket, moved, 12, 4702, "main.receive main.go:31", ""),
		event("lend", moved, loan, 12, 4702, "main.receive main.go:33", ""),
		event("give back", loan, 0, 0, 4711, "engine_index engine.cpp:120", ""),
		event("release", moved, 0, 12, 4703, "main.receive main.go:38", ""),
	}}
}

// The page with many sites shows the first, and the others when asked.
func TestThePageOfManySites(t *testing.T) {
	b := start(t)
	s := &inventory.Snapshot{Taken: time.Now(), Program: "many", PID: 1}
	for i := range 4000 {
		stack := []inventory.Frame{{Function: fmt.Sprintf("f%d", i), File: "a.go", Line: i}}
		s.Sites = append(s.Sites, inventory.Site{Key: inventory.KeyOf(stack), Stack: stack, Live: 1, Bytes: int64(i)})
	}
	b.look(1400, "light")
	b.open(file(t, s))
	if n := len(column(b, "sites", 0)); n != 200 {
		t.Errorf("%d rows", n)
	}
	ask[any](b, fmt.Sprintf(click, "all sites"))
	if n := len(column(b, "sites", 0)); n != 4000 {
		t.Errorf("%d rows of all", n)
	}
}

// A reader without scripts has the text form.
func TestThePageWithoutScriptsHasTheText(t *testing.T) {
	s := &inventory.Snapshot{Taken: time.Now(), Program: "<still>", PID: 1}
	var page strings.Builder
	if err := s.WritePage(&page); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "<noscript><pre>Who holds what in &lt;still&gt;") {
		t.Error("no text in the page")
	}
	var data json.RawMessage
	_, after, _ := strings.Cut(page.String(), `id="data">`)
	if err := json.NewDecoder(io.LimitReader(strings.NewReader(after), 1<<20)).Decode(&data); err != nil {
		t.Error(err)
	}
}
