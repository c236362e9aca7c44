package notify

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

var update = flag.Bool("update", false, "write docs/notifications.md anew")

// lostStart is the first session of a class whose start was answered by what says that it runs, without its sid, as Decide
// leaves it.
func lostStart(c *Class) session.Session {
	x := session.Session{Attempt: 1, Cname: "lingua-german-a1", UID: "11", ReasonCode: reason.OrphanSID}
	x.Reason = fmt.Sprintf("orphan: session %d (cname %s, uid %s) may run although its sid is unknown; its maxRecordingHour ends it at %s at the latest",
		x.Attempt, x.Cname, x.UID, in(c.Start.Add(3*time.Hour), c.Zone).Format("2006-01-02 15:04:05Z07:00"))
	return x
}

// samples are an announcement of each kind, as it may be. Reasons and causes are sentences of the product.
func samples() map[string]Fact {
	start := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
	class := func(outcome string, gaps ...session.Gap) *Class {
		return &Class{ID: "lingua/german-a1/20310917T170000Z", Plan: "lingua", Recording: "german-a1", Start: start, End: start.Add(50 * time.Minute), Zone: "Europe/Madrid", Outcome: outcome, Gaps: gaps}
	}
	refused := []Cause{{ID: reason.IssueAccountRefused, Text: "the service does not accept the credentials of app main: HTTP 401", Advice: "check customer_id and customer_secret under account in the plan, and in Agora's console that the App ID belongs to that account"}}
	orphan := lostStart(class(""))
	gap := session.Gap{From: start.Add(20 * time.Minute), Until: start.Add(20*time.Minute + 70*time.Second)}
	return map[string]Fact{
		kindAtRisk:         {Class: class(""), Code: reason.IssueAccountRefused, Causes: refused},
		kindRecovered:      {Class: class(""), Since: start.Add(-30 * time.Minute), Was: kindAtRisk},
		kindLate:           {Class: class(""), Code: reason.IssueServiceUnreachable, Reason: "3 requests in a row got no answer since 2031-09-17 18:59:50+02:00"},
		"class.recorded":   {Class: class("recorded")},
		"class.partial":    {Class: class("partial", gap), Code: reason.SessionLost, Reason: "session 1: 404 for 1m30s"},
		"class.missed":     {Class: class("missed"), Code: reason.DaemonDown, Reason: "rundown did not run from 2031-09-17 16:55:00+02:00 on"},
		"class.failed":     {Class: class("failed"), Code: reason.PageFault, Reason: "the page did not load in 3 sessions"},
		"class.cancelled":  {Class: class("cancelled"), Code: reason.CancelledByOperator, Reason: "cancelled by ops: snow"},
		kindOrphan:         {Class: class(""), Code: orphan.ReasonCode, Reason: orphan.Reason, Session: 1, Until: start.Add(3 * time.Hour), Recorded: true},
		kindOrphanResolved: {Class: class(""), Code: reason.OrphanHeard, Reason: "orphan: a notification told of it at 2031-09-17 19:00:40+02:00", Session: 1},
		kindUploadFailed:   {Class: class(""), Code: reason.ServiceError, Reason: "session 1: upload error 32 at 2031-09-17 19:20:00+02:00: the storage is configured wrongly; there may be nothing in the bucket", Session: 1, Folder: "autumn/german/"},
		kindUploadLate:     {Class: class(""), Session: 1},
		kindPlanApplied:    {Count: 12, Who: "ops"},
		kindPlanRejected:   {Path: "/etc/rundown/lingua.yaml", Causes: []Cause{{ID: reason.IssuePlanRejected, Text: "plan lingua was not reloaded from /etc/rundown/lingua.yaml, and the active plan stays: lingua.yaml:14:9: when is missing"}}},
		kindPlanWaiting:    {Count: 13, Who: "ops", Path: "/etc/rundown/lingua.yaml", Causes: []Cause{{ID: reason.IssuePlanWaiting, Text: "plan lingua, revision 13 waits for a confirmation, the active revision stays: it removes 40 of the 120 classes of the next seven days", Advice: "rundown apply --confirm takes it over"}}},
		kindRaised:         {Code: reason.IssueAccountRefused, Since: start.Add(-40 * time.Minute), Causes: refused, As: plan.NotifyCritical},
		kindCleared:        {Code: reason.IssueAccountRefused, Since: start.Add(-40 * time.Minute), Until: start, Causes: refused},
		kindOrder:          {Class: class(""), Order: "extend", Who: "ops", Note: "the guest is late", Args: json.RawMessage(`{"until":"2031-09-17T18:05:00Z"}`)},
		kindJoined:         {Count: 2},
		kindNodeLost:       {Since: start.Add(-20 * time.Minute), Who: "recorder-1:4802", Classes: []Class{*class("")}},
		kindDigest:         {Target: "lingua/duty", Count: 1, Reason: "Plan lingua, the last 24 hours to Wed 17 Sep 18:00 CEST: 11 recorded, 1 partial. Incomplete or not recorded: german-a1 Tue 16 Sep 19:00 (partial). The next 24 hours: 12 classes, the first on Thu 18 Sep 09:00 CEST. No open problems."},
		kindTest:           {Target: "lingua/duty"},
	}
}

// variants are further announcements whose words differ, each with its kind.
func variants() []struct {
	kind string
	fact Fact
} {
	of := samples()
	start := of[kindLate].Class.Start
	recorded := *of["class.recorded"].Class
	page := []Cause{
		{
			ID: reason.IssuePageFailing, Text: "the page of german-a1 failed a check from the daemon's machine: it answers HTTP 404 (Not Found), at which the service ends a recording",
			Advice: "open the page in a browser; correct its address in the plan, or see to its server",
		},
		{ID: reason.IssueCredentialsFailing, Text: "the credentials of the next classes cannot be fetched: storage videos: sts: command ./keys ended with status 1", Advice: "check the command or file that issues the credentials (sts in the plan)"},
	}
	closing := &Closure{ID: 3, Covers: "campus=berlin on Wed 2031-09-17 cancelled", Recordings: map[string]int{"lingua/german-a1": 2}, Undo: "rundown cancel --on 2031-09-17 --label campus=berlin --undo"}
	stopped := *of["class.cancelled"].Class
	stopped.Gaps = []session.Gap{{From: start.Add(20 * time.Minute), Until: stopped.End}}
	return []struct {
		kind string
		fact Fact
	}{
		{kindAtRisk, Fact{Class: of[kindAtRisk].Class, Code: reason.IssuePageFailing, Causes: page}},
		{kindRecovered, Fact{Class: of[kindLate].Class, Since: start.Add(30 * time.Second), Was: kindLate}},
		{"class.cancelled", Fact{Class: &stopped, Code: reason.EndedByOperator, Reason: "stopped by ops: the room is empty"}},
		{kindOrphan, Fact{Class: &recorded, Code: reason.OrphanGone, Session: 1, Until: start.Add(3 * time.Hour)}},
		{kindNodeLost, Fact{Since: start.Add(-20 * time.Minute), Who: "recorder-2:77"}},
		{kindDigest, Fact{Target: "lingua/duty", Reason: "Plan lingua, the last 24 hours to Wed 17 Sep 18:00 CEST: 12 recorded. No class in the next 24 hours. No open problems."}},
		{kindRaised, Fact{Code: reason.IssuePageFailing, Since: start.Add(-20 * time.Minute), As: plan.NotifyWarning, Causes: []Cause{{
			ID: reason.IssuePageFailing, Text: "the page of german-a1 failed a check from the daemon's machine: its host name leads into a private network",
			Advice: "see that the page can be opened from the internet; if it can, preflight: false in the recording leaves this check out",
		}}}},
		{kindRaised, Fact{Code: reason.IssueClockOff, Since: start.Add(-20 * time.Minute), As: plan.NotifyWarning, Causes: []Cause{{ID: reason.IssueClockOff, Text: "the clock of this machine is 7s behind that of the service"}}}},
		{kindOrder, Fact{Class: of[kindOrder].Class, Order: "cancel", Who: "ops", Note: "room flooded"}},
		{kindOrder, Fact{Class: of[kindOrder].Class, Order: "unextend", Who: "ops"}},
		{kindOrder, Fact{Order: "cancel", Who: "ops", Note: "snow", Closure: closing}},
	}
}

// eventFrom puts a fact into words as people of a plan hear them.
func eventFrom(kind string, f Fact) (store.Announcement, CloudEvent) {
	a := announcement(kind, "lingua", "lingua/german-a1/20310917T170000Z", "", time.Date(2031, 9, 17, 17, 0, 42, 0, time.UTC), f)
	switch {
	case kind == kindJoined || kind == kindNodeLost:
		a.Plan, a.Subject = "", "recorder-1:4711"
	case kind == kindRaised || kind == kindCleared:
		a.Plan, a.Subject = "", "0123456789abcdef0123456789abcdef"
	case f.Class == nil:
		a.Subject = "lingua"
	}
	zone, _ := plan.Zone("Europe/Madrid")
	v := view{zone: zone, recording: &plan.Recording{ID: "german-a1", Title: "German A1"}}
	v.recording.Storage = &plan.Storage{Name: "videos", Bucket: "lingua-videos"}
	if all := func(string, string) bool { return true }; f.Closure != nil {
		v.count, v.classes = f.Closure.seenBy(all)
	} else {
		v.classes = namesOf(f.Classes, all)
	}
	v.link = linkOf(func(subject string) string {
		switch strings.Count(subject, "/") {
		case 0:
			return "https://rundown.school.example/"
		case 1:
			return "https://rundown.school.example/plans/" + subject
		}
		return "https://rundown.school.example/class/" + subject
	}, a, f)
	return a, eventOf(a, f, v)
}

// TestMessagesReadAsPeopleGetThem writes all messages into one file, as mail and chat show them.
func TestMessagesReadAsPeopleGetThem(t *testing.T) {
	const path = "testdata/messages.txt"
	var all strings.Builder
	add := func(kind string, f Fact) {
		a, e := eventFrom(kind, f)
		if f.As != "" {
			e.Data.Severity = f.As
		}
		title, text, err := textOf(&store.Message{ID: a.ID, Body: e.body()})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "=== %s\nSubject: %s\n\n%s\n\n", kind, title, text)
	}
	of := samples()
	for _, e := range plan.Events {
		add(e.ID, of[e.ID])
		for _, v := range variants() {
			if v.kind == e.ID {
				add(v.kind, v.fact)
			}
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != all.String() {
		t.Errorf("%s is not what the code says (%v): go test ./runner/notify -run Messages -update writes it", path, err)
	}
}

// TestEachHealthIssueHasATitle names an issue that people would hear of by its id.
func TestEachHealthIssueHasATitle(t *testing.T) {
	for _, id := range reason.IssueIDs() {
		told := id != reason.IssueOrphan && id != reason.IssuePlanRejected && id != reason.IssuePlanWaiting // events of their own
		if _, known := issueTexts[id]; known != told {
			t.Errorf("%s: has a title: %v", id, known)
		}
	}
}

// told is what a sample says.
func told(t *testing.T, kind string) EventData {
	t.Helper()
	f, known := samples()[kind]
	if !known {
		t.Fatalf("%s has no sample", kind)
	}
	_, e := eventFrom(kind, f)
	return e.Data
}

func TestEachEventSaysWhatHappenedAndWhatToDo(t *testing.T) {
	for _, e := range plan.Events {
		if wording[e.ID] == nil {
			t.Errorf("%s has no words", e.ID)
			continue
		}
		d := told(t, e.ID)
		if d.Title == "" || d.Text == "" || d.Advice == "" {
			t.Errorf("%s: title %q, text %q, advice %q", e.ID, d.Title, d.Text, d.Advice)
		}
		for _, text := range []string{d.Text, d.Advice} {
			if !strings.HasSuffix(text, ".") || strings.Contains(text, "..") || strings.Contains(text, "%!") || strings.Contains(text, "`") || strings.ToUpper(text[:1]) != text[:1] && e.ID != kindOrder {
				t.Errorf("%s: %q is no sentence", e.ID, text)
			}
		}
		if samples()[e.ID].Class != nil && !strings.Contains(d.Text, "German A1 (german-a1), Wed 17 Sep 2031 19:00 to 19:50 CEST") {
			t.Errorf("%s does not say which class: %q", e.ID, d.Text)
		}
	}
	if len(wording) != len(plan.Events) {
		t.Errorf("%d events have words, %d are known", len(wording), len(plan.Events))
	}
}

// TestWhatIsMissingStopsNothing has announcements whose class is not known, as another version may have written them.
func TestWhatIsMissingStopsNothing(t *testing.T) {
	for _, kind := range plan.Events {
		a := announcement(kind.ID, "lingua", "lingua/german-a1/20310917T170000Z", "", time.Date(2031, 9, 17, 17, 0, 42, 0, time.UTC), Fact{})
		if d := eventOf(a, Fact{}, view{}).Data; d.Title == "" {
			t.Errorf("%s has no title: %+v", kind.ID, d)
		}
	}
}

func TestTheDocumentListsEachEvent(t *testing.T) {
	const path = "../../docs/notifications.md"
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var events, says strings.Builder
	events.WriteString("\n| Event | Severity | When |\n|---|---|---|\n")
	for _, e := range plan.Events {
		fmt.Fprintf(&events, "| `%s` | %s | %s |\n", e.ID, e.Severity, e.Meaning)
		d := told(t, e.ID)
		fmt.Fprintf(&says, "\n**%s** %s\n\n> %s\n>\n> %s\n", e.ID, d.Title, d.Text, strings.ReplaceAll(adviceText(d.Advice), "\n", "\n>\n> "))
	}
	events.WriteString("\n")
	says.WriteString("\n")
	want := between(t, between(t, string(have), "events", events.String()), "words", says.String())
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(have) != want {
		t.Error("docs/notifications.md is not what the code says: go test ./runner/notify -run Document -update writes it")
	}
}

// between puts a text between two marks of a document.
func between(t *testing.T, text, name, with string) string {
	t.Helper()
	begin := strings.Index(text, "<!-- "+name+":")
	end := strings.Index(text, "<!-- end of "+name+" -->")
	if begin < 0 || end < begin {
		t.Fatalf("the document has no place for %s", name)
	}
	line := begin + strings.Index(text[begin:], "\n") + 1
	return text[:line] + with + text[end:]
}

func TestSecretsAndQueriesAreLeftOutOfTexts(t *testing.T) {
	for text, want := range map[string]string{
		"see https://user:secret@school.example/room?token=secret, now": "see https://school.example/room now",
		"rtmps://ingest.example/app#secret":                             "rtmps://ingest.example/app",
		"two\nlines\t here":                                             "two lines here",
		"why? because":                                                  "why? because",
	} {
		if got := clean(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	const address = "smtp://duty%40school.example:pass-word@mail.school.example:587/?from=duty@school.example&to=head@school.example,ops@school.example"
	got := withoutAddress("dial tcp mail.school.example:587: pass-word of duty@school.example to ops@school.example: "+address, address)
	for _, secret := range []string{"mail.school.example", "pass-word", "duty@school", "ops@school"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q shows %s", got, secret)
		}
	}
}

func TestWaitsGrowToADay(t *testing.T) {
	before := time.Duration(0)
	for tries := 1; tries < 40; tries++ {
		wait := backoff(tries, "evt_1")
		if wait < before || wait > 24*time.Hour {
			t.Errorf("after %d tries it waits %v, after one less %v", tries, wait, before)
		}
		before = wait
	}
	if first := backoff(1, "evt_1"); first > 5*time.Second || first < 4*time.Second {
		t.Errorf("the first wait is %v", first)
	}
	if before < 20*time.Hour {
		t.Errorf("the longest wait is %v", before)
	}
}

func TestQuietHoursEndOnTheClockOfTheirZone(t *testing.T) {
	zone, _ := plan.Zone("Europe/Madrid")
	night := plan.ClockRange{From: 22 * 3600, Until: 7 * 3600}
	noon := plan.ClockRange{From: 12 * 3600, Until: 14 * 3600}
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2031, month, day, hour, minute, 0, 0, zone)
	}
	for _, c := range []struct {
		quiet    plan.ClockRange
		at, want time.Time
	}{
		{night, at(9, 17, 21, 59), at(9, 17, 21, 59)},
		{night, at(9, 17, 22, 0), at(9, 18, 7, 0)},
		{night, at(9, 18, 6, 59), at(9, 18, 7, 0)},
		{night, at(9, 18, 7, 0), at(9, 18, 7, 0)},
		{night, at(3, 29, 23, 0), at(3, 30, 7, 0)},   // the clocks go forward in that night
		{night, at(10, 25, 23, 0), at(10, 26, 7, 0)}, // and back in that one
		{noon, at(9, 17, 12, 30), at(9, 17, 14, 0)},
		{noon, at(9, 17, 14, 0), at(9, 17, 14, 0)},
		{noon, at(9, 17, 11, 59), at(9, 17, 11, 59)},
	} {
		if got := afterQuiet(c.at, c.quiet, zone); !got.Equal(c.want) {
			t.Errorf("%v: %v, want %v", c.at, got.In(zone), c.want)
		}
	}
}

func TestChannelsAreKnownToTheLibrary(t *testing.T) {
	for _, scheme := range plan.Channels {
		// Each of them knows its scheme, and finds nothing else in an address that is none of its own.
		if err := shout(scheme+"://", scheme, &store.Message{Body: []byte("{}")}, nil); err == nil || strings.Contains(err.Error(), "not an address of a channel") {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}
