package cli

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/reason"
	"rundown/runner/store/pgtest"
	"rundown/runner/view"
)

// TestADatabaseThatIsDownOverTheBell stops PostgreSQL hard over the bell: a minute with -trials, else less. What is recorded
// goes on, and nothing is sent. When the database is back what fell due is done first; what was late is told, by as much as
// the ledger says, and nothing else is.
func TestADatabaseThatIsDownOverTheBell(t *testing.T) {
	t.Parallel()
	outage := 20 * time.Second
	if *trials > 0 {
		outage = 60 * time.Second
	}
	server := pgtest.Start(t)
	x := newTrial(t, server, setup{nodes: 2})
	before := x.owners()
	down := time.Now().UTC().Truncate(time.Second).Add(paceNow().of(trialNotice))
	end := down.Add(outage)
	var classes []trialClass
	for app := range x.apps {
		for _, c := range []trialClass{
			{"through", app, down.Add(-6 * time.Second), outage + 40*time.Second}, // it is being recorded
			{"ending", app, down.Add(-6 * time.Second), 6*time.Second + outage/2}, // its stop falls due
			{"begun", app, down.Add(16 * time.Second), outage + 20*time.Second},   // its start falls due, and it goes on
			{"over", app, down.Add(16 * time.Second), outage - 17*time.Second},    // it begins and ends within
			{"after", app, end.Add(30 * time.Second), 10 * time.Second},           // it has nothing to do with it
		} {
			c.id = fmt.Sprintf("%s-%d", c.id, app)
			classes = append(classes, c)
		}
	}
	x.give(classes)
	time.Sleep(time.Until(down)) // when the outage begins and how long it lasts is what is tried
	server.Kill(t)
	down = time.Now()
	time.Sleep(time.Until(end)) // how long the outage lasts is what is tried
	up := time.Now()
	server.Restart(t)
	found, ledger := x.settle()
	if after := x.owners(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("App IDs have moved: %v, and they were %v", after, before)
	}
	sessions := map[string]simulator.LedgerSession{}
	for _, s := range ledger.Sessions {
		if _, twice := sessions[s.Cname]; twice || s.StoppedAt == nil {
			t.Errorf("%s has two sessions, or one that runs on: %+v", s.Cname, s)
			continue
		}
		sessions[s.Cname] = s
		for what, at := range map[string]time.Time{"started": s.StartedAt, "stopped": *s.StoppedAt} {
			if at.After(down.Add(3500*time.Millisecond)) && at.Before(up) {
				t.Errorf("%s was %s %v after the database had stopped", s.Cname, what, at.Sub(down))
			}
		}
	}
	for _, c := range classes {
		x.lateAsTold(c, found[c.id], sessions["today-"+c.id], up)
	}
}

// lateAsTold holds what the store tells of a class against its session in the ledger.
func (x *trial) lateAsTold(c trialClass, o view.Occurrence, s simulator.LedgerSession, up time.Time) {
	x.t.Helper()
	const tolerance = time.Second // as that of a gap
	kind := c.id[:len(c.id)-2]
	told := time.Duration(0) // of the class is missing
	for _, g := range o.Gaps {
		from, _ := time.Parse(time.RFC3339Nano, *g.From)
		until, _ := time.Parse(time.RFC3339Nano, *g.Until)
		told += until.Sub(from)
	}
	missing := time.Duration(0)
	if s.RecordingAt == nil {
		missing = c.length
	} else if s.RecordingAt.After(c.from) {
		missing = s.RecordingAt.Sub(c.from)
	}
	x.t.Logf("%s: %s, %v missing, %v told: %s", c.id, *o.Outcome, missing, told, *o.Reason)
	if (missing - told).Abs() > tolerance {
		x.t.Errorf("%s: %v of it are missing by the ledger, and %v by the store", c.id, missing, told)
	}
	want := map[string][]string{
		"through": {"recorded"}, "ending": {"recorded"}, "after": {"recorded"},
		"begun": {"partial", string(reason.BegunLate)}, "over": {"failed", string(reason.IssueStoreFailed)},
	}[kind]
	got := []string{*o.Outcome}
	if o.ReasonCode != nil {
		got = append(got, *o.ReasonCode)
	}
	if !slices.Equal(got, want) {
		x.t.Errorf("%s is %v, want %v: %s", c.id, got, want, *o.Reason)
	}
	switch first := up.Add(paceNow().of(8 * time.Second)); kind {
	case "ending":
		if s.StoppedAt.After(first) {
			x.t.Errorf("%s was stopped only %v after the database was back", c.id, s.StoppedAt.Sub(up))
		}
	case "begun":
		if s.StartedAt.After(first) {
			x.t.Errorf("%s was started only %v after the database was back", c.id, s.StartedAt.Sub(up))
		}
	}
}
