//go:build !cgo || !(linux || darwin) || !(amd64 || arm64)

package cabi

import "unsafe"

// Available says why there is no facade in this binary.
func Available() (Status, string) { return absent, absence }

// LinkedABI is zero: no facade is linked.
func LinkedABI() ABI { return ABI{} }

// PoolOpen answers why there is no facade in this binary; so do the functions below.
func PoolOpen(*Options) (uint64, Status) { return 0, absent }

func PoolClose(uint64, uint32) (uint64, Status)                 { return 0, absent }
func PoolDestroy(uint64) Status                                 { return absent }
func PoolDrain(uint64) (uint64, Status)                         { return 0, absent }
func PoolTrim(uint64) (uint64, Status)                          { return 0, absent }
func PoolStats(uint64, *Stats) Status                           { return absent }
func PoolClasses(uint64, []Class) (int, Status)                 { return 0, absent }
func PoolInspect(uint64, *uint64, *[64]Reference) (int, Status) { return 0, absent }
func Acquire(uint64, uint64) (uint64, Status)                   { return 0, absent }
func AcquireN(uint64, uint64, []uint64) Status                  { return absent }
func Dup(uint64) (uint64, Status)                               { return 0, absent }
func Release(uint64) Status                                     { return absent }
func ReleaseDeferred(uint64) Status                             { return absent }
func Borrow(uint64) (View, Status)                              { return View{}, absent }
func Return(uint64) Status                                      { return absent }
func MoveOut(uint64) (uint64, Status)                           { return 0, absent }
func MoveIn(uint64) (uint64, Status)                            { return 0, absent }
func Revoke(uint64) Status                                      { return absent }
func Validate(uint64, uint64, uint32) Status                    { return absent }
func Read(uint64) (View, Status)                                { return View{}, absent }
func Table() unsafe.Pointer                                     { return nil }
func Discard(uint64)                                            {}
func Leaves() []Leaf                                            { return nil }
func SlotDirectory() ([]unsafe.Pointer, uint64)                 { return nil, 0 }

const SequenceBytes = 1

func SequenceInit(unsafe.Pointer, uint64, uint64) Status    { return absent }
func SequenceNext(unsafe.Pointer) (uint64, Status)          { return 0, absent }
func SequenceNextN(unsafe.Pointer, uint64) (uint64, Status) { return 0, absent }
