package tree

import (
	"io/fs"
	"math/bits"
	"syscall"
	"time"
)

// changed is when a file was last written or renamed over, or its times were set, and a number that
// differs from before if any of that happened: a write moves the second of the two times even where
// somebody sets the first one back.
func changed(info fs.FileInfo) (last time.Time, stamp uint64) {
	last = info.ModTime()
	stamp = uint64(last.UnixNano())
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		inode := time.Unix(stat.Ctim.Unix())
		stamp ^= bits.RotateLeft64(uint64(inode.UnixNano()), 32)
		if inode.After(last) {
			last = inode
		}
	}
	return last, stamp
}
