package redact

import (
	"strings"
	"testing"
)

func TestNoPartOfASecretSurvives(t *testing.T) {
	var r Redactor
	r.Add("abcd", "abcd-and-more", "", "xyz", "abcd")
	for text, want := range map[string]string{
		"":                              "",
		"key abcd-and-more is wrong":    "key [redacted] is wrong",
		"key abcd is wrong":             "key [redacted] is wrong",
		"too short to look for: xyz":    "too short to look for: xyz",
		"abcdabcd":                      "[redacted][redacted]",
		"abcd-and-moreabcd-and-more, x": "[redacted][redacted], x",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestOfAnAddressThePartsWithASecretAreTakenOut(t *testing.T) {
	var push, page Redactor
	push.AddURL("rtmps://live.example.net/app/key-1234?auth=tok-5678", true)
	page.AddURL("https://school.example.org/room/nine?token=tok-5678&x=y", false)
	push.AddURL("://", true)
	for text, want := range map[string]string{
		"cannot reach rtmps://live.example.net/app/key-1234?auth=tok-5678": "cannot reach [redacted]",
		"cannot reach live.example.net/app/key-1234":                       "cannot reach live.example.net[redacted]",
		"stream key-1234 in use":                                           "stream [redacted] in use",
		"tok-5678 expired":                                                 "[redacted] expired",
	} {
		if got := push.Redact(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := page.Redact("https://school.example.org/room/nine answers 404, token=tok-5678"); strings.Contains(got, "tok-5678") || !strings.Contains(got, "/room/nine") {
		t.Errorf("got %q", got)
	}
}
