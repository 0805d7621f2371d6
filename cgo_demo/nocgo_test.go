//go:build !cgo

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWithoutCgoTheProgramSaysSo(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := run([]string{"-root", t.TempDir(), "-once", "x"}, &stdout, &stderr)
	if status != exitError || stdout.Len() != 0 || !strings.Contains(stderr.String(), "built without cgo") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout.String(), stderr.String())
	}
}
