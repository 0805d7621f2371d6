//go:build cgo

package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/escrow/cgo_demo/service"
)

// start serves a tree of these files.
func start(t *testing.T, files map[string]string) *httptest.Server {
	t.Helper()
	return startIn(t, t.TempDir(), files)
}

func startIn(t *testing.T, root string, files map[string]string) *httptest.Server {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := service.Open(service.Options{Root: root, MaxFile: 1 << 20, Workers: 2, Queue: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := s.Close(func(pool string, live uint64) {
			if live != 0 {
				t.Errorf("pool %s: %d live handles at the end", pool, live)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	if err := s.Index(context.Background()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(Handler(s))
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, url string) (code int, kind, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header.Get("Content-Type"), string(b)
}

func ask(t *testing.T, server *httptest.Server, parameters url.Values) Answer {
	t.Helper()
	code, kind, body := get(t, server.URL+"/search?"+parameters.Encode())
	var a Answer
	if err := json.Unmarshal([]byte(body), &a); err != nil || code != http.StatusOK || !strings.HasPrefix(kind, "application/json") {
		t.Fatalf("%v: %d %s %s: %v", parameters, code, kind, body, err)
	}
	return a
}

var small = map[string]string{
	"a.go": "package a\n\nfunc A() {}\nfunc B() {}\n",
	"b.go": "package b\nfunc <B> & \"q\"\n\xff not utf8\n",
	"long": strings.Repeat("é", 1000) + "end",
}

func TestSearchAnswersJSON(t *testing.T) {
	server := start(t, small)
	a := ask(t, server, url.Values{"q": {"func "}})
	want := []Match{{"a.go", 3, "func A() {}", false}, {"a.go", 4, "func B() {}", false}, {"b.go", 2, `func <B> & "q"`, false}}
	if len(a.Matches) != 3 || a.Matches[0] != want[0] || a.Matches[1] != want[1] || a.Matches[2] != want[2] || a.More {
		t.Errorf("%+v, want %+v", a, want)
	}
	if a := ask(t, server, url.Values{"q": {"func "}, "limit": {"2"}}); len(a.Matches) != 2 || !a.More {
		t.Errorf("limit 2: %+v", a)
	}
	if a := ask(t, server, url.Values{"q": {"func "}, "limit": {"3"}}); len(a.Matches) != 3 || a.More {
		t.Errorf("limit 3: %+v", a)
	}
	if a := ask(t, server, url.Values{"q": {`^func [AB]\(`}, "regexp": {"1"}, "limit": {"1"}}); len(a.Matches) != 1 || !a.More || !a.Regexp {
		t.Errorf("regexp: %+v", a)
	}
	if a := ask(t, server, url.Values{"q": {`^func [AB]\(`}}); len(a.Matches) != 0 || a.Matches == nil {
		t.Errorf("an expression taken literally: %+v", a)
	}
	if a := ask(t, server, url.Values{"q": {"not utf8"}}); len(a.Matches) != 1 || a.Matches[0].Text != "\uFFFD not utf8" {
		t.Errorf("%+v", a)
	}
	if a := ask(t, server, url.Values{"q": {"end"}}); len(a.Matches) != 1 || !a.Matches[0].Cut || len(a.Matches[0].Text) != maxLine {
		t.Errorf("a long line: %+v", a)
	}
}

func TestBadRequestsAreRefusedWithASentence(t *testing.T) {
	server := start(t, small)
	for _, c := range []struct{ query, want string }{
		{"", "empty"}, {"q=", "empty"}, {"q=a(b&regexp=1", "missing closing )"}, {"q=%5B&regexp=true", "missing closing ]"},
		{"q=x&limit=0", "not a number from 1 on"}, {"q=x&limit=100001", "above 100000"}, {"q=x&rank=perhaps", "neither 1 nor 0"},
		{"q=x&limit=-1", "not a number from 1 on"}, {"q=x&limit=ten", "not a number"}, {"q=x&limit=", "not a number"},
		{"q=x&regexp=perhaps", "neither 1 nor 0"}, {"q=x&q=y", "given 2 times"}, {"q=x&unknown=1", "unknown parameter"},
		{"q=a%0Ab", "line end"}, {"q=" + strings.Repeat("a", 65537), "longer than"},
	} {
		code, kind, body := get(t, server.URL+"/search?"+c.query)
		var failed struct{ Error string }
		if err := json.Unmarshal([]byte(body), &failed); err != nil || code != http.StatusBadRequest ||
			!strings.HasPrefix(kind, "application/json") || !strings.Contains(failed.Error, c.want) {
			t.Errorf("/search?%.60s: %d %s %s, want 400 and %q", c.query, code, kind, body, c.want)
		}
	}
	for path, want := range map[string]int{"/nowhere": 404, "/search/": 404} {
		if code, _, _ := get(t, server.URL+path); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
	r, err := http.Post(server.URL+"/search?q=x", "", nil)
	if err != nil || r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %v %v", r, err)
	}
}

func post(t *testing.T, url string, headers ...string) (code int, body string) {
	t.Helper()
	r, body := send(t, http.MethodPost, url, "", headers...)
	return r.StatusCode, body
}

func TestReindexAnswersWhatChanged(t *testing.T) {
	root := t.TempDir()
	server := startIn(t, root, small)
	for name, text := range map[string]string{"a.go": "package a\nfunc C() {}\n", "new.go": "func D() {}\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(root, "b.go")); err != nil {
		t.Fatal(err)
	}
	reindex := func(query string) (r service.Reindexed) {
		t.Helper()
		code, body := post(t, server.URL+"/reindex"+query)
		if err := json.Unmarshal([]byte(body), &r); err != nil || code != http.StatusOK {
			t.Fatalf("%s: %d %s: %v", query, code, body, err)
		}
		return r
	}
	if r := reindex("?path=a.go"); r.Path != "a.go" || r.Changes.Replaced != 1 || r.Files != 1 || r.Running || r.Seconds <= 0 {
		t.Errorf("%+v", r)
	}
	if a := ask(t, server, url.Values{"q": {"func "}}); len(a.Matches) != 2 || a.Matches[0].Text != "func C() {}" || a.Matches[1].File != "b.go" {
		t.Errorf("%+v", a)
	}
	if r := reindex(""); r.Changes.Added != 1 || r.Changes.Removed != 1 || r.Files != 3 {
		t.Errorf("%+v", r)
	}
	if a := ask(t, server, url.Values{"q": {"func "}}); len(a.Matches) != 2 || a.Matches[1].File != "new.go" {
		t.Errorf("%+v", a)
	}
	if r := reindex("?all=1"); !r.All || r.Read != 3 || r.Changes.Unchanged != 3 {
		t.Errorf("%+v", r)
	}
	var progress service.Reindexed
	if _, _, body := get(t, server.URL+"/reindex"); json.Unmarshal([]byte(body), &progress) != nil || !progress.All || progress.Running || progress.Read != 3 {
		t.Errorf("GET /reindex: %s", body)
	}
	var stats service.Stats
	if _, _, body := get(t, server.URL+"/stats"); json.Unmarshal([]byte(body), &stats) != nil || stats.Reindex.Read != 3 || stats.Index.Files != 3 {
		t.Errorf("GET /stats: %s", body)
	}
}

func TestBadReindexingsAreRefusedWithASentence(t *testing.T) {
	server := start(t, small)
	for query, want := range map[string]string{
		"path=..": "not below the root", "path=/etc": "not below the root", "path=a/../../b": "not below the root", "path=": "is empty",
		"all=perhaps": "neither 1 nor 0", "path=a&path=b": "given 2 times", "q=x": "unknown parameter",
	} {
		code, body := post(t, server.URL+"/reindex?"+query)
		var failed struct{ Error string }
		if err := json.Unmarshal([]byte(body), &failed); err != nil || code != http.StatusBadRequest || !strings.Contains(failed.Error, want) {
			t.Errorf("/reindex?%s: %d %s, want 400 and %q", query, code, body, want)
		}
	}
	if code, body := post(t, server.URL+"/reindex", "Sec-Fetch-Site", "cross-site"); code != http.StatusForbidden {
		t.Errorf("from a page elsewhere: %d %s", code, body)
	}
}

func TestStatsShowPoolsIndexAndQueries(t *testing.T) {
	server := start(t, small)
	ask(t, server, url.Values{"q": {"func"}})
	ask(t, server, url.Values{"q": {"f.nc"}, "regexp": {"1"}})
	get(t, server.URL+"/search?q=(&regexp=1")
	_, _, body := get(t, server.URL+"/stats")
	var stats service.Stats
	if err := json.Unmarshal([]byte(body), &stats); err != nil {
		t.Fatal(err)
	}
	if len(stats.Pools) != 2 || stats.Pools[0].Name != "files" || stats.Pools[0].LiveHandles != 3 || stats.Pools[0].BytesLive == 0 ||
		stats.Pools[1].Name != "results" || stats.Pools[1].LiveHandles != 0 {
		t.Errorf("pools %+v", stats.Pools)
	}
	if stats.Index.Files != 3 || stats.Index.MegabytesASecond <= 0 || stats.Index.Lists == 0 || stats.Index.IndexBytes == 0 {
		t.Errorf("index %+v", stats.Index)
	}
	if q := stats.Queries; q.Literal != 1 || q.Regexp != 1 || q.Refused != 1 || q.Matches != 6 || q.P50ms <= 0 || q.P99ms < q.P50ms {
		t.Errorf("queries %+v", q)
	}
}

func TestThePageLoadsNothingFromElsewhere(t *testing.T) {
	server := start(t, small)
	code, kind, body := get(t, server.URL+"/")
	if code != http.StatusOK || !strings.HasPrefix(kind, "text/html") || !strings.Contains(body, "<form") {
		t.Errorf("%d %s", code, kind)
	}
	for _, elsewhere := range []string{"http://", "https://", "src=", "@import", "<link rel=\"stylesheet"} {
		if strings.Contains(body, elsewhere) {
			t.Errorf("the page contains %q", elsewhere)
		}
	}
}

func TestManySearchesAtOnce(t *testing.T) {
	server := start(t, small)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for range 20 {
				parameters := url.Values{"q": {"func "}}
				if i%2 == 1 {
					parameters.Set("regexp", "1")
				}
				if a := ask(t, server, parameters); len(a.Matches) != 3 {
					t.Errorf("%+v", a)
				}
			}
		})
	}
	group.Wait()
}
