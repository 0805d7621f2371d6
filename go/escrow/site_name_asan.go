//go:build asan

package escrow

import (
	"strconv"
	"strings"
	"sync"

	"example.com/escrow/go/internal/cabi"
)

// namedSites are those that C knows the names of.
var namedSites sync.Map // of uint32: struct{}

// nameSite leaves the names of a noted handle's Go frames in C memory, once a site: at the end, where
// LeakSanitizer reports, no Go code can run any more that would know them.
func nameSite(handle uint64) {
	site, s := cabi.LedgerFind(handle)
	if s < 0 {
		return // its stack found no place
	}
	if _, known := namedSites.LoadOrStore(site, struct{}{}); known {
		return
	}
	var text strings.Builder
	for _, f := range SiteStack(site) {
		if f.Native {
			continue
		}
		text.WriteString(f.Function + " " + f.File + ":" + strconv.Itoa(f.Line) + "\n")
	}
	cabi.LedgerNameSite(site, text.String())
}
