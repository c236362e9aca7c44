package closure_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
	"rundown/runner"
	"rundown/runner/closure"
	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
)

// now is before the classes of the day that is closed.
var now = time.Date(2031, 9, 16, 12, 0, 0, 0, time.UTC)

const school = `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {main: {vendor: s3, region: EU_WEST_1, bucket: example, access_key: "${KEY}", secret_key: "${SECRET}"}}
defaults: {timezone: Europe/Madrid, url: "https://school.example/rooms/{id}"}
recordings:
  german-a1: {labels: {campus: madrid}, when: "2031-09-17 09:00-10:00"}
  german-a2: {labels: {campus: toledo}, when: "2031-09-17 11:00-12:00"}
  latin: {labels: {campus: madrid}, when: ["2031-09-17 13:00-14:00", "2031-09-18 00:30-01:30"]}
`

// filled is a store in which a plan is active.
func filled(t *testing.T, text string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), ":memory:", store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	apply(t, s, text)
	return s
}

func apply(t *testing.T, s *store.Store, text string) {
	t.Helper()
	p := build.Loaded(t, plantest.Texts{"plan.yaml": text})
	r, err := runner.NewRevision(p, "/plans/school.yaml", p.Files)
	if err != nil {
		t.Fatal(err)
	}
	r.At, r.Who = now, "duty"
	if _, err := s.AddRevision(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// find finds a class by its identity.
func find(t *testing.T, s *store.Store, id string) view.Class {
	t.Helper()
	name, err := view.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	class, err := view.NewFinder(s, now).Class(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return class
}

// cancelled are the classes that are cancelled, by their names.
func cancelled(t *testing.T, s *store.Store) string {
	t.Helper()
	l, err := view.NewFinder(s, now).Between(t.Context(), now, now.AddDate(0, 0, 5))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range l.Rows {
		if _, ok := (view.Class{Row: row}).Cancelled(); ok {
			names = append(names, l.Names[row.ID])
		}
	}
	return strings.Join(names, " ")
}

func TestAClosureCoversTheClassesThatStartOnItsDay(t *testing.T) {
	const all = "german-a1@2031-09-17 german-a2@2031-09-17 latin@2031-09-17"
	for name, one := range map[string]struct {
		c    store.Closure
		want string
	}{
		"the whole day":       {store.Closure{}, all},
		"another day":         {store.Closure{Day: "2031-09-18"}, "latin@2031-09-18"},
		"from a time on":      {store.Closure{From: "11:00"}, "german-a2@2031-09-17 latin@2031-09-17"},
		"before a time":       {store.Closure{Until: "11:00"}, "german-a1@2031-09-17"},
		"a label":             {store.Closure{Labels: map[string]string{"campus": "madrid"}}, "german-a1@2031-09-17 latin@2031-09-17"},
		"a label nobody has":  {store.Closure{Labels: map[string]string{"floor": ""}}, ""},
		"a glob":              {store.Closure{Recording: "german-*"}, "german-a1@2031-09-17 german-a2@2031-09-17"},
		"a glob with a plan":  {store.Closure{Recording: "school/latin"}, "latin@2031-09-17"},
		"another plan":        {store.Closure{Recording: "other/*"}, ""},
		"everything together": {store.Closure{From: "09:00", Until: "12:00", Recording: "german-*", Labels: map[string]string{"campus": "toledo"}}, "german-a2@2031-09-17"},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := filled(t, school), one.c
			c.At, c.Kind, c.Who = now, store.ClosureCancel, "duty"
			if c.Day == "" {
				c.Day = "2031-09-17"
			}
			l, err := closure.Preview(t.Context(), s, c, now)
			if err != nil {
				t.Fatal(err)
			}
			_, ids, err := closure.Give(t.Context(), s, c)
			if err != nil || len(ids) != len(l.Rows) {
				t.Errorf("%d classes were shown, %d ordered, %v", len(l.Rows), len(ids), err)
			}
			if got := cancelled(t, s); got != one.want {
				t.Errorf("cancelled are %q, want %q", got, one.want)
			}
		})
	}
}

// TestUndoLeavesWhatOthersCancelled has a class that an operator cancelled, and one that two closures cover.
func TestUndoLeavesWhatOthersCancelled(t *testing.T) {
	s, ctx, by := filled(t, school), t.Context(), operate.Operator{Who: "duty", Now: now}
	id, err := view.ParseID("latin@2031-09-17")
	if err != nil {
		t.Fatal(err)
	}
	latin, err := view.NewFinder(s, now).Class(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := operate.Cancel(ctx, s, latin, by); err != nil {
		t.Fatal(err)
	}
	day := store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-17", Who: "duty"}
	german := day
	german.Recording = "german-a1"
	day, _, err = closure.Give(ctx, s, day)
	if err != nil {
		t.Fatal(err)
	}
	if german, _, err = closure.Give(ctx, s, german); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		c    store.Closure
		want string
	}{{day, "german-a1@2031-09-17 latin@2031-09-17"}, {german, "latin@2031-09-17"}} {
		if _, err := closure.Undo(ctx, s, step.c, by); err != nil {
			t.Fatal(err)
		}
		if err := closure.Apply(ctx, s, now); err != nil { // changes nothing
			t.Fatal(err)
		}
		if got := cancelled(t, s); got != step.want {
			t.Errorf("without closure %d, cancelled are %q, want %q", step.c.ID, got, step.want)
		}
	}
}

// TestAClassThatAnOperatorTookBackStaysRecorded has a cancellation taken back while a day and a pause cover the class, whether an
// operator had given it before or they did. What is given later covers the class again, and ends with itself.
func TestAClassThatAnOperatorTookBackStaysRecorded(t *testing.T) {
	for _, alone := range []bool{false, true} {
		s, ctx, at := filled(t, school), t.Context(), now
		by := func() operate.Operator {
			at = at.Add(time.Minute)
			return operate.Operator{Who: "duty", Now: at}
		}
		give := func(c store.Closure) store.Closure {
			t.Helper()
			c.At, c.Who = by().Now, "duty"
			c, _, err := closure.Give(ctx, s, c)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		holds := func(step, want string) {
			t.Helper()
			if err := closure.Apply(ctx, s, at); err != nil {
				t.Fatal(err)
			}
			if got := cancelled(t, s); got != want {
				t.Errorf("cancelled alone first: %v: %s: cancelled are %q, want %q", alone, step, got, want)
			}
		}
		const a1, others = "school/german-a1/20310917T070000Z", "german-a2@2031-09-17 latin@2031-09-17"
		if alone {
			if _, err := operate.Cancel(ctx, s, find(t, s, a1), by()); err != nil {
				t.Fatal(err)
			}
		}
		give(store.Closure{Kind: store.ClosureCancel, Day: "2031-09-17"})
		give(store.Closure{Kind: store.ClosurePause, Recording: "german-a1"})
		holds("closed", "german-a1@2031-09-17 "+others)
		if _, err := operate.Undo(ctx, s, find(t, s, a1), by()); err != nil {
			t.Fatal(err)
		}
		holds("taken back", others)
		again := give(store.Closure{Kind: store.ClosureCancel, Day: "2031-09-17", Recording: "german-*"})
		holds("closed again", "german-a1@2031-09-17 "+others)
		if _, err := closure.Undo(ctx, s, again, by()); err != nil {
			t.Fatal(err)
		}
		holds("no longer closed again", others)
	}
}

// TestApplyFollowsThePlan adds a class to the day, and moves another one away and back.
func TestApplyFollowsThePlan(t *testing.T) {
	s, ctx := filled(t, school), t.Context()
	if _, _, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-17", Recording: "german-*", Who: "duty"}); err != nil {
		t.Fatal(err)
	}
	added := school + "  german-b1: {when: \"2031-09-17 15:00-16:00\"}\n"
	moved := strings.Replace(added, `when: "2031-09-17 09:00-10:00"`, `when: "2031-09-17 09:00-10:00", changes: {2031-09-17: {to: "2031-09-19 09:00-10:00"}}`, 1)
	for i, step := range []struct{ text, want string }{
		{added, "german-a1@2031-09-17 german-a2@2031-09-17 german-b1@2031-09-17"},
		{moved, "german-a2@2031-09-17 german-b1@2031-09-17"},
		{added, "german-a1@2031-09-17 german-a2@2031-09-17 german-b1@2031-09-17"},
	} {
		apply(t, s, step.text)
		for range 2 { // the second changes nothing
			if err := closure.Apply(ctx, s, now); err != nil {
				t.Fatal(err)
			}
		}
		if got := cancelled(t, s); got != step.want {
			t.Errorf("step %d: cancelled are %q, want %q", i, got, step.want)
		}
	}
}

// announced are the orders that were announced, each with how many classes it counts.
func announced(t *testing.T, s *store.Store) (orders []string) {
	t.Helper()
	all, err := s.Unrouted(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		var of struct {
			Order   string `json:"order"`
			Closing struct {
				Recordings map[string]int `json:"recordings"`
			} `json:"closing"`
		}
		if err := json.Unmarshal(a.Data, &of); err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, n := range of.Closing.Recordings {
			count += n
		}
		orders = append(orders, fmt.Sprintf("%s %s %d", a.Kind, of.Order, count))
	}
	return orders
}

// dayOf is a closure that was stored, of which a crash let nothing else happen.
func dayOf(t *testing.T, s *store.Store, kind string, ids ...string) store.Closure {
	t.Helper()
	c := store.Closure{At: now, Kind: kind, Day: "2031-09-17", Who: "duty", Length: 15 * time.Minute}
	var err error
	c.ID, err = s.AddClosure(t.Context(), c, ids, func(int64) store.Announcement {
		return store.Announcement{ID: "evt_1", At: now, Kind: "order.given", Data: []byte("{}")}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestACrashAfterAClosureWasStoredLosesNoOrder has classes of which the order was not given, and one of which only the note
// is missing.
func TestACrashAfterAClosureWasStoredLosesNoOrder(t *testing.T) {
	s, ctx := filled(t, school), t.Context()
	c, ids, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-18", Who: "duty"})
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	day := dayOf(t, s, store.ClosureCancel, "school/german-a1/20310917T070000Z", "school/german-a2/20310917T090000Z", "school/latin/20310917T110000Z")
	if err := s.WriteSpecs(ctx, func(t *store.SpecTx) error { return t.SetClosureClass(c.ID, ids[0], false) }); err != nil {
		t.Fatal(err)
	}
	before := len(announced(t, s))
	if err := closure.Apply(ctx, s, now); err != nil {
		t.Fatal(err)
	}
	if got := announced(t, s)[before:]; len(got) > 0 {
		t.Errorf("classes that were announced with their closure are announced again: %q", got)
	}
	if got := cancelled(t, s); strings.Count(got, "@") != 4 {
		t.Errorf("cancelled are %q", got)
	}
	for _, one := range []store.Closure{c, day} {
		notes, err := s.ClosureClasses(ctx, one.ID)
		if err != nil || len(notes) == 0 {
			t.Fatal(notes, err)
		}
		for id, given := range notes {
			if !given {
				t.Errorf("closure %d: the order for %s is not noted", one.ID, id)
			}
		}
		if _, err := closure.Undo(ctx, s, one, operate.Operator{Who: "duty", Now: now}); err != nil {
			t.Fatal(err)
		}
	}
	if got := cancelled(t, s); got != "" {
		t.Errorf("after both were undone %q are cancelled", got)
	}
}

// TestACrashInTheMiddleOfAnUndoLeavesNoOrder ends a closure and takes nothing back, or the order for one class only.
func TestACrashInTheMiddleOfAnUndoLeavesNoOrder(t *testing.T) {
	for _, kind := range []string{store.ClosureCancel, store.ClosureExtend} {
		for _, already := range []bool{false, true} {
			s, ctx, by := filled(t, school), t.Context(), operate.Operator{Who: "duty", Now: now}
			c, ids, err := closure.Give(ctx, s, store.Closure{At: now, Kind: kind, Day: "2031-09-17", Who: "duty", Length: 15 * time.Minute})
			if err != nil || len(ids) != 3 {
				t.Fatal(ids, err)
			}
			if done, err := s.EndClosure(ctx, c.ID, now, "ops", "", "thaw", store.Announcement{ID: "evt_2", At: now, Kind: "order.given"}); err != nil || !done {
				t.Fatal(done, err)
			}
			if already {
				by.Closure = c.ID
				order, err := operate.UndoOrder(find(t, s, ids[0]), by)
				if kind == store.ClosureExtend {
					order, err = operate.UnextendOrder(find(t, s, ids[0]), by)
				}
				if err != nil {
					t.Fatal(err)
				}
				err = s.WriteSpecs(ctx, func(t *store.SpecTx) error {
					if _, err := order.GiveIn(t); err != nil {
						return err
					}
					return t.ForgetClosureClass(c.ID, ids[0])
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := closure.Apply(ctx, s, now); err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				class := find(t, s, id)
				if _, is := class.Cancelled(); is || !class.End().Equal(class.Row.End) {
					t.Errorf("%s: after the undo %s is still cancelled or ends at %v", kind, id, class.End())
				}
			}
			if left, err := s.EndedClosures(ctx); err != nil || len(left) > 0 {
				t.Errorf("%s: the undo is not done: %v, %v", kind, left, err)
			}
			events, err := s.Events(ctx, ids[2], 0, 0)
			if err != nil || len(events) == 0 || events[len(events)-1].Who != "ops" || !strings.Contains(events[len(events)-1].Text, "thaw") {
				t.Errorf("%s: the log does not say who took the order back and why: %+v, %v", kind, events, err)
			}
		}
	}
}

// TestTheExtensionOfADayIsTakenBack has a class that was extended alone before, and one that is afterwards.
func TestTheExtensionOfADayIsTakenBack(t *testing.T) {
	s, ctx, by := filled(t, school), t.Context(), operate.Operator{Who: "duty", Now: now}
	extend := func(id string, length time.Duration) {
		t.Helper()
		if _, err := operate.Extend(ctx, s, find(t, s, id), length, by); err != nil {
			t.Fatal(err)
		}
	}
	const a1, a2, latin = "school/german-a1/20310917T070000Z", "school/german-a2/20310917T090000Z", "school/latin/20310917T110000Z"
	extend(a1, 5*time.Minute)
	c, _, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosureExtend, Day: "2031-09-17", Who: "duty", Length: 15 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	extend(a2, 10*time.Minute)
	longer := func(want map[string]time.Duration) {
		t.Helper()
		for id, length := range want {
			class := find(t, s, id)
			if got := class.End().Sub(class.Planned.End); got != length {
				t.Errorf("%s ends %v later than planned, want %v", id, got, length)
			}
		}
	}
	longer(map[string]time.Duration{a1: 20 * time.Minute, a2: 25 * time.Minute, latin: 15 * time.Minute})
	ids, err := closure.Undo(ctx, s, c, by)
	if err != nil || len(ids) != 2 {
		t.Errorf("taken back for %v, %v", ids, err)
	}
	longer(map[string]time.Duration{a1: 5 * time.Minute, a2: 25 * time.Minute, latin: 0})
	if err := closure.Apply(ctx, s, now); err != nil { // changes nothing
		t.Fatal(err)
	}
	longer(map[string]time.Duration{a1: 5 * time.Minute, a2: 25 * time.Minute, latin: 0})
	extend(latin, time.Minute)
	longer(map[string]time.Duration{latin: time.Minute})
}

// TestAClosureIsAnnouncedOnce has a plan that brings a class to the day afterwards.
func TestAClosureIsAnnouncedOnce(t *testing.T) {
	s, ctx := filled(t, school), t.Context()
	before := len(announced(t, s))
	c, _, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-17", Who: "duty", Reason: "snow", Address: "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, s, school+"  german-b1: {when: \"2031-09-17 15:00-16:00\"}\n")
	for range 2 { // the second changes nothing
		if err := closure.Apply(ctx, s, now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := closure.Undo(ctx, s, c, operate.Operator{Who: "ops", From: "192.0.2.8", Now: now}); err != nil {
		t.Fatal(err)
	}
	want := []string{"order.given cancel 3", "order.given add-cancel 1", "order.given end-cancel 4"}
	if got := announced(t, s)[before:]; !slices.Equal(got, want) {
		t.Errorf("announced %q, want %q", got, want)
	}
	events, err := s.Events(ctx, "", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	for _, e := range events {
		if e.Kind == "closure" {
			log = append(log, fmt.Sprintf("%s by %s %s", e.Text, e.Who, e.Data))
		}
	}
	if want := []string{`closure 1: cancel: snow by duty {"from":"192.0.2.7"}`, `closure 1: ended by ops {"from":"192.0.2.8"}`}; !slices.Equal(log, want) {
		t.Errorf("the log has %q, want %q", log, want)
	}
	orders, err := s.Events(ctx, "school/german-a1/20310917T070000Z", 0, 0)
	if err != nil || len(orders) != 2 || !strings.Contains(string(orders[0].Data), `"from":"192.0.2.7"`) || !strings.Contains(string(orders[1].Data), `"from":"192.0.2.8"`) {
		t.Errorf("the log of a class has %+v, %v", orders, err)
	}
}

// TestAllThatAPlanAddsIsAnnouncedTogether has more classes than a transaction orders.
func TestAllThatAPlanAddsIsAnnouncedTogether(t *testing.T) {
	s, ctx := filled(t, school), t.Context()
	if _, _, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-17", Who: "duty"}); err != nil {
		t.Fatal(err)
	}
	text := school
	for i := range 120 {
		text += fmt.Sprintf("  new-%d: {when: \"2031-09-17 15:00-16:00\"}\n", i)
	}
	apply(t, s, text)
	for range 2 { // the second changes nothing
		if err := closure.Apply(ctx, s, now); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(cancelled(t, s), "new-"); got != 120 {
		t.Errorf("%d of the new classes are cancelled", got)
	}
	if got, want := announced(t, s), []string{"order.given cancel 3", "order.given add-cancel 120"}; !slices.Equal(got, want) {
		t.Errorf("announced %q, want %q", got, want)
	}
	all, err := s.Unrouted(ctx, 100)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, a := range all {
		if ids[a.ID] {
			t.Errorf("two announcements have the id %s: a target gets the first alone", a.ID)
		}
		ids[a.ID] = true
	}
}

// daily has a class each day of a year.
const daily = `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {main: {vendor: s3, region: EU_WEST_1, bucket: example, access_key: "${KEY}", secret_key: "${SECRET}"}}
calendars: {year: 2031-09-01..2032-06-30}
defaults: {timezone: Europe/Madrid, url: "https://school.example/rooms/{id}", only: year}
recordings:
  latin: {when: ["Mon-Sun 13:00-14:00"]}
`

// TestALongPauseIsAnnouncedOnceAndCostsNoMore has a pause of six weeks, of a recording with a class each day. The classes that
// come near are no news, and of those that are over nothing is kept, but for one that the plan has moved far ahead. One that
// a plan moves ahead afterwards is noted again.
func TestALongPauseIsAnnouncedOnceAndCostsNoMore(t *testing.T) {
	s, ctx := filled(t, daily), t.Context()
	c, ids, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosurePause, Recording: "latin", Who: "duty"})
	if err != nil {
		t.Fatal(err)
	}
	const latin, change = `latin: {when: ["Mon-Sun 13:00-14:00"]`, `2031-09-18: {to: "2031-11-20 18:00-19:00"}`
	at := now
	changed := func(changes string) {
		t.Helper()
		p := build.Loaded(t, plantest.Texts{"plan.yaml": strings.Replace(daily, latin, latin+", changes: {"+changes+"}", 1)})
		r, err := runner.NewRevision(p, "/plans/school.yaml", p.Files)
		if err != nil {
			t.Fatal(err)
		}
		r.At = at
		if _, err := s.AddRevision(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	changed(change)
	pass := func(days int) {
		t.Helper()
		for range days * 24 {
			at = at.Add(time.Hour)
			if at.Hour()%6 > 0 { // a daemon looks each hour; four times a day tell as much
				continue
			}
			if err := closure.Apply(ctx, s, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	pass(42)
	want := []string{fmt.Sprintf("order.given pause %d", len(ids))}
	if got := announced(t, s); !slices.Equal(got, want) {
		t.Errorf("announced %q, want %q", got, want)
	}
	notes, err := s.ClosureClasses(ctx, c.ID)
	if err != nil || len(notes) < 9 || len(notes) > 12 {
		t.Errorf("after six weeks it has notes of %d classes, %v, want those of the days around", len(notes), err)
	}

	const first, second = "school/latin/20310917T110000Z", "school/latin/20310918T110000Z"
	if notes[first] || !notes[second] {
		t.Errorf("it has notes of %v", notes)
	}
	changed(change + `, 2031-09-17: {to: "2031-11-01 18:00-19:00"}`)
	pass(1)
	if notes, err = s.ClosureClasses(ctx, c.ID); err != nil || !notes[first] {
		t.Errorf("a class that a plan moved ahead has no note: %v, %v", notes, err)
	}
	ids, err = closure.Undo(ctx, s, c, operate.Operator{Who: "ops", Now: at})
	if err != nil || !slices.Contains(ids, first) || !slices.Contains(ids, second) || len(ids) < 9 {
		t.Errorf("taken back for %v, %v", ids, err)
	}
}

// TestAPlanThatAddsClassesToAPauseIsTold has a second class each day, near enough for the order.
func TestAPlanThatAddsClassesToAPauseIsTold(t *testing.T) {
	s, ctx := filled(t, daily), t.Context()
	if _, _, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosurePause, Recording: "latin", Who: "duty"}); err != nil {
		t.Fatal(err)
	}
	apply(t, s, strings.Replace(daily, `"Mon-Sun 13:00-14:00"`, `"Mon-Sun 13:00-14:00", "Wed 18:00-19:00"`, 1))
	for range 2 {
		if err := closure.Apply(ctx, s, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if got := announced(t, s); len(got) != 2 || !strings.HasPrefix(got[1], "order.given add-pause ") {
		t.Errorf("announced %q", got)
	}
}

// TestAPauseCoversWhatStartsAfterIt has a class that begins before the pause and one after it.
func TestAPauseCoversWhatStartsAfterIt(t *testing.T) {
	s, ctx := filled(t, school), t.Context()
	c := store.Closure{At: time.Date(2031, 9, 17, 11, 30, 0, 0, time.UTC), Kind: store.ClosurePause, Recording: "latin", Who: "duty"}
	_, ids, err := closure.Give(ctx, s, c)
	if want := []string{"school/latin/20310917T223000Z"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("paused %v, want %v, %v", ids, want, err)
	}
}
