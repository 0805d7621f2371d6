package source

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ConsulKV is the value of a key in Consul, or in what speaks its HTTP interface.
type ConsulKV struct {
	poller
	client   *http.Client
	address  *url.URL
	index    uint64 // of the last answer; 0: ask without waiting
	contents string // tagOf what was handed over last
}

// OpenConsulKV makes a source of a key: address is http://HOST:8500/v1/kv/KEY, with ?dc and the like where
// they are needed. A token belongs into a header that client sets, since errors show the address. client is used
// as it is; nil is one of its own.
//
// Errors: an option below zero, or an address that is no URL with http or https.
func OpenConsulKV(address string, client *http.Client, o Options) (*ConsulKV, error) {
	o, u, client, err := opened(address, client, o)
	if err != nil {
		return nil, err
	}
	return &ConsulKV{poller: poller{options: o}, client: client, address: u}, nil
}

// Run asks for the key by blocking queries, which the server holds for at most half of Timeout, and hands
// over new values, under the key's ModifyIndex as their ETag. It returns the cause of the context's end. One Run at a
// time.
func (c *ConsulKV) Run(ctx context.Context, to Swapper) error { return c.run(ctx, c, to) }

func (c *ConsulKV) from() string { return c.address.Redacted() }

func (c *ConsulKV) forget() { c.index, c.contents = 0, "" }

// A key as Consul tells of it.
type consulKey struct {
	Value       []byte // base64 in JSON
	ModifyIndex uint64
}

func (c *ConsulKV) check(ctx context.Context) (answer, error) {
	u := *c.address
	query := u.Query()
	if c.index != 0 {
		query.Set("index", strconv.FormatUint(c.index, 10))
		query.Set("wait", (c.options.Timeout / 2).Round(time.Millisecond).String())
	}
	u.RawQuery = query.Encode()
	r, err := fetch(ctx, c.client, &u, "", c.options.Timeout, c.options.MaxBytes)
	if err != nil {
		c.index = 0
		return answer{after: r.after}, err
	}
	// An index that has gone back is another server's: begin anew. So says Consul's documentation.
	index, err := strconv.ParseUint(r.header.Get("X-Consul-Index"), 10, 64)
	if err != nil || index < c.index {
		index = 0
	}
	c.index = index
	var keys []consulKey
	if err := json.Unmarshal(r.body, &keys); err != nil {
		c.index = 0
		return answer{}, fmt.Errorf("source: %s: %w", u.Redacted(), err)
	}
	if len(keys) != 1 {
		c.index = 0
		return answer{}, fmt.Errorf("source: %s names %d keys, not one", u.Redacted(), len(keys))
	}
	value := keys[0].Value
	if value == nil {
		value = []byte{}
	}
	etag := `"` + strconv.FormatUint(keys[0].ModifyIndex, 10) + `"`
	contents := tagOf(value)
	if contents == c.contents {
		return answer{etag: etag}, nil
	}
	c.contents = contents
	return answer{content: value, etag: etag}, nil
}
