package plan

import "testing"

func TestAWebAddressBeginsWithItsSchemeAndAHost(t *testing.T) {
	for _, text := range []string{"https://lingua.example/rooms", "HTTP://lingua.example", "https://", "https://[::1]:8443/", "https://é.example"} {
		if !BeginsWebAddress(text) {
			t.Errorf("%q is none", text)
		}
	}
	for _, text := range []string{"", "https", "https:/lingua.example", "lingua.example://x", "ftp://lingua.example", " https://lingua.example", "https:///rooms", "https://?a", "https://#a", "https:// ", "https://\tx", "https://lingua.example\n"} {
		if BeginsWebAddress(text) {
			t.Errorf("%q is one", text)
		}
	}
}

func TestAFolderOfAPrefixHasASCIILettersAndDigitsOnly(t *testing.T) {
	for value, want := range map[string]string{"": "", "Room12": "Room12", "algebra-1": "algebra1", "a/b c.d_e": "abcde", "Größe ٣": "Gre", "\xff1": "1", "---": ""} {
		if got := PrefixValue(value); got != want {
			t.Errorf("%q: %q, not %q", value, got, want)
		}
	}
}
