package prove

import (
	"slices"
	"strings"
	"testing"
)

func TestReadableNames(t *testing.T) {
	for declaration, want := range map[string]string{
		"long int rec(long int, long int)":                                                     "rec",
		"void escrow::v1_fonw::lock::acquire()":                                                "escrow::lock::acquire",
		"long int apply(std::atomic<long int>&, F) [with F = a(long int)::<lambda(long int)>]": "apply",
		"a_leaf(std::atomic<long int>*)::<lambda(long int)>":                                   "a_leaf::<lambda>",
		"const char* escrow1_status_text(escrow_status)":                                       "escrow1_status_text",
		"bool {anonymous}::counter<T>::next(T&) const [with T = int]":                          "{anonymous}::counter::next",
	} {
		if got := Readable(declaration); got != want {
			t.Errorf("%s: %q, not %q", declaration, got, want)
		}
	}
}

func TestNamesOfAHeaderAndOfAList(t *testing.T) {
	header := "#define MY_LEAF_LIST(X) \\\n  X(one) \\\n  X(two )\n\nvoid X(three);\n"
	for text, want := range map[string][]string{header: {"p_one", "p_two"}, "# all\none\n\n two\n": {"p_one", "p_two"}} {
		got, err := Names(text, "p_")
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "#\n", "int one(void);\n"} {
		if got, err := Names(text, ""); err == nil {
			t.Errorf("%q: %q and no error", text, got)
		}
	}
}

func TestReviewNeedsReasonsAndOneLineEach(t *testing.T) {
	for text, want := range map[string]string{
		"f\tat most 64\n":    "",
		"# f\n\n":            "",
		"f\n":                "l.tsv:1: no reason",
		"f\ta\ng\tb\nf\tc\n": "l.tsv:3: f stands in line 1",
	} {
		_, err := ReadReview("l.tsv", strings.NewReader(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%q: %v, not %q", text, err, want)
		}
	}
}
