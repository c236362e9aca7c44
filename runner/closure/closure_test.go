package closure_test

import (
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
		if _, err := closure.Apply(ctx, s, now); err != nil { // changes nothing
			t.Fatal(err)
		}
		if got := cancelled(t, s); got != step.want {
			t.Errorf("without closure %d, cancelled are %q, want %q", step.c.ID, got, step.want)
		}
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
			if _, err := closure.Apply(ctx, s, now); err != nil {
				t.Fatal(err)
			}
		}
		if got := cancelled(t, s); got != step.want {
			t.Errorf("step %d: cancelled are %q, want %q", i, got, step.want)
		}
	}
}

// TestACrashBetweenNoteAndOrderLosesNeither has the note of an order that was not given, and of one that was.
func TestACrashBetweenNoteAndOrderLosesNeither(t *testing.T) {
	s, ctx := filled(t, school), t.Context()
	c, ids, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-18", Who: "duty"})
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	day := store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-17", Who: "duty"}
	if day.ID, err = s.AddClosure(ctx, day); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{s.SetClosureClass(ctx, day.ID, "school/german-a1/20310917T070000Z", false), s.SetClosureClass(ctx, c.ID, ids[0], false)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := closure.Apply(ctx, s, now); err != nil {
		t.Fatal(err)
	}
	if got := cancelled(t, s); !strings.HasPrefix(got, "german-a1@2031-09-17 ") {
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

// TestAPauseCoversWhatStartsAfterIt has a class that begins before the pause and one after it.
func TestAPauseCoversWhatStartsAfterIt(t *testing.T) {
	s, ctx := filled(t, school), t.Context()
	c := store.Closure{At: time.Date(2031, 9, 17, 11, 30, 0, 0, time.UTC), Kind: store.ClosurePause, Recording: "latin", Who: "duty"}
	_, ids, err := closure.Give(ctx, s, c)
	if want := []string{"school/latin/20310917T223000Z"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("paused %v, want %v, %v", ids, want, err)
	}
}
