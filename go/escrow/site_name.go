//go:build !asan

package escrow

// nameSite does nothing: whoever asks while Go runs asks Go.
func nameSite(uint64) {}
