package api_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	ical "github.com/arran4/golang-ical"

	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/web/api"
)

func TestAnAnswerThatIsKnownIsNotSentAgain(t *testing.T) {
	server, s := served(t)
	for _, path := range []string{"/api/v1/status", "/api/v1/plans", "/api/v1/calendar.ics?plan=school", "/openapi.json"} {
		first, _ := ask(t, server, "GET", path, readToken, "")
		tag := first.Header.Get("ETag")
		if tag == "" || first.Header.Get("Cache-Control") != "private, no-cache" {
			t.Fatalf("%s: %v", path, first.Header)
		}
		for _, known := range []string{tag, "W/" + tag, `"other", ` + tag} {
			if second, text := ask(t, server, "GET", path, readToken, "", "If-None-Match", known); second.StatusCode != 304 || text != "" {
				t.Errorf("%s, %s: %s %s", path, known, second.Status, text)
			}
		}
	}
	first, _ := ask(t, server, "GET", "/api/v1/orders", readToken, "")
	if _, err := runner.Give(t.Context(), s, store.Command{At: now, Occurrence: "school/german/20310917T070000Z", Kind: "cancel"}, session.Interval{}); err != nil {
		t.Fatal(err)
	}
	if second, _ := ask(t, server, "GET", "/api/v1/orders", readToken, "", "If-None-Match", first.Header.Get("ETag")); second.StatusCode != 200 {
		t.Errorf("after a change: %s", second.Status)
	}
}

func TestClassesAreListedByPeriodAndFilters(t *testing.T) {
	server, _ := served(t)
	for _, one := range []struct{ query, want string }{
		{"", "latin/20310917T090000Z latin/20310918T090000Z"}, // the next seven days
		{"from=2031-09-17&until=2031-09-17", "german/20310917T070000Z latin/20310917T090000Z"},
		{"from=2031-09-16&until=2031-09-16", "german/20310916T070000Z"},
		{"from=2031-09-17T07:00:00Z&until=2031-09-17T09:00:00Z", "german/20310917T070000Z"},
		{"from=2031-09-16&label=campus%3Dmadrid", "german/20310916T070000Z german/20310917T070000Z"},
		{"from=2031-09-16&label=campus%3Dberlin", ""},
		{"from=2031-09-16&state=ended", "german/20310916T070000Z"},
		{"from=2031-09-16&state=ended&state=recording", "german/20310916T070000Z german/20310917T070000Z"},
		{"from=2031-09-16&outcome=recorded", ""},
		{"from=2031-09-16&recording=latin&until=2031-09-17", "latin/20310917T090000Z"},
		{"from=2031-09-16&plan=other", ""},
	} {
		response, text := ask(t, server, "GET", "/api/v1/occurrences?"+one.query, readToken, "")
		var list api.Occurrences
		if err := json.Unmarshal([]byte(text), &list); err != nil || response.StatusCode != 200 {
			t.Fatalf("%s: %s %s", one.query, response.Status, text)
		}
		var got []string
		for _, o := range list.Occurrences {
			got = append(got, strings.TrimPrefix(o.ID, "school/"))
		}
		if strings.Join(got, " ") != one.want {
			t.Errorf("%s: %s, want %s", one.query, got, one.want)
		}
	}
}

// TestACalendarHoldsTheClassesAndNothingElse: a title or a note cannot add a property, and no page is shown.
func TestACalendarHoldsTheClassesAndNothingElse(t *testing.T) {
	server, s := served(t)
	if _, err := runner.Give(t.Context(), s, store.Command{At: now, Occurrence: "school/latin/20310917T090000Z", Kind: "cancel", Who: "duty", Reason: "flooded\r\nATTENDEE:mailto:x@evil.example"}, session.Interval{Start: now, End: now.Add(3 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	response, text := ask(t, server, "GET", "/api/v1/calendar.ics?plan=school", readToken, "")
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/calendar; charset=utf-8" {
		t.Fatalf("%s %v", response.Status, response.Header)
	}
	c, err := ical.ParseCalendar(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range c.Events() {
		start, err := e.GetStartAt()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.GetProperty(ical.ComponentPropertySummary).Value+" "+start.UTC().Format("02 15:04")+" "+e.GetProperty(ical.ComponentPropertyStatus).Value)
		if len(e.Attendees()) > 0 {
			t.Errorf("%s has attendees", e.Id())
		}
	}
	want := []string{"German; for, beginners 17 07:00 CONFIRMED", "latin 17 09:00 CANCELLED", "latin 18 09:00 CONFIRMED"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if strings.Contains(text, "https://") || strings.Contains(text, "canary") {
		t.Errorf("the calendar shows a page:\n%s", text)
	}
	_, text = ask(t, server, "GET", "/api/v1/calendar.ics?label=campus%3Dmadrid", readToken, "")
	if strings.Count(text, "BEGIN:VEVENT") != 1 || !strings.Contains(text, "CATEGORIES:campus=madrid") {
		t.Errorf("by label:\n%s", text)
	}
}

// TestASnowDayIsPreviewedGivenAndTakenBack, all of it in the log with who and from where.
func TestASnowDayIsPreviewedGivenAndTakenBack(t *testing.T) {
	server, s := served(t)
	post := func(path, body string) (status int, given api.GivenClosure) {
		t.Helper()
		response, text := ask(t, server, "POST", path, operateToken, body)
		if response.StatusCode < 300 {
			if err := json.Unmarshal([]byte(text), &given); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		return response.StatusCode, given
	}
	cancelled := func() (ids []string) {
		t.Helper()
		_, text := ask(t, server, "GET", "/api/v1/occurrences?from=2031-09-17&until=2031-09-18", readToken, "")
		var list api.Occurrences
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Occurrences {
			if o.Cancelled != nil {
				ids = append(ids, o.ID)
			}
		}
		return ids
	}
	const body = `{"kind":"cancel","day":"2031-09-17","from":"10:00","recording":"lat*","reason":"snow\r\nX: y"`
	status, given := post("/api/v1/closures", body+`,"preview":true}`)
	if status != 200 || given.Closure != nil || len(given.Occurrences) != 1 || given.Occurrences[0].ID != "school/latin/20310917T090000Z" || len(cancelled()) > 0 {
		t.Fatalf("preview: %d %+v, cancelled %v", status, given, cancelled())
	}
	status, given = post("/api/v1/closures", body+`}`)
	if got := cancelled(); status != 202 || given.Closure == nil || !slices.Equal(got, []string{"school/latin/20310917T090000Z"}) {
		t.Fatalf("given: %d %+v, cancelled %v", status, given, got)
	}
	if status, given = post("/api/v1/closures/1/undo", `{"reason":"it melted"}`); status != 202 || given.Closure.EndedAt == nil || len(cancelled()) > 0 {
		t.Errorf("taken back: %d %+v, cancelled %v", status, given, cancelled())
	}
	if status, given = post("/api/v1/closures", `{"kind":"extend","by":"15m","day":"2031-09-18"}`); status != 202 || len(given.Occurrences) == 0 || given.Occurrences[0].Extended != nil {
		t.Errorf("extended: %d %+v", status, given)
	}
	extended := given.Occurrences
	if status, given = post("/api/v1/closures/2/undo", `{}`); status != 202 || given.Closure.EndedAt == nil {
		t.Errorf("the extension is taken back: %d %+v", status, given)
	}
	for _, o := range extended {
		orders, err := s.OrdersFor(t.Context(), o.ID)
		if err != nil || len(orders) != 2 || orders[0].Kind != "extend" || orders[1].Kind != "unextend" {
			t.Errorf("%s: %+v, %v", o.ID, orders, err)
		}
	}
	events, err := s.Events(t.Context(), "", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, e := range events {
		if e.Kind == "closure" && e.Who == "desk" && strings.Contains(string(e.Data), `"from":"127.0.0.1"`) {
			told++
		}
		if strings.ContainsAny(e.Text, "\r\n") {
			t.Errorf("an event of two lines: %q", e.Text)
		}
	}
	if told != 4 {
		t.Errorf("the log tells %d times who and from where", told)
	}
}

// TestAClosureOfAPastDayHasEnded, where its day is past in every zone. It can be taken back all the same, once.
func TestAClosureOfAPastDayHasEnded(t *testing.T) {
	server, s := served(t)
	for _, day := range []string{"2031-09-15", "2031-09-16", "2031-09-17"} {
		c := store.Closure{At: now.AddDate(0, 0, -3), Kind: store.ClosureCancel, Day: day, Who: "duty"}
		_, err := s.AddClosure(t.Context(), c, nil, func(id int64) store.Announcement {
			return store.Announcement{ID: fmt.Sprint("evt_", id), At: c.At, Kind: "order.given"}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, text := ask(t, server, "GET", "/api/v1/closures", readToken, "")
	var list api.Closures
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Closures {
		want := map[int64]string{1: "2031-09-16T12:00:00.000Z"}[c.Closure] // midnight at UTC-12
		if got := c.EndedAt; want == "" && got != nil || want != "" && (got == nil || *got != want) || c.EndedBy != nil {
			t.Errorf("closure %d has ended_at %v, ended_by %v, want %q", c.Closure, got, c.EndedBy, want)
		}
	}
	for _, path := range []string{"/api/v1/closures/1/undo", "/api/v1/closures/2/undo"} {
		for _, want := range []int{202, 409} {
			if response, text := ask(t, server, "POST", path, operateToken, "{}"); response.StatusCode != want {
				t.Errorf("%s: %s %s, want %d", path, response.Status, text, want)
			}
		}
	}
}

// TestALongPeriodIsRefusedBeforeItIsBuilt: of a plan with 440,000 classes a year, an answer costs no more than the bound
// allows. A recording's year is given.
func TestALongPeriodIsRefusedBeforeItIsBuilt(t *testing.T) {
	server, s := served(t)
	var big strings.Builder
	big.WriteString(strings.Replace(school, "name: school", "name: big", 1))
	for room := range 50 {
		fmt.Fprintf(&big, "  room-%d: {when: {cron: \"5 * * * *\", duration: 20m}}\n", room)
	}
	p := build.Loaded(t, plantest.Texts{"plan.yaml": big.String()})
	r, err := runner.NewRevision(p, "/plans/big.yaml", p.Files)
	if err != nil {
		t.Fatal(err)
	}
	r.At = now
	if _, err := s.AddRevision(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	response, text := ask(t, server, "GET", "/api/v1/occurrences?from=2031-09-18&until=2032-09-16", readToken, "")
	runtime.ReadMemStats(&after)
	if response.StatusCode != 422 || !strings.Contains(text, "more than 20000 classes") {
		t.Errorf("a year of all: %s %.300s", response.Status, text)
	}
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 200 {
		t.Errorf("to refuse it took %d MB", used)
	}
	response, text = ask(t, server, "GET", "/api/v1/occurrences?from=2031-09-18&until=2032-09-16&plan=big&recording=room-7", readToken, "")
	var list api.Occurrences
	if err := json.Unmarshal([]byte(text), &list); err != nil || response.StatusCode != 200 || len(list.Occurrences) < 8700 {
		t.Errorf("a year of one: %s %d classes, %v", response.Status, len(list.Occurrences), err)
	}
}

// TestAProblemWithoutACodeSaysNull, as every field that is not known does.
func TestAProblemWithoutACodeSaysNull(t *testing.T) {
	server, _ := served(t)
	_, text := ask(t, server, "GET", "/api/v1/status", readToken, "")
	if !strings.Contains(text, `"problems":[`) || !strings.Contains(text, `"reason_code":null,"subject":"school/german/`) || strings.Contains(text, `"reason_code":""`) {
		t.Errorf("%s", text)
	}
}

// TestTheNodesAreListed with what each records; one that was buried is not.
func TestTheNodesAreListed(t *testing.T) {
	server, s := served(t)
	if _, err := s.Heartbeat(t.Context(), now.Add(-time.Second), []string{"app", "other"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Claim(t.Context(), "other", now); err != nil {
		t.Fatal(err)
	}
	_, text := ask(t, server, "GET", "/api/v1/nodes", readToken, "")
	var list api.Nodes
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list.Nodes) != 1 {
		t.Fatalf("%s, %v", text, err)
	}
	n := list.Nodes[0]
	if !n.Alive || n.Name == "" || n.LastSeen == nil || *n.LastSeen != "2031-09-17T07:29:59.000Z" || !slices.Contains(n.Apps, "other") {
		t.Errorf("%s", text)
	}
}

// TestADayIsClosedAgainAfterAClassWasTakenBack: that the day is closed already is a refusal only where no class is left to cancel.
func TestADayIsClosedAgainAfterAClassWasTakenBack(t *testing.T) {
	server, _ := served(t)
	const day = `{"kind":"cancel","day":"2031-09-17","from":"10:00"}`
	for i, step := range []struct {
		path, body string
		want       int
	}{
		{"/api/v1/closures", day, 202},
		{"/api/v1/closures", day, 409},
		{"/api/v1/occurrences/school/latin/20310917T090000Z/undo", "", 202},
		{"/api/v1/closures", day, 202},
	} {
		if response, text := ask(t, server, "POST", step.path, operateToken, step.body); response.StatusCode != step.want {
			t.Fatalf("step %d: %s %s", i, response.Status, text)
		}
	}
}
