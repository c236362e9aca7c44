// Package storetest holds every kind of store to the same behaviour. A test of the store gives [Exercise] a function that opens a
// new store; [Nodes] is for a kind of store that several processes may share. model.go compares a store with a simple model of it
// under random steps. The package uses the exported methods of the store alone.
package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/runner/store"
)

// Exercise runs the suite. Each call of open gives a new, empty store, opened to work on and closed by the test's end.
func Exercise(t *testing.T, open func(t *testing.T) *store.Store) {
	for _, one := range []struct {
		name string
		test func(*testing.T, *store.Store)
	}{
		{"an occurrence is read back as it was written", roundTrip},
		{"a step needs the newest version", compareAndSet},
		{"a step that fails hinders no other and writes nothing", partialGroup},
		{"steps of a group build on each other", chain},
		{"a step under another term is fenced", fencing},
		{"a lease is renewed under the same term", renewal},
		{"removing keeps the events, and what has begun", deletion},
		{"sessions are replaced by attempt", sessions},
		{"a filter selects", filters},
		{"what may still run although no worker looks at it is listed in short", loose},
		{"the log is read in order and in pages", events},
		{"a revision is stored once", revisions},
		{"a revision that waits is active once it is confirmed", revisionStates},
		{"the newest revision that removed classes is kept", newestRemoval},
		{"what is old is removed, and nothing that is open or active", pruning},
		{"a revision is read while a class runs by it", replacedTexts},
		{"what is announced is routed once, with its step", announcements},
		{"messages are sent in order of their class", outbox},
		{"messages that are void are taken back", withdrawals},
		{"told, then a second one withdrawn", toldAndWithdrawn},
		{"a command holds or is refused", commands},
		{"an order that has no effect any more is not pending", pendingOrders},
		{"what is wanted is not slept over", race},
		{"a counter that is read before a commit shows the change after it", uncommitted},
		{"text is stored without what a database refuses", oddText},
		{"what is due is read by owner", due},
		{"the last beat is the newest", beats},
		{"times are kept to the millisecond", times},
		{"one of many that set the same version wins", contention},
		{"any run of steps agrees with a model", model},
		{"a writer answers every step in order", writerOrder},
		{"a closed writer has written what waited", writerClose},
		{"a context that is done writes nothing", cancelled},
	} {
		t.Run(one.name, func(t *testing.T) { one.test(t, open(t)) })
	}
}

const app = "an-app-id"

// monday is a start that tests count from.
var monday = time.Date(2031, 9, 15, 7, 0, 0, 0, time.UTC)

// class is an occurrence that is not stored yet.
func class(recording string, start time.Time) store.Occurrence {
	return store.Occurrence{
		ID:        "school/" + recording + "/" + start.UTC().Format("20060102T150405Z"),
		Plan:      "school",
		Recording: recording,
		Day:       start.UTC().Format(time.DateOnly),
		Clock:     start.UTC().Format("15:04"),
		App:       app,
		URL:       "https://classes.example.com/" + recording,
		Start:     start,
		End:       start.Add(50 * time.Minute),
		State:     "planned",
		Wake:      start.Add(-time.Minute),
		Revision:  1,
		Doc:       []byte(`{"attempts":0}`),
	}
}

func lease(t *testing.T, s *store.Store) int64 {
	t.Helper()
	term, err := Term(t.Context(), s, app)
	if err != nil {
		t.Fatal(err)
	}
	return term
}

// apply commits the status of rows and wants each to end so; nil for written. The specs of new ones are written before.
func apply(t *testing.T, s *store.Store, term int64, want []error, rows ...Row) {
	t.Helper()
	var steps []store.Step
	for _, r := range rows {
		if r.Version == 0 {
			add(t, s, r)
		}
		if stored, err := s.Row(t.Context(), r.ID); err == nil && stored != nil {
			r.Generation = stored.Generation
		}
		steps = append(steps, r.Step())
	}
	got, err := s.Commit(t.Context(), app, term, steps)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(steps) {
		t.Fatalf("%d results for %d steps", len(got), len(steps))
	}
	for i := range got {
		var w error
		if i < len(want) {
			w = want[i]
		}
		if !errors.Is(got[i], w) {
			t.Fatalf("step %d: got %v, want %v", i, got[i], w)
		}
	}
}

func list(t *testing.T, s *store.Store, f store.Filter) []store.Occurrence {
	t.Helper()
	found, err := s.Occurrences(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func ids(list []store.Occurrence) []string {
	out := []string{}
	for _, o := range list {
		out = append(out, o.ID)
	}
	return out
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("-want +got:\n%s", d)
	}
}

func roundTrip(t *testing.T, s *store.Store) {
	term := lease(t, s)
	o := class("algebra", monday)
	o.Outcome, o.Reason, o.ReasonCode, o.State = "partial", `two gaps; "quoted" – ünïcode ✓`, "ended-by-service", "ended"
	apply(t, s, term, nil, Row{Occurrence: o})
	o.Version, o.Generation = 1, 1
	same(t, list(t, s, store.Filter{}), []store.Occurrence{o})

	o.Plan, o.Recording, o.Day, o.Clock, o.URL = "p2", "r2", "2031-09-16", "08:00", "https://other.example.com/"
	o.Start, o.End, o.Revision = o.Start.Add(time.Hour), o.End.Add(2*time.Hour), 7
	update(t, s, o)
	o.Generation, o.Wake = 2, time.UnixMilli(0).UTC() // what is wanted is to be looked at at once
	same(t, list(t, s, store.Filter{}), []store.Occurrence{o})

	o.State, o.Outcome, o.Reason, o.ReasonCode, o.Doc, o.Wake, o.HeldBy = "recording", "", "", "", []byte("{}"), time.Time{}, app
	apply(t, s, term, nil, Row{Occurrence: o})
	o.Version = 2
	same(t, list(t, s, store.Filter{}), []store.Occurrence{o})
}

// update writes the spec of a stored row.
func update(t *testing.T, s *store.Store, o store.Occurrence) {
	t.Helper()
	if err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) error {
		done, err := tx.Update(Row{Occurrence: o}.Spec())
		if err == nil && !done {
			err = errors.New("there is no such row")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func compareAndSet(t *testing.T, s *store.Store) {
	term := lease(t, s)
	o := class("algebra", monday)
	apply(t, s, term, []error{nil}, Row{Occurrence: o})
	apply(t, s, term, []error{store.ErrStale}, Row{Occurrence: o}) // it has been written by now
	for version, want := range map[int64]error{2: store.ErrStale, -1: store.ErrStale} {
		o.Version = version
		apply(t, s, term, []error{want}, Row{Occurrence: o})
	}
	o.Version = 1
	apply(t, s, term, []error{nil}, Row{Occurrence: o})
	apply(t, s, term, []error{store.ErrStale}, Row{Occurrence: o})
	same(t, list(t, s, store.Filter{})[0].Version, int64(2))
}

func partialGroup(t *testing.T, s *store.Store) {
	term := lease(t, s)
	old := class("algebra", monday)
	apply(t, s, term, nil, Row{Occurrence: old})

	stale := old // claims that nobody has written it
	stale.State = "recording"
	foreign := class("biology", monday)
	foreign.App = "another-app-id"
	stray := class("chemistry", monday)
	add(t, s, Row{Occurrence: foreign}, Row{Occurrence: stray}, Row{Occurrence: class("drama", monday)}, Row{Occurrence: class("english", monday)})
	results, err := s.Commit(t.Context(), app, term, []store.Step{
		Row{Occurrence: class("drama", monday)}.Step(),
		Row{Occurrence: stale, Sessions: []store.Session{{Attempt: 1}}, Events: []store.Event{{Kind: "state"}}}.Step(),
		Row{Occurrence: foreign}.Step(),
		Row{Occurrence: stray, Sessions: []store.Session{{Occurrence: "school/other/1", Attempt: 1}}}.Step(),
		{},
		Row{Occurrence: class("english", monday)}.Step(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, failed := range []bool{false, true, true, true, true, false} {
		if (results[i] != nil) != failed {
			t.Errorf("step %d: %v", i, results[i])
		}
	}
	if !errors.Is(results[1], store.ErrStale) {
		t.Errorf("got %v, want stale", results[1])
	}
	var written []string
	for _, o := range list(t, s, store.Filter{}) {
		if o.Version > 0 {
			written = append(written, o.ID)
		}
		same(t, o.State, "planned")
	}
	same(t, written, []string{old.ID, class("drama", monday).ID, class("english", monday).ID})
	log, err := s.Events(t.Context(), "", 0, 0)
	if err != nil || len(log) != 0 {
		t.Errorf("events of a step that failed: %v, %v", log, err)
	}
	kept, err := s.Sessions(t.Context(), old.ID, stray.ID, "school/other/1")
	if err != nil || len(kept) != 0 {
		t.Errorf("sessions of a step that failed: %v, %v", kept, err)
	}
}

func chain(t *testing.T, s *store.Store) {
	term := lease(t, s)
	var steps []Row
	for version := range int64(5) {
		o := class("algebra", monday)
		o.Version, o.Reason = version, fmt.Sprint(version)
		steps = append(steps, Row{Occurrence: o, Events: []store.Event{{Kind: "state", Text: o.Reason}}})
	}
	apply(t, s, term, nil, steps...)
	o := list(t, s, store.Filter{})[0]
	same(t, []any{o.Version, o.Reason}, []any{int64(5), "4"})
}

func fencing(t *testing.T, s *store.Store) {
	fresh := Row{Occurrence: class("algebra", monday), Events: []store.Event{{Kind: "intent"}}}
	apply(t, s, 1, []error{store.ErrFenced}, fresh) // nobody has a lease
	term := lease(t, s)
	for _, other := range []int64{term - 1, term + 1} {
		apply(t, s, other, []error{store.ErrFenced, store.ErrFenced}, fresh, Row{Occurrence: class("biology", monday)})
	}
	for _, o := range list(t, s, store.Filter{}) {
		same(t, o.Version, int64(0))
	}
	log, err := s.Events(t.Context(), "", 0, 0)
	if err != nil || len(log) != 0 {
		t.Errorf("a fenced step left events: %v, %v", log, err)
	}
	apply(t, s, term, []error{nil}, fresh)
}

func renewal(t *testing.T, s *store.Store) {
	term := lease(t, s)
	same(t, lease(t, s), term)
	other, err := Term(t.Context(), s, "another-app-id")
	if err != nil {
		t.Fatal(err)
	}
	same(t, []int64{term, other}, []int64{1, 1})
}

func deletion(t *testing.T, s *store.Store) {
	term := lease(t, s)
	gone, begun := class("algebra", monday), class("biology", monday)
	apply(t, s, term, nil,
		Row{Occurrence: gone, Events: []store.Event{{At: monday, Kind: "planned"}}},
		Row{Occurrence: begun, Sessions: []store.Session{{Attempt: 1, App: app}}})
	if err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) error {
		for id, want := range map[string]bool{gone.ID: true, begun.ID: false} {
			removed, err := tx.Remove(id)
			if err != nil || removed != want {
				t.Errorf("%s is removed: %v, %v", id, removed, err)
			}
		}
		return tx.Log(store.Event{Occurrence: gone.ID, At: monday, Kind: "plan", Text: "removed"})
	}); err != nil {
		t.Fatal(err)
	}
	left := list(t, s, store.Filter{})
	same(t, ids(left), []string{begun.ID})
	if !left[0].Absent || left[0].Wake.UnixMilli() != 0 {
		t.Errorf("one that has begun is to be marked and looked at: %+v", left[0])
	}
	log, err := s.Events(t.Context(), gone.ID, 0, 0)
	if err != nil || len(log) != 2 || log[1].Text != "removed" {
		t.Errorf("events after: %v, %v", log, err)
	}
	apply(t, s, term, []error{nil}, Row{Occurrence: gone}) // the plan brings it back
}

func sessions(t *testing.T, s *store.Store) {
	term := lease(t, s)
	o := class("algebra", monday)
	second := store.Session{Attempt: 2, App: app, Cname: "c", UID: "101", ResourceID: "r2", SID: "s2", State: "running", Doc: []byte(`{"n":2}`)}
	first := store.Session{Attempt: 1, App: app, Cname: "c", UID: "100", ResourceID: "r1", State: "starting"}
	apply(t, s, term, nil, Row{Occurrence: o, Sessions: []store.Session{second, first}})
	first.SID, first.State, first.Doc = "s1", "lost", []byte(`{"n":1}`)
	o.Version = 1
	apply(t, s, term, nil, Row{Occurrence: o, Sessions: []store.Session{first}})

	o.Version, o.Generation = 2, 1
	same(t, list(t, s, store.Filter{}), []store.Occurrence{o})

	got, err := s.Sessions(t.Context(), o.ID, "school/none/20310915T070000Z", o.ID)
	if err != nil {
		t.Fatal(err)
	}
	first.Occurrence, second.Occurrence = o.ID, o.ID
	same(t, got, map[string][]store.Session{o.ID: {first, second}})

	many := []string{o.ID}
	for i := range 2000 { // more than one query takes
		many = append(many, fmt.Sprint("school/none/", i))
	}
	got, err = s.Sessions(t.Context(), many...)
	if err != nil || len(got) != 1 || len(got[o.ID]) != 2 {
		t.Errorf("among many: %v, %v", got, err)
	}
	if none, err := s.Sessions(t.Context()); err != nil || len(none) != 0 {
		t.Errorf("of none: %v, %v", none, err)
	}

	// A class in short has the states of its sessions until it has ended.
	plain := class("biology", monday)
	apply(t, s, term, nil, Row{Occurrence: plain})
	states := func() map[string][]string {
		briefs, err := s.Briefs(t.Context(), monday, monday.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		found := map[string][]string{}
		for _, b := range briefs {
			slices.Sort(b.Sessions)
			found[b.Recording] = append([]string{}, b.Sessions...)
		}
		return found
	}
	same(t, states(), map[string][]string{"algebra": {"lost", "running"}, "biology": {}})
	o.State, o.Outcome = "ended", "recorded"
	apply(t, s, term, nil, Row{Occurrence: o})
	same(t, states(), map[string][]string{"algebra": {}, "biology": {}})
}

func filters(t *testing.T, s *store.Store) {
	term := lease(t, s)
	morning, noon, evening := class("algebra", monday), class("algebra", monday.Add(5*time.Hour)), class("biology", monday.Add(11*time.Hour))
	noon.State = "recording"
	evening.State, evening.Outcome, evening.Clock = "ended", "recorded", "18:00:30"
	evening.Plan = "night-school"
	apply(t, s, term, nil, Row{Occurrence: evening}, Row{Occurrence: noon}, Row{Occurrence: morning})

	names := map[string]string{morning.ID: "morning", noon.ID: "noon", evening.ID: "evening"}
	for _, c := range []struct {
		name   string
		filter store.Filter
		want   []string
	}{
		{"nothing: all by start", store.Filter{}, []string{"morning", "noon", "evening"}},
		{"limit", store.Filter{Limit: 2}, []string{"morning", "noon"}},
		{"identity", store.Filter{ID: noon.ID}, []string{"noon"}},
		{"unknown identity", store.Filter{ID: "school/algebra"}, []string{}},
		{"identities", store.Filter{IDs: []string{evening.ID, morning.ID, "school/none"}}, []string{"morning", "evening"}},
		{"identities and open", store.Filter{IDs: []string{evening.ID, morning.ID}, Open: true}, []string{"morning"}},
		{"day", store.Filter{ID: "algebra@2031-09-15"}, []string{"morning", "noon"}},
		{"another day", store.Filter{ID: "algebra@2031-09-16"}, []string{}},
		{"day and time", store.Filter{ID: "algebra@2031-09-15T12:00"}, []string{"noon"}},
		{"day and minute of a time with seconds", store.Filter{ID: "biology@2031-09-15T18:00"}, []string{"evening"}},
		{"day and second", store.Filter{ID: "biology@2031-09-15T18:00:30"}, []string{"evening"}},
		{"another second", store.Filter{ID: "biology@2031-09-15T18:00:31"}, []string{}},
		{"plan and day", store.Filter{ID: "night-school/biology@2031-09-15"}, []string{"evening"}},
		{"another plan and day", store.Filter{ID: "school/biology@2031-09-15"}, []string{}},
		{"text of an attacker", store.Filter{ID: "' OR 1=1 --"}, []string{}},
		{"plan", store.Filter{Plan: "school"}, []string{"morning", "noon"}},
		{"App ID", store.Filter{App: app}, []string{"morning", "noon", "evening"}},
		{"another App ID", store.Filter{App: "another"}, []string{}},
		{"open", store.Filter{Open: true}, []string{"morning", "noon"}},
		{"states", store.Filter{States: []string{"recording", "ended"}}, []string{"noon", "evening"}},
		{"open and states", store.Filter{Open: true, States: []string{"recording", "ended"}}, []string{"noon"}},
		{"starts before, not at", store.Filter{StartBefore: noon.Start}, []string{"morning"}},
		{"starts before, by less than is kept", store.Filter{StartBefore: noon.Start.Add(1)}, []string{"morning", "noon"}},
		{"ends after, not at", store.Filter{EndAfter: morning.End}, []string{"noon", "evening"}},
		{"ends after, by less than is kept", store.Filter{EndAfter: morning.End.Add(-1)}, []string{"morning", "noon", "evening"}},
		{"all at once", store.Filter{Plan: "school", App: app, Open: true, States: []string{"planned"}, StartBefore: evening.Start, EndAfter: monday, Limit: 1}, []string{"morning"}},
	} {
		got := []string{}
		for _, o := range list(t, s, c.filter) {
			got = append(got, names[o.ID])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// loose lists what is over, or planned again, and whose sessions are not all known.
func loose(t *testing.T, s *store.Store) {
	term := lease(t, s)
	open, whole, loose, refused, old := class("open", monday), class("whole", monday), class("loose", monday.Add(time.Hour)), class("refused", monday.Add(2*time.Hour)), class("old", monday.AddDate(0, 0, -5))
	denied, unknown := class("denied", monday.Add(3*time.Hour)), class("unknown", monday.Add(4*time.Hour))
	moved, again := class("moved", monday.AddDate(0, 1, 0)), class("again", monday.AddDate(0, 1, 1))
	open.State = "recording"
	for _, o := range []*store.Occurrence{&whole, &loose, &refused, &old, &denied, &unknown} {
		o.State = "ended"
	}
	known := store.Session{Attempt: 1, App: app, Cname: "c", UID: "1", ResourceID: "r", SID: "s1", State: "ended"}
	orphan := store.Session{Attempt: 2, App: app, Cname: "c", UID: "2", ResourceID: "q", State: "orphan"}
	apply(t, s, term, nil,
		Row{Occurrence: open, Sessions: []store.Session{orphan}},
		Row{Occurrence: whole, Sessions: []store.Session{known}},
		Row{Occurrence: loose, Sessions: []store.Session{{Attempt: 1, App: app, Cname: "c", UID: "1", ResourceID: "r", SID: "s2", State: "ended"}, orphan}},
		Row{Occurrence: refused, Sessions: []store.Session{{Attempt: 1, App: app, Cname: "c", UID: "1", State: "failed"}}},
		Row{Occurrence: denied, Sessions: []store.Session{{Attempt: 1, App: app, Cname: "c", UID: "1", ResourceID: "r", SID: "s4", State: "orphan"}}},
		Row{Occurrence: unknown, Sessions: []store.Session{{Attempt: 1, App: app, Cname: "c", UID: "1", State: "orphan"}}},
		Row{Occurrence: old, Sessions: []store.Session{orphan}},
		Row{Occurrence: moved, Sessions: []store.Session{{Attempt: 1, App: app, Cname: "d", UID: "1", ResourceID: "r", State: "orphan"}}},
		Row{Occurrence: again, Sessions: []store.Session{known}})
	got, err := s.Loose(t.Context(), monday.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, []store.Loose{{ID: denied.ID, App: app}, {ID: loose.ID, App: app}, {ID: moved.ID, App: app}, {ID: unknown.ID, App: app}})

	for _, ask := range []struct{ sid, cname, uid, want string }{
		{"s1", "c", "1", whole.ID},
		{"s2", "", "", loose.ID},
		{"s3", "c", "2", loose.ID}, // the latest of those whose sid is not known, and that got a resource id
		{"s3", "c", "1", ""},
		{"", "c", "2", ""},
	} {
		got, owner, err := s.Holder(t.Context(), ask.sid, ask.cname, ask.uid)
		if err != nil || got != ask.want || (owner == app) != (got != "") {
			t.Errorf("the session of %+v is held by %q of %q, %v", ask, got, owner, err)
		}
	}
}

func events(t *testing.T, s *store.Store) {
	term := lease(t, s)
	o := class("algebra", monday)
	daemon := store.Event{At: monday, Kind: "plan", Who: "operator", Text: "loaded", Data: []byte(`{"files":2}`)}
	if err := s.Log(t.Context(), daemon); err != nil {
		t.Fatal(err)
	}
	apply(t, s, term, nil, Row{Occurrence: o, Events: []store.Event{{At: monday, Kind: "planned"}, {At: monday.Add(time.Second), Kind: "intent"}}})
	if err := s.Log(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Log(t.Context(), daemon, daemon); err != nil {
		t.Fatal(err)
	}

	all, err := s.Events(t.Context(), "", 0, 0)
	if err != nil || len(all) != 5 {
		t.Fatalf("got %d events, %v", len(all), err)
	}
	for i := 1; i < len(all); i++ {
		if all[i].Seq <= all[i-1].Seq {
			t.Errorf("seq %d after %d", all[i].Seq, all[i-1].Seq)
		}
	}
	daemon.Seq = all[0].Seq
	same(t, all[0], daemon)
	same(t, all[2], store.Event{Seq: all[2].Seq, Occurrence: o.ID, At: monday.Add(time.Second), Kind: "intent"})

	its, err := s.Events(t.Context(), o.ID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	same(t, its, all[1:3])
	page, err := s.Events(t.Context(), "", all[1].Seq, 2)
	if err != nil {
		t.Fatal(err)
	}
	same(t, page, all[2:4])
	late, early := store.Event{At: monday.Add(time.Hour), Kind: store.KindNotice, Text: "late"}, store.Event{At: monday, Kind: store.KindNotice, Text: "early"}
	if err := s.Log(t.Context(), late, early); err != nil {
		t.Fatal(err)
	}
	late.Seq, early.Seq = all[4].Seq+1, all[4].Seq+2
	for since, want := range map[time.Time][]store.Event{monday: {early, late}, monday.Add(time.Millisecond): {late}, monday.Add(2 * time.Hour): nil} {
		got, err := s.Notices(t.Context(), since)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
	}
}

func revisions(t *testing.T, s *store.Store) {
	add := func(r store.Revision) int64 {
		t.Helper()
		stored, err := s.AddRevision(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return stored.ID
	}
	r := store.Revision{At: monday, Plan: "school", Path: "school.yaml", Hash: "aa", Who: "operator", Commit: "c0ffee", Text: []byte("name: school\n")}
	first := add(r)
	other := r
	other.Plan = "night-school"
	if add(other) == first {
		t.Error("another plan with the same text has the same number")
	}
	same(t, add(r), first)
	second := r
	second.Hash, second.Text = "bb", []byte("name: school # edited\n")
	edited := add(second)
	if edited <= first {
		t.Errorf("revision %d after %d", edited, first)
	}
	if back := add(r); back <= edited {
		t.Errorf("an old text that is applied anew is number %d after %d", back, edited)
	}

	known, err := s.Revisions(t.Context(), "school")
	if err != nil || len(known) != 3 {
		t.Fatalf("got %v, %v", known, err)
	}
	second.ID, second.Text = edited, nil
	same(t, known[1], second)
	whole, err := s.Revision(t.Context(), first)
	r.ID = first
	if err != nil {
		t.Fatal(err)
	}
	same(t, whole, r)
	if all, err := s.Revisions(t.Context(), ""); err != nil || len(all) != 4 {
		t.Errorf("of all plans: %v, %v", all, err)
	}
	if _, err := s.Revision(t.Context(), 1000); err == nil {
		t.Error("a revision that nobody added was found")
	}
}

func commands(t *testing.T, s *store.Store) {
	c := store.Command{At: monday, Occurrence: "school/algebra/20310915T070000Z", Kind: "cancel", Who: "operator", Reason: "snow", Args: []byte(`{}`), DoneAt: monday}
	refused := c
	c.Result = store.Done
	refused.Kind, refused.Args, refused.Result, refused.ReasonCode = "uncancel", nil, "it had ended already", "class-ended"
	for _, one := range []*store.Command{&c, &refused} {
		if err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) error { return tx.AddCommand(one) }); err != nil {
			t.Fatal(err)
		}
		stored, err := s.Command(t.Context(), one.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, stored, *one)
	}
	never := store.Command{At: monday, Occurrence: c.Occurrence}
	if err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) error { return tx.AddCommand(&never) }); err == nil {
		t.Error("a command was judged at no time")
	}
	log, err := s.Events(t.Context(), c.Occurrence, 0, 0)
	if err != nil || len(log) != 3 || string(log[2].Data) != `{"reason_code":"class-ended"}` {
		t.Errorf("the log tells %+v, %v: want the code of an order that was not carried out", log, err)
	}
	if orders, err := s.OrdersFor(t.Context(), c.Occurrence); err != nil || len(orders) != 1 || !orders[0].CarriedOut() {
		t.Errorf("%+v hold, %v: want the one that was carried out", orders, err)
	}
}

func beats(t *testing.T, s *store.Store) {
	if at, err := s.LastBeat(t.Context()); err != nil || !at.IsZero() {
		t.Fatalf("before any: %v, %v", at, err)
	}
	for i := range 3 {
		given := monday.Add(time.Duration(i) * time.Second)
		now, err := s.Heartbeat(t.Context(), given, nil)
		if err != nil {
			t.Fatal(err)
		}
		if own := now.Sub(given).Abs() > time.Minute; !own && !now.Equal(given) {
			t.Fatalf("a heartbeat at %v counts at %v", given, now) // a database without a clock takes the caller's
		}
		if at, err := s.LastBeat(t.Context()); err != nil || !at.Equal(now) {
			t.Fatalf("got %v, %v, want %v", at, err, now)
		}
	}
}

func times(t *testing.T, s *store.Store) {
	term := lease(t, s)
	o := class("algebra", monday)
	zone := time.FixedZone("", -3*60*60)
	o.Start = monday.Add(1234567 * time.Nanosecond).In(zone)
	o.End = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	o.Wake = time.Time{}
	apply(t, s, term, nil, Row{Occurrence: o})
	got := list(t, s, store.Filter{})[0]
	same(t, got.Start, monday.Add(time.Millisecond))
	same(t, got.Start.Location().String(), "UTC")
	same(t, got.End, o.End)
	if !got.Wake.IsZero() {
		t.Errorf("no time is read as %v", got.Wake)
	}
}

func contention(t *testing.T, s *store.Store) {
	term := lease(t, s)
	apply(t, s, term, nil, Row{Occurrence: class("algebra", monday)})
	const many = 20
	results := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			o := class("algebra", monday)
			o.Version, o.Reason = 1, fmt.Sprint(i)
			got, err := s.Commit(t.Context(), app, term, []store.Step{Row{Occurrence: o, Events: []store.Event{{Kind: "state", Text: o.Reason}}}.Step()})
			if err != nil {
				t.Error(err)
				return
			}
			results[i] = got[0]
		})
	}
	wg.Wait()
	var won []string
	for i, err := range results {
		if err == nil {
			won = append(won, fmt.Sprint(i))
		} else if !errors.Is(err, store.ErrStale) {
			t.Error(err)
		}
	}
	o := list(t, s, store.Filter{})[0]
	same(t, won, []string{o.Reason})
	log, err := s.Events(t.Context(), o.ID, 0, 0)
	if err != nil || len(log) != 1 || log[0].Text != o.Reason {
		t.Errorf("log %v, %v", log, err)
	}
}

// racing is a store with one occurrence, of which a worker reads and commits.
type racing struct {
	*testing.T
	s    *store.Store
	term int64
}

// read gives the row of the occurrence as its worker reads it.
func (t racing) read() store.Row {
	t.Helper()
	rows, err := t.s.Near(t.Context(), app, monday)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[0]
}

// commit writes a status that is to be looked at later.
func (t racing) commit(r store.Row, want error) {
	t.Helper()
	r.Wake, r.State = monday.Add(time.Hour), "planned"
	results, err := t.s.Commit(t.Context(), app, t.term, []store.Step{Row{Occurrence: r.Occurrence}.Step()})
	if err != nil || !errors.Is(results[0], want) {
		t.Fatalf("%v, %v, want %v", results, err, want)
	}
}

// due wants the occurrence to be looked at at once, or not to be.
func (t racing) due(want bool) {
	t.Helper()
	rows, err := t.s.Near(t.Context(), app, monday.Add(-24*time.Hour))
	if err != nil || (len(rows) == 1) != want {
		t.Errorf("it is to be looked at at once: %v, want %v; %v", len(rows) == 1, want, err)
	}
}

// race has what is wanted change between a worker's read and its commit, by way of another connection: in whichever order
// the two commit, the row asks to be looked at again at once.
func race(t *testing.T, s *store.Store) {
	term := lease(t, s)
	o := class("algebra", monday)
	add(t, s, Row{Occurrence: o})
	if s.Path() == ":memory:" {
		return // it has one connection, so that nothing can come between
	}
	other, err := s.Reopen(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	with := racing{t, s, term}
	with.commit(with.read(), nil)
	with.due(false)

	update(t, other, o) // nobody has read it
	r := with.read()
	with.commit(r, nil) // it has
	with.due(false)

	update(t, other, o)
	r.Version++
	with.commit(r, nil) // what it read is of before
	with.due(true)

	r = with.read()
	o.App = "another-app-id"
	update(t, other, o)
	with.commit(r, store.ErrStale) // it is another's by now

	o.App = app
	update(t, other, o)
	r = with.read()
	if err := other.WriteSpecs(t.Context(), func(tx *store.SpecTx) error { _, err := tx.Remove(o.ID); return err }); err != nil {
		t.Fatal(err)
	}
	with.commit(r, store.ErrStale) // it is gone
}

// uncommitted reads the counter while specs are being written that it does not show yet.
func uncommitted(t *testing.T, s *store.Store) {
	if s.Path() == ":memory:" {
		return // it has one connection
	}
	other, err := s.Reopen(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	o := class("algebra", monday)
	var before int64
	if err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) error {
		if _, err := tx.Add(Row{Occurrence: o}.Spec()); err != nil {
			return err
		}
		var err error
		if before, err = other.Generation(t.Context()); err == nil && before != tx.Generation-1 {
			t.Errorf("the counter shows %d before the commit of %d", before, tx.Generation)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if row, err := other.Row(t.Context(), o.ID); err != nil || row == nil || row.Generation <= before {
		t.Errorf("%+v, %v: want it newer than the counter that was read before its commit", row, err)
	}
}

func oddText(t *testing.T, s *store.Store) {
	term := lease(t, s)
	o := class("algebra", monday)
	o.Reason, o.State = "a\x00b\xffc", "recording"
	apply(t, s, term, nil, Row{Occurrence: o, Events: []store.Event{{Kind: "state", Text: "\x00"}}})
	if got := list(t, s, store.Filter{})[0].Reason; got != "a\uFFFDb\uFFFDc" {
		t.Errorf("the reason is stored as %q", got)
	}
	if found := list(t, s, store.Filter{Recording: "a\x00"}); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

// due has the owner of sessions own the row until they are over, whatever App ID it is to have.
func due(t *testing.T, s *store.Store) {
	term := lease(t, s)
	o := class("algebra", monday)
	o.HeldBy, o.State = app, "recording"
	far := class("biology", monday.Add(100*time.Hour))
	over := class("chemistry", monday.Add(-100*time.Hour))
	over.State, over.Wake = "ended", time.Time{}
	apply(t, s, term, nil, Row{Occurrence: o}, Row{Occurrence: far}, Row{Occurrence: over})
	o.App = "another-app-id"
	update(t, s, o)
	for owner, want := range map[string]int{app: 1, "another-app-id": 0} {
		rows, err := s.Near(t.Context(), owner, monday)
		if n, err2 := s.CountDue(t.Context(), owner, monday); err != nil || err2 != nil || len(rows) != want || n != want {
			t.Errorf("%s has %d rows and counts %d, %v, want %d", owner, len(rows), n, errors.Join(err, err2), want)
		}
	}
	o.Version, o.HeldBy, o.State = 1, "", "planned"
	apply(t, s, term, nil, Row{Occurrence: o})
	if rows, err := s.Near(t.Context(), "another-app-id", monday); err != nil || len(rows) != 1 {
		t.Errorf("it is not handed over: %d rows, %v", len(rows), err)
	}
	owners, err := s.AppsWithWork(t.Context())
	if err != nil || len(owners) != 2 {
		t.Errorf("owners %+v, %v", owners, err)
	}
	rows, err := s.Rows(t.Context(), o.ID, far.ID, "none")
	if err != nil || len(rows) != 2 {
		t.Errorf("by their identities: %+v, %v", rows, err)
	}
	for _, r := range rows {
		if changed := r.Generation > 3; changed != (r.ID == o.ID) {
			t.Errorf("%s is of generation %d", r.ID, r.Generation)
		}
	}
}
