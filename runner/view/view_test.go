package view

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

const school = `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {main: {vendor: s3, region: EU_WEST_1, bucket: example, access_key: "${KEY}", secret_key: "${SECRET}"}}
defaults: {timezone: Europe/Madrid, url: "https://school.example/rooms/{id}"}
recordings:
  german: {title: German for beginners, labels: {campus: madrid}, when: "2031-09-17 09:00-10:00"}
  latin: {when: ["2031-09-17 11:00-12:00", "2031-09-18 11:00-12:00"]}
`

// filled is a store in which the plan above is active. It has a row of the German class, which was recorded.
func filled(t *testing.T, now time.Time) *store.Store {
	t.Helper()
	ctx := t.Context()
	s, err := store.Open(ctx, ":memory:", store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	p := build.Loaded(t, plantest.Texts{"plan.yaml": school})
	r, err := runner.NewRevision(p, "/plans/school.yaml", p.Files)
	if err != nil {
		t.Fatal(err)
	}
	r.At, r.Who = now, "duty"
	if _, err := s.AddRevision(ctx, r); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2031, 9, 17, 7, 0, 0, 0, time.UTC)
	id := "school/german/20310917T070000Z"
	failures, err := storetest.Write(ctx, s, "app", []storetest.Row{{
		Occurrence: store.Occurrence{
			ID: id, Plan: "school", Recording: "german", Day: "2031-09-17", Clock: "09:00", App: "app", URL: "https://school.example/rooms/german?token=secret",
			Start: start, End: start.Add(time.Hour), State: string(session.Ended), Outcome: string(session.Recorded), Doc: []byte(`{"timezone":"Europe/Madrid"}`),
		},
		Sessions: []store.Session{{Attempt: 1, App: "app", Cname: "german", UID: "1", State: "ended", Doc: []byte(`{}`)}},
		Events:   []store.Event{{Occurrence: id, At: start, Kind: "state", Text: "recording"}, {Occurrence: id, At: start.Add(time.Hour), Kind: "state", Text: "ended"}},
	}}...)
	for _, err := range append(failures, err) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestAPeriodHasTheClassesOfTheStoreAndOfTheActivePlans(t *testing.T) {
	midnight := time.Date(2031, 9, 16, 22, 0, 0, 0, time.UTC) // in Madrid
	for _, one := range []struct {
		name        string
		now         time.Time
		from, until time.Duration // since midnight
		want        string
	}{
		{"the day, in the morning", midnight.Add(10*time.Hour + time.Minute), 0, 24 * time.Hour, "german@2031-09-17 ended, latin@2031-09-17 planned"},
		{"the next day", midnight, 24 * time.Hour, 48 * time.Hour, "latin@2031-09-18 planned"},
		{"what has passed and was never planned is not made up", midnight.Add(40 * time.Hour), 0, 24 * time.Hour, "german@2031-09-17 ended"},
		{"a class counts that is on", midnight.Add(9 * time.Hour), 9*time.Hour + time.Minute, 10 * time.Hour, "german@2031-09-17 ended"},
		{"nothing", midnight, 20 * time.Hour, 21 * time.Hour, ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			s := filled(t, one.now)
			l, err := NewFinder(s, one.now).Between(t.Context(), midnight.Add(one.from), midnight.Add(one.until))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range l.Rows {
				got = append(got, l.Names[o.ID]+" "+o.State)
			}
			if diff := cmp.Diff(one.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAClassHasItsTitleLabelsSessionsAndNoQuery(t *testing.T) {
	now := time.Date(2031, 9, 17, 9, 30, 0, 0, time.UTC)
	s := filled(t, now)
	o, err := ReadOverview(t.Context(), s, now)
	if err != nil {
		t.Fatal(err)
	}
	st := o.JSON()
	if len(st.Occurrences) != 3 {
		t.Fatalf("%d classes, want 3: %+v", len(st.Occurrences), st.Occurrences)
	}
	german, latin := st.Occurrences[0], st.Occurrences[1]
	if *german.Title != "German for beginners" || german.Labels["campus"] != "madrid" || len(german.Sessions) != 1 || strings.Contains(*german.Page, "secret") {
		t.Errorf("%+v", german)
	}
	if latin.Title != nil || latin.Labels == nil || *latin.Timezone != "Europe/Madrid" {
		t.Errorf("%+v", latin)
	}
}

// TestAClassThatIsMovedBetweenTwoReadsIsListedOnce moves a class behind another one after the first read.
func TestAClassThatIsMovedBetweenTwoReadsIsListedOnce(t *testing.T) {
	nine := time.Date(2031, 9, 17, 7, 0, 0, 0, time.UTC)
	row := func(id string, start time.Time) store.Occurrence {
		return store.Occurrence{ID: id, Start: start, End: start.Add(time.Hour)}
	}
	first := []store.Occurrence{row("german", nine), row("latin", nine.Add(time.Hour))}
	second := []store.Occurrence{row("latin", nine.Add(time.Hour)), row("german", nine.Add(2*time.Hour)), row("old", nine.Add(-48*time.Hour))}
	var got []string
	for _, o := range merged(first, second) {
		got = append(got, o.ID+" "+o.Start.Format("01-02 15:04"))
	}
	want := []string{"old 09-15 07:00", "latin 09-17 08:00", "german 09-17 09:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAClassIsToldInSentences(t *testing.T) {
	now := time.Date(2031, 9, 17, 9, 30, 0, 0, time.UTC)
	s := filled(t, now)
	id, err := ParseID("german@2031-09-17")
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewFinder(s, now).Class(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	d, err := ReadDetails(t.Context(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range Story(*d.Row, d.Events) {
		got = append(got, e.At.Format("15:04 ")+e.Text)
	}
	if want := []string{"09:00 the class is being recorded", "10:00 the class is over"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlansShowWhatIsActiveAndWhatWaits(t *testing.T) {
	now := time.Date(2031, 9, 17, 9, 30, 0, 0, time.UTC)
	s := filled(t, now)
	for _, r := range []store.Revision{
		{At: now, Plan: "school", Hash: "other", State: store.RevisionWaiting, Note: "removes 9 of 10 classes"},
		{At: now, Plan: "gone", Hash: "first"},
		{At: now, Plan: "gone"},
	} {
		if _, err := s.AddRevision(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	plans, err := ReadPlans(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range plans {
		active := "none"
		if p.Active != nil {
			active = p.Active.State
		}
		got[p.Name] = active + ", " + p.Newest.State
	}
	if want := map[string]string{"gone": "none, withdrawn", "school": "at work, waiting"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
