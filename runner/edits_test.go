package runner_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/rules"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

var edits = flag.Int("edits", 10, "days of random edits, each with a seed of its own from -seed on")

// The plan that is edited: rooms with some classes each, of which an edit changes one thing.
type (
	editedPlan struct{ rooms []editedRoom }
	editedRoom struct {
		classes []editedClass
		app     string
		zone    string
		page    int
	}
	editedClass struct {
		begin, length int // minutes of the day
		absent        bool
		cancelled     bool
		moved         bool
		toDay, to     int // days after the day it is planned on, and minutes of that day
		toLength      int
	}
)

// editDay is the day on which the plan is edited, a Monday.
var editDay = time.Date(2031, 9, 15, 0, 0, 0, 0, time.UTC)

func newEditedPlan(rng *rand.Rand) *editedPlan {
	p := &editedPlan{}
	for range 2 {
		r := editedRoom{app: "main", zone: "UTC"}
		at := 8*60 + rng.IntN(20)
		for range 2 {
			length := 15 + rng.IntN(25)
			r.classes = append(r.classes, editedClass{begin: at, length: length})
			at += length + 10 + rng.IntN(40)
		}
		p.rooms = append(p.rooms, r)
	}
	return p
}

func (p *editedPlan) clone() *editedPlan {
	c := &editedPlan{rooms: slices.Clone(p.rooms)}
	for i := range c.rooms {
		c.rooms[i].classes = slices.Clone(c.rooms[i].classes)
	}
	return c
}

func (p *editedPlan) files() files {
	clock := func(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
	span := func(begin, length int) string { return clock(begin) + "-" + clock(begin+length) }
	var b strings.Builder
	b.WriteString(`version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}, other: {id: "${OTHER}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
defaults: {timezone: UTC, min_remainder: 1s}
recordings:
  spare-main: {when: [2031-12-01 09:00-09:50], app: main, url: "https://school.example/spare/main"}
  spare-other: {when: [2031-12-01 09:00-09:50], app: other, url: "https://school.example/spare/other"}
`)
	for i, r := range p.rooms {
		when, changes := []string{"2031-12-05 09:00-09:50"}, ""
		for _, c := range r.classes {
			if c.absent {
				continue
			}
			day := editDay.Format(time.DateOnly)
			when = append(when, day+" "+span(c.begin, c.length))
			switch key := day + " " + clock(c.begin); {
			case c.cancelled:
				changes += fmt.Sprintf("      %s: cancelled\n", key)
			case c.moved:
				to := editDay.AddDate(0, 0, c.toDay).Format(time.DateOnly) + " " + span(c.to, c.toLength)
				changes += fmt.Sprintf("      %s: {to: %s}\n", key, to)
			}
		}
		fmt.Fprintf(&b, "  room-%d:\n    when: [%s]\n    app: %s\n    timezone: %s\n    url: https://school.example/rooms/%d/%d\n", i, strings.Join(when, ", "), r.app, r.zone, i, r.page)
		if changes != "" {
			b.WriteString("    changes:\n" + changes)
		}
	}
	return files{"school.yaml": b.String()}
}

// edit changes one thing, rather of a class that is about to be recorded or is being recorded, and names it.
func (p *editedPlan) edit(rng *rand.Rand, now time.Time) string {
	i := rng.IntN(len(p.rooms))
	r := &p.rooms[i]
	j := rng.IntN(len(r.classes))
	minute := int(now.Sub(editDay) / time.Minute)
	for k, c := range r.classes {
		at := c.begin
		if c.moved && c.toDay == 0 {
			at = c.to
		}
		if rng.IntN(4) > 0 && minute > at-15 && minute < at+c.length+8 {
			j = k
		}
	}
	c := &r.classes[j]
	move := func(day, to, length int) {
		c.moved, c.cancelled, c.toDay, c.to, c.toLength = true, false, day, to, length
	}
	what := ""
	switch n := rng.IntN(22); {
	case n < 3:
		c.cancelled = !c.cancelled
		what = map[bool]string{true: "cancelled", false: "taken back"}[c.cancelled]
	case n < 8:
		move(0, c.begin+rng.IntN(150)-50, c.length)
		what = "moved"
	case n < 10:
		move(1, c.begin, c.length)
		what = "moved to the next day"
	case n < 11:
		move(20, c.begin, c.length)
		what = "moved beyond the horizon"
	case n < 13:
		c.moved, c.cancelled = false, false
		what = "moved back"
	case n < 16:
		at, day := c.begin, 0
		if c.moved {
			at, day = c.to, c.toDay
		}
		move(day, at, max(2, c.length+rng.IntN(40)-20))
		what = "lengthened or shortened"
	case n < 18:
		c.absent = !c.absent
		what = map[bool]string{true: "removed", false: "added again"}[c.absent]
	case n < 19:
		c.begin += rng.IntN(30) - 15
		what = "planned for another start"
	case n < 20:
		r.page++
		what = "another page"
	case n < 21:
		r.app = map[string]string{"main": "other", "other": "main"}[r.app]
		what = "another App ID"
	default:
		r.zone = map[string]string{"UTC": "Europe/London", "Europe/London": "UTC"}[r.zone]
		what = "another zone"
	}
	return fmt.Sprintf("room-%d, class %d: %s", i, j, what)
}

// interval is a class as a plan has it.
type interval struct {
	start, end, from, until time.Time
	most                    time.Time // what an order may have made of until
	by                      plan.Occurrence
}

// era is a time in which nothing was edited.
type era struct {
	from  time.Time
	why   string
	spans map[string][]interval // wanted, by cname
	maybe map[string][]interval // what an order may have added to these
	grace map[string][]interval // what may go on although the plan does not hold it, or refused times
	down  bool
}

// editing is one day of random edits.
type editing struct {
	h     *house
	rng   *rand.Rand  // of the crashes
	at    []time.Time // of the edits ahead
	dice  []uint64    // a seed for each of them, so that when the daemon crashes changes nothing about them
	model *editedPlan
	plan  *plan.Plan
	was   []map[string]interval // by id: of the plan that the daemon had, and of one that it may have had in part
	why   []string              // the edits that the next era begins with
	eras  []era
	// orders are the extensions, oldest first.
	orders []editedOrder
	life   *life
	total  map[string]int
}

// TestRandomEditsOfARunningDay edits a plan and extends classes at random instants of a day, with crashes and restarts in
// between, and holds the ledger against the plan and the orders of each instant. A seed that fails is run alone by -edits 1 -seed N.
func TestRandomEditsOfARunningDay(t *testing.T) {
	t.Parallel()
	began, total := time.Now(), map[string]int{}
	for s := *seed; s < *seed+uint64(*edits); s++ {
		ok := t.Run(fmt.Sprint(s), func(t *testing.T) { oneDayOfEdits(t, s, total) })
		if total["days"]++; !ok {
			total["failing seeds"]++
		}
		if total["failing seeds"] > 10 {
			t.Error("and so on")
			break
		}
	}
	t.Logf("%v after %v", total, time.Since(began).Round(time.Second))
	if *edits >= 10 && (total["crashes"] == 0 || total["sessions"] < 2**edits || total["extend: done"] < *edits) {
		t.Error("they prove little")
	}
}

// TestRandomEditsOfOneDay is a single day of them.
func TestRandomEditsOfOneDay(t *testing.T) {
	t.Parallel()
	oneDayOfEdits(t, 2, map[string]int{})
}

func oneDayOfEdits(t *testing.T, seed uint64, total map[string]int) {
	synctest.Test(t, func(t *testing.T) {
		x := &editing{h: newHouse(t, simulator.Config{Faults: editFaults(seed)}), rng: rand.New(rand.NewPCG(seed, 7)), total: total}
		x.plant(rand.New(rand.NewPCG(seed, 8)))
		x.run()
		x.judge()
	})
}

// plant draws the plan and the instants of the edits.
func (x *editing) plant(rng *rand.Rand) {
	x.model = newEditedPlan(rng)
	at, end := editDay.Add(7*time.Hour+40*time.Minute), editDay.Add(11*time.Hour)
	for at.Before(end) {
		x.at, x.dice = append(x.at, at), append(x.dice, rng.Uint64())
		at = at.Add(time.Duration(rng.Int64N(int64(18 * time.Minute))))
	}
}

// editFaults are a few faults of the service on every other day.
func editFaults(seed uint64) simulator.Faults {
	if seed%2 != 0 {
		return simulator.Faults{}
	}
	rate := 0.01
	return simulator.Faults{Seed: seed, Requests: []simulator.RequestFault{
		{Rate: &rate, Drop: "before"}, {Rate: &rate, Drop: "after"}, {Rate: &rate, Status: 500}, {Rate: &rate, Status: 503},
	}}
}

func (x *editing) run() {
	until(editDay.Add(7*time.Hour + 30*time.Minute))
	x.plan = loadPlan(x.h.t, x.model.files(), "school.yaml")
	x.note("the start", false)
	e := x.begin()
	for len(x.at) > 0 {
		timer := time.NewTimer(time.Until(x.at[0]))
		select {
		case <-timer.C:
			if x.dice[0]%16 == 0 {
				x.note("an orderly end", true)
				e = x.again(e, x.within(10*time.Minute))
				continue
			}
			if x.dice[0]%4 == 1 {
				x.extend(e)
				continue
			}
			x.edit(e)
		case <-x.life.crashed:
			timer.Stop()
			x.total["crashes"]++
			x.note("a crash "+x.life.at, true)
			e = x.again(e, x.within(40*time.Second))
		}
	}
	x.life.countdown.Store(math.MaxInt64)
	select { // after the last edit
	case <-x.life.crashed:
		x.note("a crash "+x.life.at, true)
		e = x.again(e, time.Minute)
		x.life.countdown.Store(math.MaxInt64)
	default:
	}
	x.note("the rest", false)
	last := time.Now()
	for _, s := range x.was[0] {
		if s.until.Before(editDay.Add(48 * time.Hour)) {
			last = later(last, s.until)
		}
	}
	until(last.Add(70 * time.Minute)) // what the plan dropped goes on to its end
	x.shut(e)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (x *editing) within(d time.Duration) time.Duration { return time.Duration(x.rng.Int64N(int64(d))) }

// begin starts a daemon, which crashes after some steps.
func (x *editing) begin() *runner.Engine {
	x.h.t.Helper()
	x.life = &life{crashed: make(chan struct{})}
	x.life.countdown.Store(math.MaxInt64)
	l, quiet := x.life, slog.New(slog.DiscardHandler)
	var err error
	x.h.store, err = store.Open(context.Background(), filepath.Join(x.h.dir, "rundown.db"), store.Options{Create: true, Work: true, Service: "simulator"})
	if err != nil {
		x.h.t.Fatal(err)
	}
	e := runner.New(runner.Config{
		MinQueryInterval: catalog.MonitorInterval(),
		Store:            x.h.store, Logger: quiet, Who: "test", Horizon: 30 * time.Hour, Poll: time.Hour, Beat: 10 * time.Minute, Failpoint: l.failpoint,
		Connect: func(*plan.Plan) (*runner.Connection, error) {
			return &runner.Connection{Lookup: values, Client: func(r catalog.Region) (*agora.Client, error) {
				return agora.New(func(context.Context) (string, string, error) { return "customer", "canary", nil },
					agora.WithTransport(mortal{l, x.h.sim.Transport()}), agora.WithRegion(r), agora.WithLogger(quiet))
			}}, nil
		},
	})
	if err := e.Start(context.Background(), x.plan); err != nil {
		x.h.t.Fatal(err)
	}
	l.countdown.Store(1 + x.rng.Int64N(70))
	return e
}

func (x *editing) shut(e *runner.Engine) {
	e.Close()
	if err := x.h.store.Close(); err != nil {
		x.h.t.Error(err)
	}
}

func (x *editing) again(e *runner.Engine, after time.Duration) *runner.Engine {
	x.shut(e)
	time.Sleep(after)
	for len(x.at) > 0 && !x.at[0].After(time.Now()) { // the plan was edited meanwhile
		if x.dice[0]%4 == 1 {
			x.extend(nil)
			continue
		}
		x.change() // what lies between is nothing that the daemon hears of
	}
	e = x.begin()
	synctest.Wait() // what the orders ask for is done
	x.note("a restart", false)
	return e
}

// change edits the plan and reports whether validate passes it; one that it does not pass is not applied.
func (x *editing) change() bool {
	next, at := x.model.clone(), x.at[0]
	why := next.edit(rand.New(rand.NewPCG(x.dice[0], 9)), at)
	x.at, x.dice = x.at[1:], x.dice[1:]
	p, findings, err := load.Load(next.files(), "school.yaml")
	if err != nil || p == nil {
		x.total["refused"]++
		return false
	}
	for _, f := range append(findings, rules.Check(p, rules.Options{Now: time.Now()})...) {
		if f.Severity == plan.SeverityError {
			x.total["refused"]++
			return false
		}
	}
	place, kind, _ := strings.Cut(why, ": ")
	if room, _, _ := strings.Cut(place, ","); kind == "another zone" || kind == "planned for another start" {
		x.loosen(room)
	}
	x.total[kind]++
	x.model, x.plan = next, p
	x.why = append(x.why, why)
	return true
}

func (x *editing) edit(e *runner.Engine) {
	if !x.change() {
		return
	}
	before := x.was
	x.note("", false)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	applied := make(chan error, 1)
	go func() {
		_, err := e.Apply(ctx, x.plan)
		applied <- err
	}()
	select {
	case err := <-applied:
		if err != nil && !x.life.dead.Load() {
			x.h.t.Error(err)
		}
	case <-x.life.crashed:
		cancel()
		<-applied
		x.was = append(before, x.was...)
	}
}

// note begins an era.
func (x *editing) note(why string, down bool) {
	x.settleOrders()
	now := time.Now()
	maybe := map[string][]interval{}
	spans, ids, held := map[string][]interval{}, map[string]interval{}, map[string]bool{}
	for _, o := range schedule.Occurrences(x.plan, editDay.Add(-24*time.Hour), editDay.Add(60*time.Hour)) {
		held[o.ID] = true
		if !o.Cancelled() {
			span, most := x.ordered(&o)
			span.most, span.by = most, o
			ids[o.ID] = span
			spans[o.Cname] = append(spans[o.Cname], span)
			if most.After(span.until) {
				maybe[o.Cname] = append(maybe[o.Cname], interval{from: span.until, until: most})
			}
		}
	}
	grace := map[string][]interval{}
	if len(x.eras) > 0 {
		grace = maps.Clone(x.eras[len(x.eras)-1].grace)
	}
	heard := x.was
	if x.was = []map[string]interval{ids}; down { // nobody is there to hear of a plan
		x.was, heard = heard, nil
	}
	finder := schedule.NewFinder(x.plan)
	for _, was := range heard {
		for id, s := range was {
			_, beyond := finder.Find(id)
			after, wanted := ids[id]
			dropped := !held[id] && !beyond
			refused := wanted && !after.until.After(now) && !after.until.Equal(s.until)
			cname := "school-" + strings.Split(id, "/")[1]
			begun := !now.Before(s.from.Add(-lead)) || slices.ContainsFunc(grace[cname], func(g interval) bool { // it took its session over
				return g.until.After(now) && g.from.Before(s.until) && s.from.Before(g.until)
			})
			if _, s.until = x.ordered(&s.by); (dropped || refused) && begun && now.Before(s.until) { // it goes on to its end, also by an order of meanwhile
				grace[cname] = append(slices.Clone(grace[cname]), s)
			}
		}
	}
	why, x.why = strings.Join(append(x.why, why), "; "), nil
	x.eras = append(x.eras, era{from: now, why: why, spans: spans, maybe: maybe, grace: grace, down: down})
}

const (
	// lead is how long before its padding a class is begun at most: the documented lead, and room among other starts.
	lead = 45 * time.Second
	// judged is how long after an edit or a restart the ledger may differ from the plan: requests that a crash left without
	// an answer are asked again, and a replacement takes its time to write.
	judged = 50 * time.Second
	// settled is how long after a restart a class may wait that the plan gave to another App ID: a crash may have left the
	// stop of its session without an answer, and a 404 to the next one is a failover for 90 s.
	settled = judged + 2*time.Minute
	// look is the distance of the instants that are looked at.
	look = 5 * time.Second
)

// judge holds the ledger against the plan of each instant.
func (x *editing) judge() {
	known, orphans := x.stored()
	sessions := map[string][]simulator.LedgerSession{}
	lost := map[string]bool{}
	for _, s := range x.h.sim.Ledger().Sessions {
		x.total["sessions"]++
		sessions[s.Cname] = append(sessions[s.Cname], s)
		switch {
		case !known[s.SID] && !orphans[s.ResourceID]:
			x.h.t.Errorf("session %s of %s, from %v on, is not known", s.SID, s.Cname, s.StartedAt)
		case !known[s.SID]:
			x.total["orphans"]++
			lost[s.SID] = true
		case s.StoppedAt == nil:
			x.h.t.Errorf("session %s of %s, from %v on, still runs", s.SID, s.Cname, s.StartedAt)
		case s.StopReason != "stop":
			x.h.t.Errorf("session %s of %s ended by itself: %s", s.SID, s.Cname, s.StopReason)
		}
	}
	for i := range x.model.rooms {
		x.judgeRoom(fmt.Sprintf("school-room-%d", i), sessions, lost)
	}
	if x.h.t.Failed() {
		x.tell(sessions)
	}
}

func (x *editing) judgeRoom(cname string, sessions map[string][]simulator.LedgerSession, lost map[string]bool) {
	var unwanted, missing, twice time.Time // since when
	e := 0
	flag := func(since *time.Time, bad bool, at time.Time, what string) {
		switch began := x.eras[e].from; {
		case !bad:
			*since = time.Time{}
		case since.IsZero() || since.Before(began):
			*since = at
		case at.Sub(*since) > judged && at.Sub(began) > judged:
			x.h.t.Errorf("%s at %s: %s, since %s (%s)", cname, at.Format("02 15:04:05"), what, since.Format("15:04:05"), x.eras[e].why)
			*since = at.AddDate(1, 0, 0) // once
		}
	}
	up := x.eras[0].from
	end := x.eras[len(x.eras)-1].from.Add(48 * time.Hour)
	for at := x.eras[0].from; at.Before(end); at = at.Add(look) {
		for e+1 < len(x.eras) && !x.eras[e+1].from.After(at) {
			e++
		}
		now := &x.eras[e]
		if now.down {
			up = at
			unwanted, missing, twice = time.Time{}, time.Time{}, time.Time{}
			continue
		}
		running, orphaned := 0, 0
		for _, s := range sessions[cname] {
			if s.StartedAt.After(at) || s.StoppedAt != nil && !s.StoppedAt.After(at) {
				continue
			}
			if lost[s.SID] {
				orphaned++
			} else {
				running++
			}
		}
		want, most := false, 0
		for _, s := range now.spans[cname] {
			want = want || !at.Before(s.start) && at.Before(s.end.Add(-judged)) && s.end.Sub(now.from) > 2*time.Minute
			if !at.Before(s.from.Add(-lead)) && at.Before(s.until) {
				most++
			}
		}
		for _, s := range now.maybe[cname] {
			if !at.Before(s.from) && at.Before(s.until) {
				most++
			}
		}
		for _, s := range now.grace[cname] {
			if at.Before(s.until) {
				most++
			}
		}
		if want {
			x.total["looks"]++
		}
		flag(&unwanted, running > 0 && most == 0, at, "recorded, and the plan does not want it")
		flag(&missing, want && running+orphaned == 0 && at.Sub(up) > settled, at, "the plan wants it, and it is not recorded")
		flag(&twice, running > max(most, 1), at, "recorded twice")
	}
}

// stored are the sids of all sessions in the store, and the resource ids of those that are orphans; each class must have
// ended, but for those beyond the end of the test.
func (x *editing) stored() (sids, orphans map[string]bool) {
	t := x.h.t
	st, err := store.Open(context.Background(), filepath.Join(x.h.dir, "rundown.db"), store.Options{Service: "simulator"})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	rows, err := st.Occurrences(context.Background(), store.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	sids, orphans = map[string]bool{}, map[string]bool{}
	for _, row := range rows {
		stored, err := st.Sessions(context.Background(), row.ID)
		if err != nil {
			t.Fatal(err)
		}
		s, err := runner.Decode(row, stored[row.ID])
		if err != nil {
			t.Fatal(err)
		}
		for _, y := range s.Sessions {
			switch {
			case y.SID != "":
				sids[y.SID] = true
			case y.State == session.SessionOrphan:
				orphans[y.ResourceID] = true
			}
			if !y.State.Final() {
				t.Errorf("session %d of %s is %s", y.Attempt, s.ID, y.State)
			}
		}
		if s.Phase != session.Ended && s.End.Before(time.Now().Add(-10*time.Minute)) {
			t.Errorf("%s is %s after its end", s.ID, s.Phase)
		}
		for _, uncoded := range session.Uncoded(s) {
			t.Errorf("%s: %s", s.ID, uncoded)
		}
		if s.Phase == session.Ended {
			x.total[string(s.Outcome)]++
		}
	}
	return sids, orphans
}

// tell prints what happened.
func (x *editing) tell(sessions map[string][]simulator.LedgerSession) {
	var b strings.Builder
	for _, e := range x.eras {
		fmt.Fprintf(&b, "%s %s\n", e.from.Format("02 15:04:05"), e.why)
		for _, cname := range slices.Sorted(maps.Keys(e.spans)) {
			for _, s := range e.spans[cname] {
				fmt.Fprintf(&b, "    %s %s to %s\n", cname, s.start.Format("02 15:04:05"), s.end.Format("02 15:04:05"))
			}
		}
	}
	for _, cname := range slices.Sorted(maps.Keys(sessions)) {
		for _, s := range sessions[cname] {
			stopped := "still running"
			if s.StoppedAt != nil {
				stopped = s.StoppedAt.Format("02 15:04:05")
			}
			fmt.Fprintf(&b, "%s of %s, uid %s: %s to %s\n", s.SID[:6], cname, s.UID, s.StartedAt.Format("02 15:04:05"), stopped)
		}
	}
	x.h.t.Log(b.String())
	st, err := store.Open(context.Background(), filepath.Join(x.h.dir, "rundown.db"), store.Options{Service: "simulator"})
	if err != nil {
		return
	}
	defer st.Close()
	x.h.store = st
	rows, _ := st.Occurrences(context.Background(), store.Filter{})
	for _, row := range rows {
		if row.Start.Before(editDay.AddDate(0, 1, 0)) {
			x.h.t.Logf("%s: %s %s\n%s", row.ID, row.State, row.Reason, x.h.story(row.ID))
		}
	}
}
