package plan

import "testing"

func TestANotifyEntryHearsOfWhatItAsksFor(t *testing.T) {
	for _, c := range []struct {
		name     string
		entry    Notify
		event    string
		severity NotifySeverity
		want     bool
	}{
		{"severity is reached", Notify{Severity: NotifyWarning}, "class.partial", NotifyWarning, true},
		{"severity is passed", Notify{Severity: NotifyWarning}, "class.failed", NotifyCritical, true},
		{"severity is not reached", Notify{Severity: NotifyWarning}, "class.recorded", NotifyInfo, false},
		{"events count whatever the severity", Notify{Severity: NotifyWarning, Events: []string{"class.recorded"}}, "class.recorded", NotifyInfo, true},
		{"a glob stays within its part", Notify{Events: []string{"class.*"}}, "health.raised", NotifyCritical, false},
		{"a glob fits", Notify{Events: []string{"health.*", "class.*"}}, "class.at-risk", NotifyCritical, true},
	} {
		if got := c.entry.Wants(c.event, c.severity); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	owner := Notify{For: []string{"german-*"}, Labels: map[string]string{"campus": "berlin"}}
	for _, c := range []struct {
		recording, campus string
		want              bool
	}{{"german-a1", "berlin", true}, {"german-a1", "austin", false}, {"algebra", "berlin", false}} {
		if got := owner.WantsClass(c.recording, map[string]string{"campus": c.campus, "grade": "7"}); got != c.want {
			t.Errorf("%s in %s: %v", c.recording, c.campus, got)
		}
	}
}

func TestShortWordsOfEventsStandForKnownOnes(t *testing.T) {
	for _, word := range ShortEventWords() {
		long, known := EventGlob(word)
		if _, ok := EventByID(long); !known || !ok {
			t.Errorf("%s stands for %s, which is no event", word, long)
		}
	}
	if _, known := EventGlob("clas.*"); known {
		t.Error("a glob that fits nothing is taken")
	}
}
