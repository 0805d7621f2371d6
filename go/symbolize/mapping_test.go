package symbolize

import "testing"

func TestMappingsAreThoseOfCodeInFiles(t *testing.T) {
	all := ParseMappings(`00400000-00401000 r--p 00000000 08:01 7 /bin/program
00401000-00402000 r-xp 00001000 08:01 7 /bin/program
7f0000000000-7f0000001000 r-xp 00000000 00:00 0
7f0000002000-7f0000003000 r-xp 00000000 00:00 0 [vdso]
7f0000004000-7f0000005000 r-xp 00002000 08:01 9 /lib/with a space.so
nonsense
`)
	if len(all) != 2 || all[0] != (Mapping{0x401000, 0x402000, 0x1000, "/bin/program"}) ||
		all[1].File != "/lib/with a space.so" {
		t.Fatalf("%+v", all)
	}
	for address, want := range map[uint64]int{
		0: -1, 0x400fff: -1, 0x401000: 0, 0x401fff: 0, 0x402000: -1, 0x7f0000004800: 1, 1 << 62: -1,
	} {
		if got := all.Find(address); got != want {
			t.Errorf("%#x is in %d", address, got)
		}
	}
}
