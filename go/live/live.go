// Package live shows who holds C memory, and who misuses it: the profile escrow_live of what ledgers have
// noted (escrow.Pool.SetLedger), and the profile escrow_misuse of calls that were refused since the first of
// them was switched on, in the format of pprof, as files and over HTTP.
//
//	live.WriteProfile(file)
//	http.Handle("/debug/escrow/live", live.Handler())
//	http.Handle("/debug/escrow/misuse", live.MisuseHandler())
//
//	go tool pprof -http=: http://localhost:6060/debug/escrow/live
//
// A stack has the native frames first, then those of Go. Values are objects and bytes, estimated from the
// rates of the notes. Labels: pool, type, kind (owner, dup, loan, ticket, map, cell), age, and label where
// escrow.Pool.Labeled gave one.
package live

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/symbolize"
)

// Name is what the profile is called.
const Name = "escrow_live"

// group is what the samples of one stack are told apart by.
type group struct {
	site             uint32
	pool             uint64
	typeID           uint32
	kind, age, label string
}

// WriteProfile writes the profile of what is live now, in all pools, compressed as pprof writes it.
//
// Errors: those of w. Cost: a walk over the slots of all pools, and some microseconds a site.
func WriteProfile(w io.Writer) error {
	type sum struct{ objects, bytes uint64 }
	sums := make(map[group]*sum)
	var order []group
	for n := range escrow.LiveNotes() {
		g := group{n.Site, n.Pool, n.TypeID, kindOf(n), ageOf(n.Age), n.Label}
		s := sums[g]
		if s == nil {
			s = new(sum)
			sums[g] = s
			order = append(order, g)
		}
		s.objects += uint64(n.Weight)
		s.bytes += uint64(n.Size) * uint64(n.Weight)
	}
	p := newProfile()
	p.mappings = symbolize.ReadMappings()
	p.value(profileSampleType, "objects", "count")
	p.value(profileSampleType, "bytes", "bytes")
	p.value(profilePeriodType, Name, "count")
	p.number(profilePeriod, 1)
	p.number(profileDefaultSample, p.string("bytes"))
	stacks := make(map[uint32][]uint64)
	pools := make(map[uint64]string)
	for _, g := range order {
		stack, ok := stacks[g.site]
		if !ok {
			stack = p.stack(escrow.SiteStack(g.site))
			stacks[g.site] = stack
		}
		name, ok := pools[g.pool]
		if !ok {
			name = poolName(g.pool)
			pools[g.pool] = name
		}
		var typeName string
		if g.typeID != 0 {
			typeName = strconv.FormatUint(uint64(g.typeID), 10)
		}
		s := sums[g]
		p.sample(stack, []uint64{s.objects, s.bytes},
			"pool", name, "type", typeName, "kind", g.kind, "age", g.age, "label", g.label)
	}
	return p.end(w, time.Now())
}

// stack is a site's, as locations. One that found no place among the sites is said to be so.
func (p *profile) stack(frames []escrow.Frame) []uint64 {
	var all []uint64
	for _, f := range frames {
		lines := []line{{f.Function, f.File, f.Line}}
		if f.Native {
			// Named here: what go tool pprof makes of C++ has no functions, and of a library it finds nothing.
			lines = nil
			_, _, places := symbolize.Self(uint64(f.PC))
			for _, at := range places {
				lines = append(lines, line{at.Function, at.File, at.Line})
			}
		}
		// A return address lies behind its call; pprof wants one inside it.
		all = append(all, p.location(uint64(f.PC)-1, lines...))
	}
	if len(all) == 0 {
		all = append(all, p.location(0, line{function: "[stack unknown]"}))
	}
	return all
}

func poolName(id uint64) string {
	if name := escrow.PoolName(id); name != "" {
		return name
	}
	return fmt.Sprintf("%#x", id)
}

// kindOf says who holds a reference.
func kindOf(n escrow.Note) string {
	switch n.Kind {
	case escrow.KindTicket:
		return "ticket"
	case escrow.KindLoan:
		return "loan"
	case escrow.KindDuplicate:
		if n.Holder == escrow.HolderOwner {
			return "dup"
		}
	}
	return n.Holder.String()
}

// ageOf is the age in steps.
func ageOf(age time.Duration) string {
	for _, step := range []time.Duration{time.Second, 2 * time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour} {
		if age < step {
			return "below " + strings.TrimSuffix(strings.TrimSuffix(step.String(), "0s"), "0m")
		}
	}
	return "1h and more"
}

// Handler serves the profile, as the handlers of net/http/pprof do.
func Handler() http.Handler { return serve(Name, WriteProfile) }

func serve(name string, write func(io.Writer) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		_ = write(w) // the client went away
	})
}
