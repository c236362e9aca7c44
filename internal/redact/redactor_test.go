package redact

import (
	"fmt"
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

// TestALastingSecretIsNeverForgotten has hourly credentials for nine weeks, and a large plan.
func TestALastingSecretIsNeverForgotten(t *testing.T) {
	var r Redactor
	r.Add("exposed-room-token")
	for i := range 2 * 1024 {
		r.Add(fmt.Sprintf("lasting-%06d", i))
	}
	for i := range 9 * 7 * 24 {
		r.AddRotating("storage", fmt.Sprintf("ASIA%016d", i), fmt.Sprintf("secret+key/%030d", i), fmt.Sprintf("FwoGZXIvYXdzE+%040d==", i))
	}
	if got := r.Redact("token exposed-room-token, key lasting-000000"); got != "token [redacted], key [redacted]" {
		t.Errorf("got %q", got)
	}
}

// TestOfASourceThatRotatesTheLastSecretsAreKept has one source that brings a new secret each time, beside one that
// seldom does, and one that brings the same secret again.
func TestOfASourceThatRotatesTheLastSecretsAreKept(t *testing.T) {
	var r Redactor
	r.AddRotating("file", "seldom-replaced")
	r.AddRotating("command", "both-lasting-and-not")
	r.Add("both-lasting-and-not")
	r.AddRotating("command", "the-first-of-all", "in-use-all-the-time")
	for i := range maxRotating {
		r.AddRotating("command", fmt.Sprintf("token-%06d", i), "in-use-all-the-time")
	}
	for text, want := range map[string]string{
		"seldom-replaced":                            "[redacted]",
		"both-lasting-and-not":                       "[redacted]",
		"in-use-all-the-time":                        "[redacted]",
		fmt.Sprintf("token-%06d", maxRotating-1):     "[redacted]",
		fmt.Sprintf("token-%06d", 1):                 "[redacted]",
		"the-first-of-all":                           "the-first-of-all",
		fmt.Sprintf("token-%06d", 0):                 "token-000000",
		"both-lasting-and-not and the-first-of-all.": "[redacted] and the-first-of-all.",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
