package page

import "testing"

// TestASentenceLeavesIdentitiesAndCommandsAsTheyAreTyped has texts as refusals and issues have them.
func TestASentenceLeavesIdentitiesAndCommandsAsTheyAreTyped(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "the class is over": "The class is over.", "is it over?": "Is it over?", "rundown status shows it": "rundown status shows it.",
		"school/teachers/20310917T140000Z is not cancelled": "school/teachers/20310917T140000Z is not cancelled.",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
