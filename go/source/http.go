package source

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// HTTP is content behind an address.
type HTTP struct {
	poller
	client   *http.Client
	address  *url.URL
	etag     string // the server's, of what was handed over last
	contents string // tagOf what was handed over last
}

// OpenHTTP makes a source of an address. client is used as it is; nil is one of its own.
//
// Errors: an option below zero, or an address that is no URL with http or https.
func OpenHTTP(address string, client *http.Client, o Options) (*HTTP, error) {
	o, u, client, err := opened(address, client, o)
	if err != nil {
		return nil, err
	}
	return &HTTP{poller: poller{options: o}, client: client, address: u}, nil
}

func opened(address string, client *http.Client, o Options) (Options, *url.URL, *http.Client, error) {
	o, err := o.filled()
	if err != nil {
		return o, nil, nil, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return o, nil, nil, fmt.Errorf("source: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return o, nil, nil, fmt.Errorf("source: %s: neither http nor https", address)
	}
	if client == nil {
		client = &http.Client{}
	}
	return o, u, client, nil
}

// Run asks the server with If-None-Match and hands over what is new, under the server's ETag, or one
// made of the content where it sends none. Content that equals what was handed over last is not handed over again,
// whatever its ETag. A server that says Retry-After is not asked before. It returns the cause of the
// context's end. One Run at a time.
func (h *HTTP) Run(ctx context.Context, to Swapper) error { return h.run(ctx, h, to) }

func (h *HTTP) from() string { return h.address.Redacted() }

func (h *HTTP) forget() { h.etag, h.contents = "", "" }

func (h *HTTP) check(ctx context.Context) (answer, error) {
	r, err := fetch(ctx, h.client, h.address, h.etag, h.options.Timeout, h.options.MaxBytes)
	if err != nil || r.status == http.StatusNotModified {
		return answer{etag: h.etag, after: r.after}, err
	}
	contents := tagOf(r.body)
	if h.etag = r.header.Get("ETag"); h.etag == "" {
		h.etag = contents
	}
	if contents == h.contents {
		return answer{etag: h.etag}, nil
	}
	h.contents = contents
	return answer{content: r.body, etag: h.etag}, nil
}

// response is one that was read whole.
type response struct {
	status int
	header http.Header
	body   []byte
	after  time.Duration // the server's Retry-After
}

// fetch asks once. Errors: the request's; an answer that is neither 200 nor, to an ETag, 304; one that
// is cut short, or longer than most.
func fetch(ctx context.Context, client *http.Client, u *url.URL, etag string, timeout time.Duration, most int64) (response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no whole answer within %v", timeout))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return response{}, fmt.Errorf("source: %w", err)
	}
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	got, err := client.Do(request)
	if err != nil {
		return response{}, failed(ctx, u, err)
	}
	defer got.Body.Close()
	r := response{status: got.StatusCode, header: got.Header}
	switch {
	case got.StatusCode == http.StatusNotModified && etag != "":
		return r, nil
	case got.StatusCode != http.StatusOK:
		if seconds, err := strconv.Atoi(got.Header.Get("Retry-After")); err == nil && seconds > 0 {
			r.after = time.Duration(seconds) * time.Second
		}
		// Read what is short, so that the connection can be used again.
		_, _ = io.Copy(io.Discard, io.LimitReader(got.Body, 4096))
		return r, fmt.Errorf("source: %s answered %s", u.Redacted(), got.Status)
	}
	if r.body, err = io.ReadAll(io.LimitReader(got.Body, most+1)); err != nil {
		return response{}, failed(ctx, u, err)
	}
	if int64(len(r.body)) > most {
		return response{}, fmt.Errorf("source: %s sent more than %d bytes", u.Redacted(), most)
	}
	return r, nil
}

// failed says why a request did: the timeout by its own words.
func failed(ctx context.Context, u *url.URL, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("source: %s: %w", u.Redacted(), err)
}
