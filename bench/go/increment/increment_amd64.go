package increment

// Assembly says whether Add, IncrementAndReload and Ticks are assembly here.
const Assembly = true

// Add increments by one instruction, LOCK XADD, which answers with what was there before; it returns
// the number after the increment.
//
//go:noescape
func Add(counter *uint64) uint64

// IncrementAndReload increments by LOCK INC, which answers nothing, and then loads the counter. Each of
// the two is atomic and both together are not: another caller's increment fits in between, and then
// both load the same number. It is here to be measured and to be seen failing.
//
//go:noescape
func IncrementAndReload(counter *uint64) uint64

// Ticks reads the processor's clock after everything before it has been done.
func Ticks() uint64
