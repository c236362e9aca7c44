package plan

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNamesAreThoseThatTheirPatternsMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringMatching(`[a-zA-Z0-9_-]{0,42}`), rapid.StringMatching(`[a-z0-9-]{38,42}`), rapid.StringMatching(`[a-z][é~{@]?`),
			rapid.StringMatching(`[hH]ttps?:/{1,3}[a-z /?#\n.]{0,3}[A-Z \n]?`),
		).Draw(t, "name")
		if got, want := isID(s), idPattern.MatchString(s); got != want {
			t.Errorf("%q is an id: %t, but matches: %t", s, got, want)
		}
		if got, want := isLabelName(s), labelName.MatchString(s); got != want {
			t.Errorf("%q is the name of a label: %t, but matches: %t", s, got, want)
		}
		if got, want := isWebAddress(s), webAddress.MatchString(s); got != want {
			t.Errorf("%q is an address: %t, but matches: %t", s, got, want)
		}
	})
}
