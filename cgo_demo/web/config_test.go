//go:build cgo

package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/escrow/cgo_demo/service"
)

// send makes a request with these headers, name and value in turns.
func send(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	r, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(b)
}

func TestConfigIsEditedAndPutBack(t *testing.T) {
	server := start(t, small)
	first, body := send(t, "GET", server.URL+"/config", "")
	etag := first.Header.Get("ETag")
	if first.StatusCode != http.StatusOK || etag == "" || first.Header.Get("Config-Version") != "1" {
		t.Fatalf("%d %v", first.StatusCode, first.Header)
	}
	var config service.Config
	if err := json.Unmarshal([]byte(body), &config); err != nil {
		t.Fatal(err)
	}
	config.Limits.Default, config.Skip = 1, []string{"a.*"}
	edited, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	put, body := send(t, "PUT", server.URL+"/config", string(edited), "If-Match", `"other", `+etag)
	if put.StatusCode != http.StatusNoContent || put.Header.Get("Config-Version") != "2" || put.Header.Get("ETag") == etag {
		t.Fatalf("%d %s %v", put.StatusCode, body, put.Header)
	}
	if a := ask(t, server, url.Values{"q": {"func "}}); len(a.Matches) != 1 || a.Matches[0].File != "b.go" || a.Config != 2 {
		t.Errorf("searched as before: %+v", a)
	}
	late, body := send(t, "PUT", server.URL+"/config", "{}", "If-Match", etag)
	if late.StatusCode != http.StatusPreconditionFailed || late.Header.Get("ETag") != put.Header.Get("ETag") ||
		!strings.Contains(body, "put yours again") {
		t.Errorf("with the ETag of before: %d %s %v", late.StatusCode, body, late.Header)
	}
	if weak, _ := send(t, "PUT", server.URL+"/config", "{}", "If-Match", "W/"+put.Header.Get("ETag")); weak.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("a weak ETag: %d", weak.StatusCode)
	}
	same, body := send(t, "GET", server.URL+"/config", "", "If-None-Match", put.Header.Get("ETag"))
	if same.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("nothing new: %d %s", same.StatusCode, body)
	}
	if any, _ := send(t, "PUT", server.URL+"/config", "{}", "If-Match", "*"); any.StatusCode != http.StatusNoContent || any.Header.Get("ETag") != etag {
		t.Errorf("whatever is there: %d %v", any.StatusCode, any.Header)
	}
	if none, _ := send(t, "PUT", server.URL+"/config", `{"limits": {"most": 2, "default": 2}}`); none.StatusCode != http.StatusNoContent {
		t.Errorf("without a condition: %d", none.StatusCode)
	}
	code, _, body := get(t, server.URL+"/search?q=func&limit=3")
	if code != http.StatusBadRequest || !strings.Contains(body, "limit 3 is above 2") {
		t.Errorf("above the most: %d %s", code, body)
	}
	var stats service.Stats
	if _, _, body := get(t, server.URL+"/stats"); json.Unmarshal([]byte(body), &stats) != nil || stats.Config.Version != 4 || stats.Config.Follows {
		t.Errorf("GET /stats: %+v", stats.Config)
	}
}

func TestBadConfigsAreRefusedWithASentence(t *testing.T) {
	server := start(t, small)
	for body, want := range map[string]string{
		"": "nothing in it", "{": "unexpected EOF", `{"limit": 1}`: "unknown field", `{"limits": {"default": 0}}`: "default 0",
		`{"skip": ["["]}`: "syntax error", `{"skip": ["` + strings.Repeat("x", maxConfig) + `"]}`: "too large",
	} {
		r, answered := send(t, "PUT", server.URL+"/config", body)
		var failed struct{ Error string }
		if err := json.Unmarshal([]byte(answered), &failed); err != nil || r.StatusCode != http.StatusBadRequest || !strings.Contains(failed.Error, want) {
			t.Errorf("%.40s: %d %s, want 400 and %q", body, r.StatusCode, answered, want)
		}
	}
	for _, path := range []string{"/config", "/ranking?version=1"} {
		if r, body := send(t, "PUT", server.URL+path, "{}", "Sec-Fetch-Site", "cross-site"); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s from a page elsewhere: %d %s", path, r.StatusCode, body)
		}
	}
}

func TestRankingsAreNamedOrRolledBack(t *testing.T) {
	server := start(t, map[string]string{"a": "needle\n", "b": "needle\nneedle\n"})
	if a := ask(t, server, url.Values{"q": {"needle"}, "rank": {"1"}}); len(a.Matches) != 3 || a.Matches[0].File != "b" || a.Ranking != 1 {
		t.Errorf("%+v", a)
	}
	for path, want := range map[string]struct {
		code int
		text string
	}{
		"?version=1":             {http.StatusOK, `"name":"built-in"`},
		"?version=7":             {http.StatusNotFound, "no such version"},
		"?version=x":             {http.StatusBadRequest, "not a number"},
		"":                       {http.StatusBadRequest, "either library"},
		"?version=1&library=a":   {http.StatusBadRequest, "either library"},
		"?library=dense":         {http.StatusBadRequest, "without a directory"},
		"?library=a&library=b":   {http.StatusBadRequest, "given 2 times"},
		"?library=dense&force=1": {http.StatusBadRequest, "unknown parameter"},
	} {
		if r, body := send(t, "PUT", server.URL+"/ranking"+path, ""); r.StatusCode != want.code || !strings.Contains(body, want.text) {
			t.Errorf("PUT /ranking%s: %d %s, want %d and %q", path, r.StatusCode, body, want.code, want.text)
		}
	}
	var now service.RankingStats
	if _, _, body := get(t, server.URL+"/ranking"); json.Unmarshal([]byte(body), &now) != nil || now.Name != service.BuiltIn || len(now.Kept) == 0 {
		t.Errorf("%s", body)
	}
}
