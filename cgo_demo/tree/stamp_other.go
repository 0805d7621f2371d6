//go:build !linux

package tree

import (
	"io/fs"
	"time"
)

// changed is when a file was last written, and the same as a number.
func changed(info fs.FileInfo) (last time.Time, stamp uint64) {
	return info.ModTime(), uint64(info.ModTime().UnixNano())
}
