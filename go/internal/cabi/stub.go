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
func PoolLayout(uint64) (*Layout, Status)                       { return nil, absent }

const LedgerMostFrames = 29

func SetLedger(uint64, uint32, bool) Status                       { return absent }
func ReadLedger(uint64) (LedgerState, Status)                     { return LedgerState{}, absent }
func LedgerNote(uint64, []uint64, uint32) Status                  { return absent }
func LedgerList(uint64, *uint64, *[256]LedgerEntry) (int, Status) { return 0, absent }
func PoolList(*uint64, *[64]uint64) (int, Status)                 { return 0, absent }
func LedgerNow() uint64                                           { return 0 }
func LedgerSite(uint32) ([]uint64, int, Status)                   { return nil, 0, absent }
func LedgerFind(uint64) (uint32, Status)                          { return 0, absent }
func LedgerNameSite(uint32, string) Status                        { return absent }
func SetGuarded(uint64, uint32) Status                            { return absent }
func ReadGuarded(uint64) (GuardedState, Status)                   { return GuardedState{}, absent }
func ReportFaults() Status                                        { return absent }

const (
	OthersFrom      = 1000
	MisuseMostSites = 1024
)

func SetTrace(uint64, uint32) Status                               { return absent }
func WatchLimits(uint64) (watched, limits *uint64, s Status)       { return nil, nil, absent }
func TraceSwitch() *uint32                                         { return new(uint32) }
func TraceRoot(uint64) (root, pool uint64)                         { return 0, 0 }
func TraceBegin(uint64, uint64, []uint64) Status                   { return absent }
func TraceAppend(*TraceEvent, []uint64) Status                     { return absent }
func TraceList(uint64, *uint64, *[64]TraceEvent) int               { return 0 }
func MisuseSwitch() *uint64                                        { return new(uint64) }
func MisuseNote(uint64, uint64, uint32, Status, []uint64) Status   { return absent }
func MisuseList(*[MisuseMostSites]MisuseSite) (n int, lost uint64) { return 0, 0 }
func OperationText(uint32) string                                  { return "" }

const SequenceBytes = 1

func SequenceInit(unsafe.Pointer, uint64, uint64) Status    { return absent }
func SequenceNext(unsafe.Pointer) (uint64, Status)          { return 0, absent }
func SequenceNextN(unsafe.Pointer, uint64) (uint64, Status) { return 0, absent }

func MapOpen(*MapOptions) (uint64, Status)                            { return 0, absent }
func MapClose(uint64) Status                                          { return absent }
func MapDestroy(uint64) Status                                        { return absent }
func MapPurge(uint64, uint32, uint64) (uint64, Status)                { return 0, absent }
func MapClear(uint64) Status                                          { return absent }
func MapLength(uint64) (uint64, Status)                               { return 0, absent }
func MapReserve(uint64, uint64) Status                                { return absent }
func MapGrow(uint64) Status                                           { return absent }
func MapShrink(uint64) (uint64, Status)                               { return 0, absent }
func MapReadStats(uint64, *MapStats) Status                           { return absent }
func ReadMapPlace(uint64) (MapPlace, Status)                          { return MapPlace{}, absent }
func MapGet(uint64, uint64, *uint64) Status                           { return absent }
func MapPut(uint64, uint64, uint64) Status                            { return absent }
func MapPutIfAbsent(uint64, uint64, uint64, *uint64) Status           { return absent }
func MapSwap(uint64, uint64, uint64, *uint64) Status                  { return absent }
func MapCompareAndSwap(uint64, uint64, uint64, uint64) Status         { return absent }
func MapAdd(uint64, uint64, uint64, *uint64) Status                   { return absent }
func MapErase(uint64, uint64) Status                                  { return absent }
func MapTake(uint64, uint64, *uint64) Status                          { return absent }
func MapEraseIf(uint64, uint64, uint32, uint64) Status                { return absent }
func MapGetN(uint64, *uint64, int, *uint64, *Status) Status           { return absent }
func MapPutN(uint64, *uint64, *uint64, int, *Status) Status           { return absent }
func MapEraseN(uint64, *uint64, int, *Status) Status                  { return absent }
func MapScan(uint64, *uint64, []MapEntry) (int, Status)               { return 0, absent }
func MapGetBytes(uint64, Bytes, Bytes, *uint64) Status                { return absent }
func MapPutBytes(uint64, Bytes, Bytes) Status                         { return absent }
func MapPutBytesIfAbsent(uint64, Bytes, Bytes, Bytes, *uint64) Status { return absent }
func MapSwapBytes(uint64, Bytes, Bytes, Bytes, *uint64) Status        { return absent }
func MapCompareAndSwapBytes(uint64, Bytes, Bytes, Bytes) Status       { return absent }
func MapCompareAndEraseBytes(uint64, Bytes, Bytes) Status             { return absent }
func MapAddBytes(uint64, Bytes, uint64, *uint64) Status               { return absent }
func MapEraseBytes(uint64, Bytes) Status                              { return absent }
func MapTakeBytes(uint64, Bytes, Bytes, *uint64) Status               { return absent }
func MapEraseBytesIf(uint64, Bytes, uint32, uint64) Status            { return absent }
func MapScanBytes(uint64, *uint64, []byte) (int, int, Status)         { return 0, 0, absent }
func MapGetHandle(uint64, Bytes, *uint64) Status                      { return absent }
func MapBorrowHandle(uint64, Bytes, *View) Status                     { return absent }
func MapPutHandle(uint64, Bytes, uint64) Status                       { return absent }
func MapPutHandleIfAbsent(uint64, Bytes, uint64) (uint64, Status)     { return 0, absent }
func MapTakeHandle(uint64, Bytes, *uint64) Status                     { return absent }
func MapEraseHandle(uint64, Bytes) Status                             { return absent }
func MapPurgeStale(uint64) (uint64, Status)                           { return 0, absent }

func CellOpen(*CellOptions) (uint64, Status)                                  { return 0, absent }
func CellClose(uint64) Status                                                 { return absent }
func CellDestroy(uint64) Status                                               { return absent }
func CellPrepare(uint64, []byte, string) (uint64, Status)                     { return 0, absent }
func CellReadPrepared(uint64, uint64) (CellView, Status)                      { return CellView{}, absent }
func CellPublish(uint64, uint64, CellIf, uint64, string) (uint64, Status)     { return 0, absent }
func CellDiscard(uint64, uint64) Status                                       { return absent }
func CellTake(uint64) (CellView, Status)                                      { return CellView{}, absent }
func CellAccept(uint64, uint64) (uint64, Status)                              { return 0, absent }
func CellRefuse(uint64, uint64, string) Status                                { return absent }
func CellLoad(uint64) (CellView, Status)                                      { return CellView{}, absent }
func CellLoadVersion(uint64, uint64) (CellView, Status)                       { return CellView{}, absent }
func CellRelease(uint64) Status                                               { return absent }
func CellWord(uint64) (*uint64, Status)                                       { return nil, absent }
func CellLayout(uint64) (*Layout, Status)                                     { return nil, absent }
func CellNotify(uint64, int) Status                                           { return absent }
func CellHistory(uint64, *[CellMostHistory]CellEntry) (int, Status)           { return 0, absent }
func CellReadStats(uint64, *CellStats) Status                                 { return absent }
func MapLayouts(uint64) (*Layout, *Layout, Status)                            { return nil, nil, absent }
func CodeOpen(*CodeOptions) (uint64, Status)                                  { return 0, absent }
func CodeClose(uint64) Status                                                 { return absent }
func CodeDestroy(uint64) Status                                               { return absent }
func CodeSwap(uint64, []unsafe.Pointer, uint64) (uint64, string, Status)      { return 0, "", absent }
func CodeSwapLibrary(uint64, string, string, uint64) (uint64, string, Status) { return 0, "", absent }
func CodeRollBack(uint64, uint64) (uint64, Status)                            { return 0, absent }
func CodeCollect(uint64) (uint32, Status)                                     { return 0, absent }
func CodeVersions(uint64) ([]CodeVersion, Status)                             { return nil, absent }
func CodeReadStats(uint64, *CodeStats) Status                                 { return absent }
func CodeEnter(uint64, *CodeCall) Status                                      { return absent }
func CodeLeave(uint64) Status                                                 { return absent }
func CodeWords(unsafe.Pointer, int, int, [4]uint64) uint64                    { return 0 }
func CodeBytes(unsafe.Pointer, int, Bytes) uint64                             { return 0 }
func CodeCallWords(uint64, int, int, [4]uint64) (uint64, Status)              { return 0, absent }
func CodeCallBytes(uint64, int, Bytes) (uint64, Status)                       { return 0, absent }
