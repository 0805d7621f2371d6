package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace is how editors and deployments change a file: by a rename.
func replace(t *testing.T, path, content string) {
	t.Helper()
	write(t, path+".new", content)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// follow starts a source of a file.
func follow(t *testing.T, path string, o Options) (*File, *store) {
	t.Helper()
	f, err := OpenFile(path, o)
	if err != nil {
		t.Fatal(err)
	}
	s := newStore()
	start(t, f, s)
	return f, s
}

func TestAFileIsFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	f, s := follow(t, path, quick)
	eventually(t, "the missing file is told of", func() bool { return errors.Is(f.Status().Err, fs.ErrNotExist) })
	if st := f.Status(); !st.Since.IsZero() || st.Failures == 0 || st.Lag() <= 0 {
		t.Fatalf("%+v", st)
	}
	replace(t, path, `{"Limit": 1}`)
	eventually(t, "1", func() bool { _, limit, _ := s.get(); return limit == 1 })
	write(t, path, `{"Limit": 2}`) // in place, the same size, and within the clock's step
	eventually(t, "2", func() bool { _, limit, _ := s.get(); return limit == 2 })
	replace(t, path, `{"Limit": 3}`)
	eventually(t, "3", func() bool { _, limit, _ := s.get(); return limit == 3 })
	checks(t, f, 3)
	if version, _, etag := s.get(); version != 3 || etag != tagOf([]byte(`{"Limit": 3}`)) {
		t.Fatal(version, etag)
	}
	if st := f.Status(); st.Err != nil || st.Failures != 0 || st.Published != 3 || st.Version != 3 || st.Lag() > 10*time.Second {
		t.Fatalf("%+v", st)
	}
	// The same content under another name and time is no new version.
	replace(t, path, `{"Limit": 3}`)
	checks(t, f, 3)
	if version, _, _ := s.get(); version != 3 {
		t.Fatal("equal content was published again")
	}
}

func TestAFileThatIsRefusedIsOfferedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	write(t, path, `{"Limit": 1}`)
	f, s := follow(t, path, quick)
	eventually(t, "1", func() bool { _, limit, _ := s.get(); return limit == 1 })
	const bad = `{"Limit":`
	write(t, path, bad)
	eventually(t, "refused", func() bool { return f.Status().Refused == 1 })
	checks(t, f, 5)
	if st := f.Status(); s.offered(bad) != 1 || !errors.Is(st.Err, escrow.ErrRefused) || st.Version != 1 {
		t.Fatalf("offered %d times: %+v", s.offered(bad), st)
	}
	// While it cannot be read that is what Err says, and afterwards that it still is refused.
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "gone", func() bool { return errors.Is(f.Status().Err, fs.ErrNotExist) })
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "refused again", func() bool { return errors.Is(f.Status().Err, escrow.ErrRefused) })
	if n := s.offered(bad); n != 1 {
		t.Fatalf("offered %d times", n)
	}
	write(t, path, `{"Limit": 4}`)
	eventually(t, "4", func() bool { _, limit, _ := s.get(); return limit == 4 && f.Status().Err == nil })
}

func TestWhatFailedForTheMomentIsOfferedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	write(t, path, `{"Limit": 1}`)
	f, err := OpenFile(path, quick)
	if err != nil {
		t.Fatal(err)
	}
	s := newStore()
	s.breakWith(escrow.ErrNoMemory)
	start(t, f, s)
	eventually(t, "several offers", func() bool { return s.offered(`{"Limit": 1}`) > 2 })
	if st := f.Status(); !errors.Is(st.Err, escrow.ErrNoMemory) || st.Refused != 0 || st.Failures == 0 {
		t.Fatalf("%+v", st)
	}
	s.breakWith(nil)
	eventually(t, "taken", func() bool { _, limit, _ := s.get(); return limit == 1 && f.Status().Err == nil })
}

func TestAFileThatIsTooLongIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	write(t, path, `{"Limit": 100000}`)
	o := quick
	o.MaxBytes = 12
	f, s := follow(t, path, o)
	eventually(t, "an error", func() bool { return f.Status().Err != nil })
	write(t, path, `{"Limit": 9}`) // 12 bytes
	eventually(t, "9", func() bool { _, limit, _ := s.get(); return limit == 9 })
}
