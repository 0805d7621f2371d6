package live

import (
	"io"
	"net/http"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/symbolize"
)

// MisuseName is what the profile of refused calls is called.
const MisuseName = "escrow_misuse"

// WriteMisuse writes the profile of calls that were refused, by the place that made them, compressed as
// pprof writes it: escrow.MisuseSites says which they are. The value is calls. Labels: pool (none where no
// pool is known), operation, error, and last, the age of the last such call.
//
// Errors: those of w. Cost: some microseconds a site.
func WriteMisuse(w io.Writer) error {
	p := newProfile()
	p.mappings = symbolize.ReadMappings()
	p.value(profileSampleType, "calls", "count")
	p.value(profilePeriodType, MisuseName, "count")
	p.number(profilePeriod, 1)
	p.number(profileDefaultSample, p.string("calls"))
	for _, m := range escrow.MisuseSites() {
		var pool string
		if m.Pool != 0 {
			pool = poolName(m.Pool)
		}
		p.sample(p.stack(m.Stack), []uint64{m.Count},
			"pool", pool, "operation", m.Operation, "error", m.Err.Error(), "last", ageOf(m.Last))
	}
	return p.end(w, time.Now())
}

// MisuseHandler serves the profile of refused calls, as Handler does that of what is live.
func MisuseHandler() http.Handler { return serve(MisuseName, WriteMisuse) }
