package symbolize

import (
	"slices"
	"strings"
	"testing"
)

const dumped = `runtime: g 1: unexpected return pc for runtime.sigpanic called from 0x4a1c90
stack: frame={sp:0x1863c5c79e28, fp:0x1863c5c79e88} stack=[0x1863c5c79000,0x1863c5c7a000)
00001863c5c79d20:                    00000000 00446d40          @mD.....
                                     ^ <runtime.(*_panic).nextFrame.func1+0x0>
00001863c5c79e80: 00000000 004a1c90  00000000 004a1cb9  ..J.......J.....
                                     ^ FP
runtime.throw({0x4c8c11?, 0x4c6dc0?})
	/usr/local/go/src/runtime/panic.go:1229 +0x48 fp=0x7cfcb08e28 sp=0x7cfcb08df8 pc=0x47b188
`

func TestDumpGivesAddressesAndAnchors(t *testing.T) {
	dump, err := Read(strings.NewReader(dumped))
	if err != nil {
		t.Fatal(err)
	}
	if want := []Address{{0x4a1c90, Fault}, {0x47b188, Frame}, {0x4a1cb9, Word}}; !slices.Equal(dump.Addresses, want) {
		t.Errorf("addresses %x, not %x", dump.Addresses, want)
	}
	if want := []Anchor{{0x446d40, "runtime.(*_panic).nextFrame.func1", 0}, {0x47b188, "runtime.throw", 0x48}}; !slices.Equal(dump.Anchors, want) {
		t.Errorf("anchors %x, not %x", dump.Anchors, want)
	}
}

func TestDemangle(t *testing.T) {
	for mangled, want := range map[string]string{
		"escrow1_read":                      "escrow1_read",
		"_ZL3recll":                         "rec",
		"_ZN6escrow7v1_fonw4lock7acquireEv": "escrow::v1_fonw::lock::acquire",
		"_ZNK6escrow4wordIjLi3EE4bitsEv":    "escrow::word::bits",
		"_ZN12_GLOBAL__N_17counter4nextERm": "{anonymous}::counter::next",
		"_ZZ6a_leafENKUllE_clEl":            "_ZZ6a_leafENKUllE_clEl",
	} {
		if got := Demangle(mangled); got != want {
			t.Errorf("%s: %q, not %q", mangled, got, want)
		}
	}
}
