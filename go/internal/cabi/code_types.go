package cabi

import "unsafe"

// CodeAny is what a swap expects that does not care which version is current.
const CodeAny = ^uint64(0)

// Limits of escrow_code_options.
const (
	CodeMostHistory = 63
	CodeMostTable   = 1024
)

// CodeOptions mirrors escrow_code_options.
type CodeOptions struct {
	History    uint32
	ABI        uint64
	TableBytes uint64
}

// CodeCall mirrors escrow_code_call.
type CodeCall struct {
	Table   unsafe.Pointer
	Version uint64
	Place   uint64
}

// CodeVersion mirrors escrow_code_version_info.
type CodeVersion struct {
	Version uint64
	Inside  uint64
	Holds   uint64
	Library bool
}

// CodeStats mirrors escrow_code_stats.
type CodeStats struct {
	Current    uint64
	Live       uint64
	Waiting    uint64
	Inside     uint64
	Holds      uint64
	Swapped    uint64
	RolledBack uint64
	Differed   uint64
	Refused    uint64
	Libraries  uint64
	Unloaded   uint64
	Kept       uint64
	Leaked     uint64
	Reason     string
}
