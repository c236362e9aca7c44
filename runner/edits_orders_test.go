package runner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// editedOrder is an extension that an operator orders between the edits.
type editedOrder struct {
	command           int64
	id, recording     string
	start, end, until time.Time // of the class by the plan of then, and the end that is ordered
	result            string    // "": it is not known yet
	// loose: its class goes by another identity since, or what became of it is not known. It may count or not.
	loose bool
}

// endFor is the end that the order gives a class, by the documented rule: it moves with a class that is moved as a whole.
func (o *editedOrder) endFor(start, end time.Time) time.Time {
	if start.Equal(o.start) || end.Equal(o.end) {
		return o.until
	}
	return o.until.Add(end.Sub(o.end))
}

// ordered is the class as plan and orders have it, and the end that it may have beyond that.
func (x *editing) ordered(o *plan.Occurrence) (want interval, most time.Time) {
	want = interval{start: o.Start, end: o.End, from: o.RecordFrom, until: o.RecordUntil}
	most = o.End
	for i := range x.orders {
		y := &x.orders[i]
		switch {
		case y.recording != o.Recording.ID:
		case y.loose || y.result == "":
			most = later(most, later(y.until, later(y.until.Add(o.Start.Sub(y.start)), y.until.Add(o.End.Sub(y.end)))))
		case y.id == o.ID && y.result == store.Done: // the newest counts
			want.end = later(o.End, y.endFor(o.Start, o.End))
		}
	}
	padding := o.RecordUntil.Sub(o.End)
	want.until = later(want.until, want.end.Add(padding))
	return want, later(most, want.end).Add(padding)
}

// loosen notes that the classes of a room go by other identities from now on.
func (x *editing) loosen(room string) {
	for i := range x.orders {
		if x.orders[i].recording == room {
			x.orders[i].loose = true
		}
	}
}

// beside runs f on the store of a daemon, or on that which none has.
func (x *editing) beside(f func(*store.Store) error) {
	x.h.t.Helper()
	s, err := store.Open(context.Background(), filepath.Join(x.h.dir, "rundown.db"), store.Options{Service: "simulator"})
	if err != nil {
		x.h.t.Fatal(err)
	}
	defer s.Close()
	if err := f(s); err != nil {
		x.h.t.Fatal(err)
	}
}

// settleOrders learns what became of the orders.
func (x *editing) settleOrders() {
	waits := func(o editedOrder) bool { return o.result == "" }
	if !slices.ContainsFunc(x.orders, waits) {
		return
	}
	x.beside(func(s *store.Store) error {
		for i := range x.orders {
			if !waits(x.orders[i]) {
				continue
			}
			c, err := s.Command(context.Background(), x.orders[i].command)
			if err != nil {
				return err
			}
			if x.orders[i].result = c.Result; c.Result != "" {
				kind := strings.Join(strings.Fields(c.Result)[:min(2, len(strings.Fields(c.Result)))], " ")
				x.total["extend: "+kind]++
			}
		}
		return nil
	})
}

// extend orders that a class ends later, rather one that is about to be recorded or is being recorded. e is nil where no
// daemon runs.
func (x *editing) extend(e *runner.Engine) {
	rng, now := rand.New(rand.NewPCG(x.dice[0], 10)), time.Now()
	x.at, x.dice = x.at[1:], x.dice[1:]
	var near, all []plan.Occurrence
	for _, o := range schedule.Occurrences(x.plan, editDay, editDay.Add(60*time.Hour)) {
		if span, _ := x.ordered(&o); o.Cancelled() || span.end.Sub(now) < 2*time.Minute || o.Start.Sub(now) > 24*time.Hour {
			continue
		}
		all = append(all, o)
		if o.Start.Sub(now) < 15*time.Minute {
			near = append(near, o)
		}
	}
	if len(near) > 0 && rng.IntN(4) > 0 {
		all = near
	}
	if len(all) == 0 {
		return
	}
	o := all[rng.IntN(len(all))]
	span, _ := x.ordered(&o)
	until := span.end.Add(time.Duration(2+rng.IntN(12)) * time.Minute)
	args, err := json.Marshal(session.ExtendArgs{Until: until, Start: o.Start, End: o.End})
	if err != nil {
		x.h.t.Fatal(err)
	}
	cmd := store.Command{At: now, Occurrence: o.ID, Kind: session.CommandExtend, Who: "ops", Args: args, Day: o.Planned.Format(time.DateOnly), Clock: o.Planned.Format("15:04")}
	x.beside(func(s *store.Store) error {
		n, err := give(s, cmd)
		x.orders = append(x.orders, editedOrder{command: n, id: o.ID, recording: o.Recording.ID, start: o.Start, end: o.End, until: until})
		return err
	})
	x.total["extended"]++
	x.why = append(x.why, fmt.Sprintf("%s extended to %s", o.ID, until.Format("15:04:05")))
	if e == nil {
		return
	}
	if err := runner.Look(e); err != nil && !x.life.dead.Load() {
		x.h.t.Error(err)
	}
	synctest.Wait()
	x.note("", false)
}
