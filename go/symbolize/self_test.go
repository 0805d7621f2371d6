package symbolize

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// What go test runs has no symbols: functions of a program are looked at where package report is tested.
func TestSelfFindsTheFileOfAReturnAddress(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /proc/self/maps")
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pc, _, line, _ := runtime.Caller(0)
	file, address, places := Self(uint64(pc))
	if file != own || address == 0 {
		t.Errorf("%#x is %#x of %s, not of %s", pc, address, file, own)
	}
	if len(places) > 0 { // go test -c keeps them
		if p := places[len(places)-1]; !strings.HasSuffix(p.Function, "."+t.Name()) || p.Line != line {
			t.Errorf("%+v, line %d", p, line)
		}
	}
	if file, address, places := Self(1); file != "" || address != 1 || places != nil {
		t.Errorf("address 1 lies in %s, %+v", file, places)
	}
}
