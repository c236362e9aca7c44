package notify

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
)

// TestWhatMayStillBeDoneIsAdvised has codes whose advice begins with "Nothing" and goes on.
func TestWhatMayStillBeDoneIsAdvised(t *testing.T) {
	const undo = "rundown cancel lingua/german-a1/20310917T170000Z --undo has the rest of it recorded"
	for _, tt := range []struct {
		kind        string
		code        reason.Code
		says, omits string
	}{
		{"class.cancelled", reason.EndedByOperator, undo, "Nothing;"},
		{"class.cancelled", reason.CancelledByPlan, "Take the change out of the plan", "Nothing;"},
		{"class.cancelled", reason.LeftPlan, "put the class back", ""},
		{"class.partial", reason.SessionLost, "what is missing", "another session follows"},
		{"class.partial", reason.SessionLost, "open the page in a browser", "follows"},
		{"class.partial", reason.SessionLost, "rundown history lingua/german-a1/20310917T170000Z", ""},
		{"class.partial", reason.EndedByService, "Ask the service's support if it repeats.", "follows"},
		{kindLate, reason.SessionLost, "Another session follows", "Nothing;"},
		{kindLate, reason.NotNeeded, "Record the class by other means", "Rundown: Nothing."},
	} {
		f := samples(t)[tt.kind]
		f.Code = tt.code
		_, e := eventFrom(tt.kind, f)
		if got := e.Data.Advice; !strings.Contains(got, tt.says) || tt.omits != "" && strings.Contains(got, tt.omits) {
			t.Errorf("%s, %s: %q, want %q in it and not %q", tt.kind, tt.code, got, tt.says, tt.omits)
		}
	}
}

// TestOfAClassThatAClosureCancelledNoCommandIsAdvised: the closure is taken back, not the class.
func TestOfAClassThatAClosureCancelledNoCommandIsAdvised(t *testing.T) {
	f := samples(t)["class.cancelled"]
	f.Closure = &Closure{ID: 3}
	if _, e := eventFrom("class.cancelled", f); e.Data.Advice != unlessHeld {
		t.Errorf("it advises %q", e.Data.Advice)
	}
}

// TestTimesOfReasonsAreReadable has times as the engine writes them.
func TestTimesOfReasonsAreReadable(t *testing.T) {
	said := topic{f: Fact{Class: samples(t)[kindLate].Class}}
	for reason, want := range map[string]string{
		"ended at 2031-09-17 22:00:00+02:00 at the latest": "ended at 22:00:00 at the latest",
		"since 2031-09-17T17:00:05Z: it failed":            "since 19:00:05: it failed",
		"since 2031-09-17T22:00:05Z: it failed":            "since Thu 18 Sep 00:00:05 CEST: it failed",
		"on 2031-09-17, in 20310917T170000Z":               "on 2031-09-17, in 20310917T170000Z",
		"2031-99-17 22:00:00Z":                             "2031-99-17 22:00:00Z",
	} {
		if got := said.readable(reason); got != want {
			t.Errorf("%q becomes %q, want %q", reason, got, want)
		}
	}
}

// TestWhatEndsBeforeItsClassDoesCanStillBeRecorded has classes that Rundown gives up before they begin and while they last.
func TestWhatEndsBeforeItsClassDoesCanStillBeRecorded(t *testing.T) {
	for _, kind := range []string{"class.failed", "class.missed", "class.partial"} {
		f := samples(t)[kind]
		f.Class.Outcome = strings.TrimPrefix(kind, "class.")
		for _, tt := range []struct {
			at          time.Duration // after the start
			says, omits string
		}{
			{-25 * time.Second, "Record the class by other means", "was recorded, although"},
			{20 * time.Minute, "Record the rest of the class by other means", "Tell those who need the recording that there is none."},
			{51 * time.Minute, "Tell those who need the recording", "other means"},
		} {
			if kind == "class.partial" && tt.at < 0 {
				continue // nothing of it can have been recorded
			}
			_, e := eventAt(kind, f.Class.Start.Add(tt.at), f)
			if got := e.Data.Text + " " + e.Data.Advice; !strings.Contains(got, tt.says) || strings.Contains(got, tt.omits) {
				t.Errorf("%s, %v after the start of the class: %q, want %q in it and not %q", kind, tt.at, got, tt.says, tt.omits)
			}
		}
	}
}

// TestAnOrphanSaysWhetherItsClassIsRecorded has each standing of the class.
func TestAnOrphanSaysWhetherItsClassIsRecorded(t *testing.T) {
	start := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
	orphan := session.Session{Attempt: 1, State: session.SessionOrphan, ReasonCode: reason.OrphanSID, Reason: "orphan: session 1 (cname c, uid 11) may run"}
	next := session.Session{Attempt: 2, State: session.SessionRunning}
	for want, s := range map[string]session.State{
		"is being recorded by another session": {Status: session.Status{Phase: session.Recording, Sessions: []session.Session{orphan, next}}},
		"begins another session":               {Status: session.Status{Phase: session.Starting, Sessions: []session.Session{orphan}}},
		"was recorded in part":                 {Status: session.Status{Phase: session.Ended, Outcome: session.Partial, Sessions: []session.Session{orphan}}},
		"Nothing else was recorded":            {Status: session.Status{Phase: session.Ended, Outcome: session.Failed, Sessions: []session.Session{orphan}}},
	} {
		s.ID, s.Plan, s.Recording, s.Zone, s.Start, s.End = "lingua/german-a1/20310917T170000Z", "lingua", "german-a1", "Europe/Madrid", start, start.Add(time.Hour)
		before := s
		before.Sessions = nil
		var text string
		for _, a := range Changes(before, s, start) {
			if f, err := factOf(a); err == nil && a.Kind == kindOrphan {
				text = eventOf(a, f, view{}).Data.Text
			}
		}
		if !strings.Contains(text, want) || strings.Contains(text, "cname") {
			t.Errorf("%q is not in %q, or it is technical", want, text)
		}
	}
}

// TestAdviceForTwoIsTwoLines: the body of a webhook keeps it on one.
func TestAdviceForTwoIsTwoLines(t *testing.T) {
	for _, tt := range []struct {
		w    words
		want string
	}{
		{words{class: "Nothing."}, "What to do: Nothing."},
		{words{operator: "Look."}, "For the operator of Rundown: Look."},
		{words{class: "Tell.", operator: "Look."}, "For the class: Tell.\nFor the operator of Rundown: Look."},
	} {
		if got := adviceText(clean(tt.w.advice())); got != tt.want {
			t.Errorf("%+v is told as %q, want %q", tt.w, got, tt.want)
		}
	}
}

// TestAClassOfAnotherDayHasItsDay is about the summary of a day.
func TestAClassOfAnotherDayHasItsDay(t *testing.T) {
	zone, _ := plan.Zone("Europe/Madrid")
	now := time.Date(2031, 9, 17, 18, 0, 0, 0, zone)
	if today, before := clockOn(now.Add(-time.Hour), now, zone), clockOn(now.Add(-23*time.Hour), now, zone); today != "17:00" || before != "Tue 16 Sep 19:00" {
		t.Errorf("%q and %q", today, before)
	}
}

// TestAFailedUploadNamesItsFolder follows it from the step of the class to the text.
func TestAFailedUploadNamesItsFolder(t *testing.T) {
	after := session.State{Status: session.Status{Phase: session.Recording, Sessions: []session.Session{{Attempt: 2, State: session.SessionRunning}}}}
	after.ID, after.Plan, after.Prefix = "lingua/german-a1/20310917T170000Z", "lingua", "autumn/german/"
	before := after.Clone()
	after.Sessions[0].UploadError = "session 2: upload error 32: no room"
	list := Changes(before, after, after.Start)
	if len(list) != 1 || list[0].Kind != kindUploadFailed {
		t.Fatalf("announced: %+v", list)
	}
	f, err := factOf(list[0])
	if text := eventOf(list[0], f, view{}).Data.Text; err != nil || !strings.Contains(text, "(session 2) in the bucket, folder autumn/german/. Take them for lost until you are told that they are stored. Details: upload error 32: no room.") {
		t.Errorf("%v: it says %q", err, text)
	}
	if d := eventOf(list[0], f, view{simulated: true}).Data; !d.Simulated || !strings.HasPrefix(d.Title, "[simulation] Files not stored: ") || !strings.HasPrefix(d.Text, "This is a simulation: nothing is recorded. ") {
		t.Errorf("of a simulation it says %q: %q", d.Title, d.Text)
	}
}

// TestWhatPeopleAreAskedFitsTheTime has a class that is given up with a minute and with less left, and one that will be recorded after
// all, whose order may come before it begins or later.
func TestWhatPeopleAreAskedFitsTheTime(t *testing.T) {
	class := &Class{ID: "lingua/german-a1/20310917T170000Z", Recording: "german-a1", Start: sampleStart, End: sampleStart.Add(50 * time.Minute), Zone: "UTC"}
	for left, want := range map[time.Duration]string{time.Minute: "Not being recorded (missed): ", 59 * time.Second: "Not recorded (missed): "} {
		if _, e := eventAt("class.missed", class.End.Add(-left), Fact{Class: class}); !strings.HasPrefix(e.Data.Title, want) || strings.Contains(e.Data.Advice, "the rest") != (left == time.Minute) {
			t.Errorf("%v before the end: %q: %q", left, e.Data.Title, e.Data.Advice)
		}
	}
	for at, want := range map[time.Time]string{class.Start.Add(-time.Second): "Will be recorded after all: ", class.Start: "Recorded after all: "} {
		if _, e := eventAt(kindOrder, at, Fact{Class: class, Order: "uncancel"}); !strings.HasPrefix(e.Data.Title, want) {
			t.Errorf("at %v: %q", at, e.Data.Title)
		}
	}
}

// TestALossThatAnEarlierVersionAnnouncedClaimsNothing: it holds no classes, and nobody knows whether there were some.
func TestALossThatAnEarlierVersionAnnouncedClaimsNothing(t *testing.T) {
	_, e := eventFrom(kindNodeLost, Fact{Since: time.Date(2031, 9, 17, 16, 40, 0, 0, time.UTC)})
	if text := e.Data.Text; !strings.HasSuffix(text, "Classes since then may be late or missed.") || strings.Contains(text, "runs again") {
		t.Errorf("it says %q", text)
	}
}

// TestARecordingThatIsFoundRecordsTheClassOnlyWhereItsEndWasNotReported has the id of an orphan turn up with either.
func TestARecordingThatIsFoundRecordsTheClassOnlyWhereItsEndWasNotReported(t *testing.T) {
	var was session.State
	was.ID, was.Plan, was.Sessions = "lingua/german-a1/20310917T170000Z", "lingua", []session.Session{{Attempt: 1, State: session.SessionOrphan}}
	for reported, want := range map[string]string{"": "it records the class now", "the recording stopped": "the service has reported its end"} {
		is := was
		is.Sessions = []session.Session{{Attempt: 1, State: session.SessionConfirming}}
		is.Sessions[0].ReportedEnd = reported
		if reported != "" {
			is.Sessions[0].ReportedEndAt = time.Date(2031, 9, 17, 17, 10, 0, 0, time.UTC)
		}
		list := Changes(was, is, time.Date(2031, 9, 17, 17, 10, 5, 0, time.UTC))
		if len(list) != 1 || list[0].Kind != kindOrphanResolved {
			t.Fatalf("announced %+v", list)
		}
		f, err := factOf(list[0])
		if err != nil {
			t.Fatal(err)
		}
		_, e := eventFrom(kindOrphanResolved, f)
		if text := e.Data.Title + e.Data.Text; !strings.Contains(text, want) || reported != "" && strings.Contains(text, "records the class") || reported != "" && strings.Contains(text, "recording the class") {
			t.Errorf("reported %q: %s", reported, text)
		}
	}
}

// TestAnExtensionBeyondMidnightIsToldWithItsDay extends a class to an end on its own day and on the next one.
func TestAnExtensionBeyondMidnightIsToldWithItsDay(t *testing.T) {
	class := *samples(t)[kindOrder].Class
	for _, tt := range []struct {
		until time.Time
		want  string
	}{
		{class.Start.Add(2 * time.Hour), " to 21:00 CEST."},
		{class.Start.Add(24*time.Hour + 30*time.Minute), " to Thu 18 Sep 19:30 CEST."},
	} {
		args, err := json.Marshal(map[string]time.Time{"until": tt.until})
		if err != nil {
			t.Fatal(err)
		}
		extended := orderWords(topic{f: Fact{Who: "ops", Order: "extend", Args: args, Class: &class}})
		if !strings.HasSuffix(extended.text, tt.want) {
			t.Errorf("%q, want its end as%s", extended.text, tt.want)
		}
		class.End = tt.until
		if said := orderWords(topic{f: Fact{Who: "ops", Order: "unextend", Class: &class}}).text; !strings.Contains(said, tt.want+" It ends at"+strings.TrimSuffix(strings.TrimPrefix(tt.want, " to"), ".")+" again.") {
			t.Errorf("%q, want its end as%s", said, tt.want)
		}
	}
}

// TestARunningClassIsSaidToKeepItsPage has a plan that gives another page to a class that is being recorded.
func TestARunningClassIsSaidToKeepItsPage(t *testing.T) {
	said := topic{f: Fact{Change: &PlanChange{Days: 366, Changed: 3, OldPage: 1}}}
	const want = " Of the classes of the next 366 days, 3 are changed otherwise. 1 class is being recorded from the old page, and the new one is used from the next class on."
	if got := said.planChange(""); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
