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

// samples are an announcement of each kind. What becomes of a class is as the engine makes it, and what lasts as the observer finds it,
// of health issues that are sentences of the product.
func samples(t testing.TB) map[string]Fact {
	t.Helper()
	start := sampleStart
	refused := Issue{
		ID: reason.IssueAccountRefused, Severity: plan.NotifyCritical, Since: start.Add(-40 * time.Minute), About: "0123456789abcdef0123456789abcdef", Blocking: true,
		Text:   "the service does not accept the credentials of app main: HTTP 401",
		Advice: "check customer_id and customer_secret under account in the plan, and in Agora's console that the App ID belongs to that account",
	}
	class := Class{ID: "lingua/german-a1/20310917T170000Z", Plan: "lingua", Recording: "german-a1", Start: start, End: start.Add(50 * time.Minute), Zone: "Europe/Madrid"}
	facts := lives(t)
	for kind, f := range observed(t, class, refused) {
		facts[kind] = f
	}
	for kind, f := range map[string]Fact{
		kindOrder: orderSamples(t, class)[0],
		kindDigest: {Audience: Audience{Target: "lingua/duty"}, Count: 1, Reason: summary{
			counts: map[session.Outcome]int{session.Recorded: 11, session.Partial: 1}, bad: []string{"german-a1 Tue 16 Sep 19:00 (partial)"},
			ahead: 12, next: start.Add(14 * time.Hour),
		}.text(&target{plan: &plan.Plan{Name: "lingua"}, entry: &plan.Notify{Zone: zoneOf(t)}}, nil, start.Add(-time.Hour))},
		kindTest: factIn(t, TestOf("lingua/duty", start)),
	} {
		facts[kind] = f
	}
	return facts
}

// orderSamples are what orders announce, as TestTheSamplesOfOrdersAreWhatOrdersAnnounce wrote it. An order for a class holds only its
// identity; what else there is of the class is read where it is told.
func orderSamples(t testing.TB, class Class) (facts []Fact) {
	t.Helper()
	text, err := os.ReadFile("testdata/orders.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		t.Fatal(err)
	}
	for i := range facts {
		if facts[i].Closure == nil {
			facts[i].Class = &class
		}
	}
	return facts
}

func zoneOf(t testing.TB) *time.Location {
	t.Helper()
	zone, known := plan.Zone("Europe/Madrid")
	if !known {
		t.Fatal("Europe/Madrid is not known")
	}
	return zone
}

// observed are what the observer announces of a class that was to begin while an account was refused, of plans and of daemons.
func observed(t testing.TB, class Class, refused Issue) map[string]Fact {
	t.Helper()
	facts := map[string]Fact{}
	o := newObserver(map[string]string{})
	take := func(found news) {
		o.take(found.marks)
		for _, a := range found.announcements {
			facts[a.Kind] = factIn(t, a)
		}
	}
	brief := store.Brief{ID: class.ID, Plan: class.Plan, Recording: class.Recording, App: refused.About, Start: class.Start, End: class.End, State: string(session.Planned)}
	look := func(at time.Duration, issues ...Issue) {
		now := class.Start.Add(at)
		var found news
		o.issues(&found, issues, history{
			revisions: func(string) []store.Revision {
				return []store.Revision{{ID: 13, Plan: "lingua", Path: "/etc/rundown/lingua.yaml", Who: "ops", State: store.RevisionWaiting}}
			},
			change: func(string, int64) *PlanChange {
				return &PlanChange{Days: 366, Removed: 1480, Moved: 2, First: &class, FirstIs: "removed"}
			},
		}, now)
		o.classes(classLook{
			now: now, found: &found, class: func(store.Brief) *Class { return &class },
			causes: func(store.Brief) []Cause { return causesOf(brief, "", issues) },
		}, []store.Brief{brief})
		take(found)
	}
	look(-30*time.Minute, refused)
	look(-10 * time.Minute)
	look(-8 * time.Minute)
	late := Issue{ID: reason.IssueServiceUnreachable, Severity: plan.NotifyCritical, Since: class.Start, Blocking: true, Text: "3 requests in a row got no answer since 2031-09-17 18:59:50+02:00"}
	look(42*time.Second, late)
	o = newObserver(map[string]string{})
	look(-40*time.Minute, refused)
	look(-time.Minute)
	look(0)
	recovered := facts[kindRecovered]
	look(0, Issue{ID: reason.IssuePlanRejected, Severity: plan.NotifyWarning, About: "lingua", Text: "plan lingua was not reloaded from /etc/rundown/lingua.yaml, and the active plan stays: lingua.yaml:14:9: when is missing"},
		Issue{
			ID: reason.IssuePlanWaiting, Severity: plan.NotifyWarning, About: "lingua", Advice: "rundown apply --confirm takes it over",
			Text: "plan lingua, revision 13 waits for a confirmation, the active revision stays: it removes 40 of the 120 classes of the next seven days",
		}, refused)
	facts[kindRecovered] = recovered
	var found news
	o.plans(&found, []Plan{{Plan: &plan.Plan{Name: "lingua"}, Revision: 12}}, history{
		revisions: func(string) []store.Revision { return []store.Revision{{ID: 12, Plan: "lingua", Who: "ops"}} },
		change: func(string, int64) *PlanChange {
			return &PlanChange{Days: 366, Added: 36, Changed: 4, First: &class, FirstIs: "changed"}
		},
	}, class.Start)
	take(found)
	take(startedAfter(class.Start, "recorder-1:4802", class))
	return facts
}

// factIn is what an announcement holds.
func factIn(t testing.TB, a store.Announcement) Fact {
	t.Helper()
	f, err := factOf(a)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// startedAfter is what the only daemon of a store tells that starts after another one was lost while these classes were.
func startedAfter(start time.Time, name string, classes ...Class) (found news) {
	lost := start.Add(-20 * time.Minute)
	o := newObserver(map[string]string{nodeMark: "recorder-1:4711 " + lost.Add(-time.Hour).Format(time.RFC3339)})
	cfg := Config{Node: name, LastSeen: lost, Plans: func() []Plan { return make([]Plan, 2) }}
	o.started(&found, &cfg, func(time.Time) []Class { return classes }, start.Add(42*time.Second))
	return found
}

// inFleet is what the daemon with the duties tells of recorder-1, of which the store says this, beside others. Where it owned an App ID
// and is gone, it is told after the time in which others take over.
func inFleet(t testing.TB, one Node, others []Node, classes ...Class) Fact {
	t.Helper()
	one.ID, one.Name = 1, "recorder-1:4711"
	marks := map[string]string{}
	if !one.Gone.IsZero() {
		marks[nodeMark+"/1"] = `{"name":"recorder-1:4711","apps":["0123456789abcdef0123456789abcdef"]}`
	}
	o := newObserver(marks)
	var told []store.Announcement
	for _, after := range []time.Duration{40 * time.Second, 40*time.Second + takenOverWithin} {
		var found news
		o.nodes(&found, append([]Node{one}, others...), []int64{1}, 2, func(time.Time, []string, bool) []Class { return classes }, sampleStart.Add(after))
		o.take(found.marks)
		told = append(told, found.announcements...)
	}
	for _, a := range told {
		if a.Subject == one.Name {
			return factIn(t, a)
		}
	}
	t.Fatalf("nothing is told of %s: %+v", one.Name, told)
	return Fact{}
}

// variant is a further announcement of a kind, whose words differ.
type variant struct {
	kind string
	fact Fact
}

// variants are further announcements whose words differ.
func variants(t testing.TB) []variant {
	of := samples(t)
	start := of[kindLate].Class.Start
	recorded := *of["class.recorded"].Class
	stopped := cancelled(20*time.Minute, "the room is empty").play(t, 10*time.Minute)["class.cancelled"]
	shortly := cancelled(-20*time.Second, "snow").play(t, 10*time.Minute)["class.cancelled"]
	page := []Cause{
		{
			ID: reason.IssuePageFailing, Text: "the page of german-a1 failed a check from the daemon's machine: it answers HTTP 404 (Not Found), at which the service ends a recording",
			Advice: "open the page in a browser; correct its address in the plan, or see to its server",
		},
		{ID: reason.IssueCredentialsFailing, Text: "the credentials of the next classes cannot be fetched: storage videos: sts: command ./keys ended with status 1", Advice: "check the command or file that issues the credentials (sts in the plan)"},
	}
	lost := Node{Seen: start.Add(-2 * time.Second), Gone: start.Add(3 * time.Second)}
	list := []variant{
		{kindAtRisk, Fact{Class: of[kindAtRisk].Class, Code: reason.IssuePageFailing, Causes: page}},
		{kindRecovered, Fact{Audience: Audience{Was: kindLate}, Class: of[kindLate].Class, Since: start.Add(30 * time.Second)}},
		{"class.cancelled", stopped},
		{"class.cancelled", shortly},
		{kindOrphan, Fact{Class: &recorded, Code: reason.OrphanGone, SessionFact: SessionFact{Session: 1}, Until: start.Add(3 * time.Hour)}},
		{kindNodeLost, factIn(t, startedAfter(start, "recorder-2:77").announcements[0])},
		{kindNodeLost, inFleet(t, lost, []Node{{ID: 2, Name: "recorder-2:77", Apps: []string{"0123456789abcdef0123456789abcdef"}}, {ID: 3, Name: "recorder-3:12"}}, *of[kindLate].Class)},
		{kindNodeLost, inFleet(t, lost, []Node{{ID: 2, Name: "recorder-2:77"}}, *of[kindLate].Class)},
		{kindJoined, inFleet(t, Node{Started: start.Add(40 * time.Second), Lost: start.Add(3 * time.Second)}, []Node{{ID: 2, Name: "recorder-2:77"}})},
		{kindJoined, inFleet(t, Node{}, []Node{{ID: 2, Name: "recorder-2:77"}, {ID: 3, Name: "recorder-3:12"}})},
		{kindDigest, Fact{Audience: Audience{Target: "lingua/duty"}, Reason: "Plan lingua, the last 24 hours to Wed 17 Sep 18:00 CEST: 12 recorded. No class in the next 24 hours. No open problems."}},
		{kindRaised, Fact{Code: reason.IssuePageFailing, Since: start.Add(-20 * time.Minute), Audience: Audience{As: plan.NotifyWarning}, Causes: []Cause{{
			ID: reason.IssuePageFailing, Text: "the page of german-a1 failed a check from the daemon's machine: its host name leads into a private network",
			Advice: "see that the page can be opened from the internet; if it can, preflight: false in the recording leaves this check out",
		}}}},
		{kindRaised, Fact{Code: reason.IssueClockOff, Since: start.Add(-20 * time.Minute), Audience: Audience{As: plan.NotifyWarning}, Causes: []Cause{{ID: reason.IssueClockOff, Text: "the clock of this machine is 7s behind that of the service"}}}},
		{kindRaised, Fact{Code: reason.IssueAddressesChanged, Since: start.Add(-20 * time.Minute), Audience: Audience{As: plan.NotifyWarning}, Causes: []Cause{{
			ID: reason.IssueAddressesChanged, Text: "the addresses that notifications come from changed on 2031-09-17 16:40:00Z: new are 192.0.2.1; gone are 198.51.100.20",
			Advice: "let the new ones through the firewall in front of the daemon, if there is one; this is shown for three days",
		}}}},
	}
	_, interrupted := play{sessions: []span{{from: -1, until: 12}, {from: 20, until: forEver}}}.observe(t)
	for _, a := range interrupted {
		list = append(list, variant{a.Kind, factIn(t, a)})
	}
	_, again := play{sessions: comesAndGoes(50)}.observe(t)
	list = append(list, variant{kindLate, factIn(t, again[len(again)-1])})
	for _, f := range orderSamples(t, *of[kindOrder].Class)[1:] {
		list = append(list, variant{kindOrder, f})
	}
	return list
}

// eventFrom puts a fact into words as people of a plan hear them.
func eventFrom(kind string, f Fact) (store.Announcement, CloudEvent) {
	at := sampleStart.Add(42 * time.Second)
	if f.Class != nil && f.Class.Outcome != "" { // it is over
		at = f.Class.End.Add(2 * time.Minute)
	}
	return eventAt(kind, at, f)
}

// eventAt is eventFrom for what is announced at another time.
func eventAt(kind string, at time.Time, f Fact) (store.Announcement, CloudEvent) {
	a := announcement(kind, "lingua", "lingua/german-a1/20310917T170000Z", "", at, f)
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
		title, text, err := textOf(&store.Message{ID: a.ID, Body: e.body()})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "=== %s\nSubject: %s\n\n%s\n\n", kind, title, text)
	}
	of := samples(t)
	for _, e := range plan.Events {
		add(e.ID, of[e.ID])
		for _, v := range variants(t) {
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
	f, known := samples(t)[kind]
	if !known {
		t.Fatalf("%s has no sample", kind)
	}
	_, e := eventFrom(kind, f)
	return e.Data
}

func TestEachEventSaysWhatHappenedAndWhatToDo(t *testing.T) {
	of := samples(t)
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
		class := "German A1 (german-a1), Wed 17 Sep 2031 19:00 to 19:50 CEST"
		if e.ID == kindOrder { // it extends the class, and tells its new end alone
			class = "German A1 (german-a1), Wed 17 Sep 2031 19:00, to 20:05 CEST"
		}
		if of[e.ID].Class != nil && !strings.Contains(d.Text, class) {
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
