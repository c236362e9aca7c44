package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

func TestATimeIsAWordOfItsOwnAfterADay(t *testing.T) {
	for _, tt := range []struct{ args, id, rest []string }{
		{nil, []string{}, []string{}},
		{[]string{"german"}, []string{"german"}, []string{}},
		{[]string{"german@2031-09-17", "09:00"}, []string{"german@2031-09-17", "09:00"}, []string{}},
		{[]string{"german@2031-09-17", "9:00", "15m"}, []string{"german@2031-09-17", "9:00"}, []string{"15m"}},
		{[]string{"german@2031-09-17", "15m"}, []string{"german@2031-09-17"}, []string{"15m"}},
		{[]string{"german", "09:00"}, []string{"german"}, []string{"09:00"}},
	} {
		if id, rest := splitClock(tt.args); !slices.Equal(id, tt.id) || !slices.Equal(rest, tt.rest) {
			t.Errorf("%q: %q and %q, want %q and %q", tt.args, id, rest, tt.id, tt.rest)
		}
	}
}

// TestWhatIsOfferedFindsItsClass: what list prints as ID and what the shell completes names one class, and the one that
// it stands beside, in a store that has some of the classes of plans whose changes move and cancel them.
func TestWhatIsOfferedFindsItsClass(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	now := time.Date(2031, 9, 10, 10, 0, 0, 0, time.UTC)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		dsn := "sqlite:" + filepath.Join(folder, fmt.Sprintf("%d.db", n))
		s, err := store.Open(t.Context(), dsn, store.Options{Create: true, Work: true})
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		var plans []planfile.Checked
		for i := range rapid.IntRange(1, 2).Draw(rt, "plans") {
			p := randomPlan(rt, fmt.Sprintf("school-%d", i))
			plans = append(plans, planfile.Checked{Plan: p})
			storePlan(rt, s, p, now)
		}
		find := func(form string) (view.Class, error) {
			id, err := view.ParseID(form)
			if err != nil {
				return view.Class{}, err
			}
			return view.NewFinder(s, now).Class(context.Background(), id)
		}
		span, err := window{}.resolve(now)
		if err != nil {
			rt.Fatal(err)
		}
		for _, o := range classesIn(plans, span, false) {
			form := namesIn(plans, span)[o.ID]
			if c, err := find(form); err != nil || c.Row.ID != o.ID {
				rt.Fatalf("list prints %s for %s, which names %s, %v", form, o.ID, c.Row.ID, err)
			}
		}
		for _, typed := range []string{"", "a", "a@", "school-0/a@", "b@2031-09-1"} {
			offers, err := offer(context.Background(), view.NewFinder(s, now), typed, false)
			if err != nil {
				rt.Fatal(err)
			}
			for _, offer := range offers {
				form, description, _ := strings.Cut(offer, "\t")
				c, err := find(form)
				if err != nil {
					rt.Fatalf("%q completes to %s, which names nothing: %v", typed, form, err)
				}
				if strings.Contains(form, "@") && descriptionOf(c) != description {
					rt.Fatalf("%q completes to %s (%s), which names %s (%s)", typed, form, description, c.Row.ID, descriptionOf(c))
				}
			}
		}
	})
}

// randomPlan has two recordings with a few classes in two weeks each, some of them moved or cancelled.
func randomPlan(rt *rapid.T, name string) *plan.Plan {
	slot := func(label string) string {
		return fmt.Sprintf("2031-09-%02d %02d:00", rapid.IntRange(8, 22).Draw(rt, label+" day"), rapid.IntRange(8, 11).Draw(rt, label+" hour"))
	}
	text := "version: 1\nname: " + name + `
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {v: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${A}", secret_key: "${S}"}}
defaults: {timezone: Europe/Madrid, url: "https://school.example/{id}"}
recordings:
`
	for _, id := range []string{"a", "b"} {
		var when, changes []string
		for range rapid.IntRange(1, 6).Draw(rt, "classes") {
			if at := slot("class"); !slices.Contains(when, at) {
				when = append(when, at)
			}
		}
		for _, at := range when {
			switch rapid.IntRange(0, 3).Draw(rt, "change") {
			case 0:
				changes = append(changes, fmt.Sprintf(`"%s": {to: %s-12:50}`, at, slot("moved")))
			case 1:
				changes = append(changes, fmt.Sprintf(`"%s": cancelled`, at))
			}
		}
		text += fmt.Sprintf("  %s: {when: [%s-12:30], changes: {%s}}\n", id, strings.Join(when, "-12:30, "), strings.Join(changes, ", "))
	}
	p, findings, err := load.Load(planfile.NewReader(strings.NewReader(text)), "-")
	if err != nil || p == nil {
		rt.Fatalf("%v %v in\n%s", err, findings, text)
	}
	for _, f := range findings {
		if f.Severity == plan.SeverityError {
			rt.Fatalf("%s in\n%s", f.Message, text)
		}
	}
	return p
}

// storePlan makes the plan an active one, and gives the store rows of some of its classes.
func storePlan(rt *rapid.T, s *store.Store, p *plan.Plan, now time.Time) {
	ctx := context.Background()
	r, err := runner.NewRevision(p, "/plans/"+p.Name+".yaml", p.Files)
	if err != nil {
		rt.Fatal(err)
	}
	if _, err := s.AddRevision(ctx, r); err != nil {
		rt.Fatal(err)
	}
	var steps []storetest.Row
	for o := range schedule.All(p, now.AddDate(0, 0, -3), now.Add(view.PlannedAhead)) {
		if o.Cancelled() || rapid.IntRange(0, 2).Draw(rt, "stored") == 0 {
			continue
		}
		row := view.AsRow(&o)
		row.App = p.Name
		if o.End.Before(now) {
			row.State, row.Outcome = string(session.Ended), string(session.Recorded)
		}
		steps = append(steps, storetest.Row{Occurrence: row})
	}
	failures, err := storetest.Write(ctx, s, p.Name, steps...)
	for _, one := range append(failures, err) {
		if one != nil {
			rt.Fatal(one)
		}
	}
}

// TestAnOrderForAClassFarAheadKnowsItsDay: the order goes by its day and time where the class gets another identity.
func TestAnOrderForAClassFarAheadKnowsItsDay(t *testing.T) {
	dsn, path := emptyStore(t), filepath.Join(t.TempDir(), "plan.yaml")
	write(t, path, aroundNow+"  german: {when: 2091-09-17 09:00:20-09:50, timezone: Europe/Madrid}\n")
	for _, args := range [][]string{{"apply", path}, {"cancel", "german"}} {
		if status, _, said := command(t, append(args, "--store", dsn)...); status != StatusOK {
			t.Fatal(said)
		}
	}
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	orders, err := s.Orders(t.Context(), noon)
	if err != nil || len(orders) != 1 || orders[0].Day != "2091-09-17" || orders[0].Clock != "09:00:20" {
		t.Errorf("got %+v, %v", orders, err)
	}
}

func TestARecordingAloneMeansTheClassThatRunsElseTheNext(t *testing.T) {
	dsn := filledStore(t)
	for _, tt := range []struct{ args, want string }{
		{"show running", "lingua/running/20310917T115000Z\n"},
		{"show twice", "lingua/twice/20310917T130000Z\n"},
		{"show lingua/day-after", "lingua/day-after/20310918T130000Z\n"},
		{"show yesterday", "lingua/yesterday/20310916T120000Z\n"}, // none is ahead
		{"history twice", "twice@2031-09-17T17:00"},
		{"history yesterday", "partial"},
		{"cancel running", "lingua/running/20310917T115000Z (the class that is running, Wed 2031-09-17 13:50-14:50 +0200): will be cancelled"},
		{"cancel stuck", "lingua/stuck/20310914T120000Z (the class that is running, "},
		{"extend twice 5m", "lingua/twice/20310917T130000Z (the next class, Wed 2031-09-17 15:00-16:00 +0200): new end 16:05 +02"},
		{"show absent", "no recording goes by that name"},
		{"history twize", "did you mean the recording twice?"},
		{"cancel other/twice", "no class other/twice"},
	} {
		if _, out, said := rundown(t, append(strings.Fields(tt.args), "--store", dsn)...); !strings.Contains(out+said, tt.want) {
			t.Errorf("%s: %s%s, want %s", tt.args, out, said, tt.want)
		}
	}
}
