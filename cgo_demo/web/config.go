package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.com/escrow/cgo_demo/service"
	"example.com/escrow/go/escrow"
)

// maxConfig is how many bytes of JSON a configuration may be.
const maxConfig = 1 << 20

// getConfig answers what can be edited and put back.
func getConfig(s *service.Service, w http.ResponseWriter, r *http.Request) {
	config, version := s.Config()
	tell(w, version)
	if matches(r.Header.Values("If-None-Match"), version.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	answer(w, http.StatusOK, config)
}

// setConfig answers the configuration that holds from now on.
func setConfig(s *service.Service, w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxConfig))
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("the config cannot be read: %w", err))
		return
	}
	var expected []string
	if given := tags(r.Header.Values("If-Match")); !slices.Contains(given, "*") { // there always is one
		expected = given
	}
	version, err := s.SetConfig(content, expected...)
	switch {
	case errors.Is(err, escrow.ErrDiffers):
		_, now := s.Config()
		tell(w, now)
		fail(w, http.StatusPreconditionFailed, fmt.Errorf("the config is %s by now: look at it, and put yours again with that ETag", now.ETag))
	case errors.Is(err, service.ErrConfig):
		fail(w, http.StatusBadRequest, err)
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	default:
		tell(w, version)
		w.WriteHeader(http.StatusNoContent)
	}
}

// tell names the version in headers, so that the body is nothing but the configuration.
func tell(w http.ResponseWriter, version escrow.Version) {
	w.Header().Set("ETag", version.ETag)
	w.Header().Set("Config-Version", strconv.FormatUint(version.Number, 10))
}

// tags splits If-Match and If-None-Match. Our ETags have no comma in them, so what a comma in another one
// makes of it is none of ours either.
func tags(headers []string) (out []string) {
	for _, header := range headers {
		for tag := range strings.SplitSeq(header, ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				out = append(out, tag)
			}
		}
	}
	return out
}

// matches is the weak comparison of RFC 9110, 8.8.3.2.
func matches(headers []string, etag string) bool {
	return slices.ContainsFunc(tags(headers), func(tag string) bool {
		return tag == "*" || strings.TrimPrefix(tag, "W/") == etag
	})
}

// setRanking answers as GET /ranking does, when searches that begin are ranked by it.
func setRanking(s *service.Service, w http.ResponseWriter, r *http.Request) {
	values, err := parameters(r, "library", "version")
	if err == nil && values.Has("library") == values.Has("version") {
		err = errors.New("say either library, a name, or version, one that is kept")
	}
	if err == nil && values.Has("library") {
		_, err = s.SetRanking(values.Get("library"))
	} else if err == nil {
		var to uint64
		if to, err = strconv.ParseUint(values.Get("version"), 10, 64); err != nil {
			err = fmt.Errorf("version %q is not a number", values.Get("version"))
		} else {
			_, err = s.SetRankingBack(to)
		}
	}
	switch {
	case errors.Is(err, escrow.ErrAbsent):
		fail(w, http.StatusNotFound, err)
	case err != nil:
		fail(w, http.StatusBadRequest, err)
	default:
		answer(w, http.StatusOK, s.Ranking())
	}
}
