//go:build !escrow_map

package main

func escrowSubject() subject {
	return subject{name: "escrow", missing: "built without the tag escrow_map"}
}
