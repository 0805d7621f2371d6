package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"example.com/escrow/cgo_demo/engine"
	"example.com/escrow/go/escrow"
	"example.com/escrow/go/source"
)

// Config is what a search obeys, as people write it, in JSON.
type Config struct {
	Limits  Limits         `json:"limits"`
	Weights engine.Weights `json:"weights"` // of the built-in ranking; others see them, too
	Skip    []string       `json:"skip"`    // see engine.Settings.SetSkip
}

// Limits bound a search.
type Limits struct {
	Default     uint32 `json:"default"`      // matches of an answer to a request that names no limit
	Most        uint32 `json:"most"`         // that a request may name
	PageMatches uint32 `json:"page_matches"` // that are found before anybody asks whether to go on
	PageBytes   uint64 `json:"page_bytes"`   // that are scanned before that
}

// DefaultConfig is what holds where nothing is said.
func DefaultConfig() Config {
	settings := engine.DefaultSettings()
	return configOf(&settings)
}

// ErrConfig is wrapped by the errors of configurations that cannot be obeyed, beside escrow.ErrRefused.
var ErrConfig = fmt.Errorf("bad config: %w", escrow.ErrRefused)

// ParseConfig reads JSON. What it does not name is as in DefaultConfig; a name that it does not know is
// an error, which wraps ErrConfig.
func ParseConfig(content []byte) (Config, error) {
	c := DefaultConfig()
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&c)
	if errors.Is(err, io.EOF) {
		err = errors.New("there is nothing in it")
	} else if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the end of the object")
		}
	}
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return c, nil
}

// settings is the same for the engine.
func (c Config) settings() (engine.Settings, error) {
	s := engine.Settings{
		DefaultLimit: c.Limits.Default, MostLimit: c.Limits.Most,
		PageMatches: c.Limits.PageMatches, PageBytes: c.Limits.PageBytes,
		Weights: c.Weights,
	}
	err := s.SetSkip(c.Skip)
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return s, nil
}

func configOf(s *engine.Settings) Config {
	return Config{
		Limits:  Limits{s.DefaultLimit, s.MostLimit, s.PageMatches, s.PageBytes},
		Weights: s.Weights,
		Skip:    s.SkipPatterns(),
	}
}

// config is the cell that the engine reads, too, and where it comes from.
type config struct {
	cell *escrow.Cell[engine.Settings]
	file *source.File // nil: no file
}

func (c *config) open(path string) (err error) {
	settings := engine.DefaultSettings()
	if path != "" {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if settings, err = parseSettings(content); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if c.file, err = source.OpenFile(path, source.Options{}); err != nil {
			return err
		}
	}
	c.cell, err = engine.OpenSettings(settings)
	return err
}

func (c *config) close() error {
	if c.cell == nil {
		return nil
	}
	return c.cell.Close()
}

func parseSettings(content []byte) (s engine.Settings, err error) {
	parsed, err := ParseConfig(content)
	if err != nil {
		return s, err
	}
	return parsed.settings()
}

// Swap makes a Config in JSON what searches obey that begin later, in Go and in C++, and returns its
// version. One that is as the current one does not become a version. It lets a source feed the service;
// the source's ETag is not used.
//
// Errors: ErrConfig; those of escrow.Cell.Swap.
func (c *config) Swap(content []byte, _ string) (version uint64, err error) {
	settings, err := parseSettings(content)
	if err != nil {
		return 0, err
	}
	if now, version := c.cell.LoadVersion(); *now == settings {
		return version.Number, nil
	}
	return c.cell.Swap(settings.Content(), settings.ETag())
}

// Config is what searches obey that begin now.
func (s *Service) Config() (Config, escrow.Version) {
	settings, version := s.config.cell.LoadVersion()
	return configOf(settings), version
}

// SetConfig makes a Config in JSON what searches obey that begin later, in Go and in C++: if the current
// one has one of these ETags, where any are given.
//
// Errors: ErrConfig; escrow.ErrDiffers where it has none of them; those of escrow.Cell.Swap.
func (s *Service) SetConfig(content []byte, ifMatch ...string) (escrow.Version, error) {
	settings, err := parseSettings(content)
	if err != nil {
		return escrow.Version{}, err
	}
	out := escrow.Version{ETag: settings.ETag()}
	if len(ifMatch) == 0 {
		out.Number, err = s.config.cell.Swap(settings.Content(), out.ETag)
		return out, err
	}
	for _, expected := range ifMatch {
		out.Number, err = s.config.cell.SwapIfETag(settings.Content(), out.ETag, expected)
		if !errors.Is(err, escrow.ErrDiffers) {
			break
		}
	}
	return out, err
}

// FollowConfig follows the file that the service was opened with, until the context ends; without one it
// returns at once. What is wrong with it shows in Stats.
func (s *Service) FollowConfig(ctx context.Context) {
	if s.config.file != nil {
		s.config.file.Run(ctx, &s.config) // returns why the context ended
	}
}

// ConfigStats is where the configuration stands.
type ConfigStats struct {
	Version uint64  `json:"version"`
	ETag    string  `json:"etag"`
	Follows bool    `json:"follows"`     // a file
	Lag     float64 `json:"lag_seconds"` // since the file was looked at with success
	Error   string  `json:"error"`       // why the file is not followed, or not obeyed
}

func (c *config) stats() ConfigStats {
	_, version := c.cell.LoadVersion()
	out := ConfigStats{Version: version.Number, ETag: version.ETag}
	if c.file == nil {
		return out
	}
	status := c.file.Status()
	if out.Follows = !status.Began.IsZero(); out.Follows {
		out.Lag = status.Lag().Seconds()
	}
	if status.Err != nil {
		out.Error = status.Err.Error()
	}
	return out
}
