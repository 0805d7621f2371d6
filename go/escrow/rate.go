package escrow

import (
	"runtime"

	"example.com/escrow/go/internal/cabi"
)

// mostRate is the rarest that one in so many can be.
const mostRate = 1 << 31

// setRate has set change one of the pool's rates: one in so many, 1 all, 0 none.
func (p *Pool) setRate(operation string, rate int, set func(id uint64, rate uint32) cabi.Status) error {
	if !p.valid() {
		return failed(operation, cabi.Null)
	}
	if rate < 0 || int64(rate) > mostRate {
		return p.refuse(operation, cabi.Option)
	}
	s := p.poolStatus(set(p.id, uint32(rate)))
	runtime.KeepAlive(p)
	if s < 0 {
		return failed(operation, s)
	}
	return nil
}
