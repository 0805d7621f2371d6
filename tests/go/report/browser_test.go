// Package report_test opens the page of escrow's report in a headless browser and asks its DOM what it shows.
package report_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// browser is a Chromium that is driven through two pipes: JSON messages with a zero byte behind each, as
// --remote-debugging-pipe has it. One page at a time.
type browser struct {
	t       *testing.T
	to      io.Writer
	from    chan message
	last    int
	session string
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *struct{ Message string }
}

// start starts the browser.
func start(t *testing.T) *browser {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("there is no Chromium: tests/setup chromium installs it")
	}
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	c.ExtraFiles = []*os.File{inRead, outWrite} // descriptors 3 and 4 of the browser
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	inRead.Close()
	outWrite.Close()
	b := &browser{t: t, to: inWrite, from: make(chan message, 1000)}
	go func() {
		defer close(b.from)
		var pending []byte
		chunk := make([]byte, 1<<16)
		for {
			n, err := outRead.Read(chunk)
			pending = append(pending, chunk[:n]...)
			for {
				i := bytes.IndexByte(pending, 0)
				if i < 0 {
					break
				}
				var m message
				if json.Unmarshal(pending[:i], &m) == nil && m.ID != 0 {
					b.from <- m
				}
				pending = pending[i+1:]
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		b.call("Browser.close", nil)
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			c.Process.Kill()
			<-done
		}
		inWrite.Close()
		outRead.Close()
	})
	var target struct{ TargetID string }
	b.into(&target, "Target.createTarget", map[string]any{"url": "about:blank"})
	var attached struct{ SessionID string }
	b.into(&attached, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true})
	b.session = attached.SessionID
	return b
}

// call sends a message and waits for its answer.
func (b *browser) call(method string, parameters any) (json.RawMessage, error) {
	b.last++
	m := map[string]any{"id": b.last, "method": method}
	if parameters != nil {
		m["params"] = parameters
	}
	if b.session != "" && method != "Browser.close" {
		m["sessionId"] = b.session
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		return nil, err
	}
	timeout := time.After(60 * time.Second)
	for {
		select {
		case m, open := <-b.from:
			switch {
			case !open:
				return nil, errors.New("the browser has gone")
			case m.ID != b.last:
			case m.Error != nil:
				return nil, fmt.Errorf("%s: %s", method, m.Error.Message)
			default:
				return m.Result, nil
			}
		case <-timeout:
			return nil, fmt.Errorf("%s: no answer", method)
		}
	}
}

func (b *browser) into(out any, method string, parameters any) {
	b.t.Helper()
	result, err := b.call(method, parameters)
	if err != nil {
		b.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(result, out); err != nil {
			b.t.Fatal(err)
		}
	}
}

// ask evaluates an expression in the page; promises are waited for.
func ask[T any](b *browser, expression string) (answer T) {
	b.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Exception struct{ Description string } }
	}
	b.into(&got, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true})
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, got.ExceptionDetails.Exception.Description)
	}
	if got.Result.Value == nil {
		return answer
	}
	if err := json.Unmarshal(got.Result.Value, &answer); err != nil {
		b.t.Fatalf("%s: %s: %v", expression, got.Result.Value, err)
	}
	return answer
}

// until waits for an expression to be true.
func (b *browser) until(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ask[bool](b, "Boolean("+expression+")"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("never: %s", expression)
		}
	}
}

// open goes to an address and waits until the page shows its tables.
func (b *browser) open(url string) {
	b.t.Helper()
	b.into(nil, "Page.navigate", map[string]any{"url": "about:blank"})
	b.until(`location.href === "about:blank"`)
	b.into(nil, "Page.navigate", map[string]any{"url": url})
	b.until(`document.readyState === "complete" && location.href !== "about:blank" && document.querySelector("#pools-table table")`)
}

// look sets the window's width and the colour scheme.
func (b *browser) look(width int, scheme string) {
	b.t.Helper()
	b.into(nil, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
	b.into(nil, "Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}})
}

// press presses a key in the focused element.
func (b *browser) press(key string, code int, text string) {
	b.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		m := map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}
		if kind == "keyDown" && text != "" {
			m["text"] = text
		}
		b.into(nil, "Input.dispatchKeyEvent", m)
	}
}

// picture writes a picture of the whole page, for people, where REPORT_PICTURES names a folder.
func (b *browser) picture(name string) {
	folder := os.Getenv("REPORT_PICTURES")
	if folder == "" {
		return
	}
	var shot struct{ Data string }
	b.into(&shot, "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true})
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}
