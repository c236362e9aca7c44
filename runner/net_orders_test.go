package runner_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// waitingOrders leaves orders a second apart and waits for none of them. A duration after the bell is the new end of an
// extension.
func waitingOrders(t *testing.T, s *store.Store, orders ...any) (ids []int64) {
	t.Helper()
	for _, o := range orders {
		cmd := store.Command{At: time.Now(), Occurrence: german, Who: "ops", Reason: "a test"}
		switch o := o.(type) {
		case string:
			cmd.Kind = o
		case time.Duration:
			text, err := json.Marshal(session.ExtendArgs{Until: monday.Add(o), Start: monday, End: monday.Add(50 * time.Minute)})
			if err != nil {
				t.Fatal(err)
			}
			cmd.Kind, cmd.Args = session.CommandExtend, text
		}
		n, err := give(s, cmd)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, n)
		time.Sleep(time.Second) // virtual: each order has a time of its own
	}
	return ids
}

// TestOrdersThatWaitTogetherCountByWhatTheyComeTo gives several orders for a class that is being recorded before any is
// carried out: while no daemon runs, and between two polls of one.
func TestOrdersThatWaitTogetherCountByWhatTheyComeTo(t *testing.T) {
	t.Parallel()
	const cancel, undo, stop = session.CommandCancel, session.CommandUncancel, session.CommandStop
	for _, tt := range []struct {
		name   string
		first  []any // orders that are carried out before
		orders []any
		done   []bool // of the orders
		runs   []string
	}{
		{"cancelled and taken back", nil, []any{cancel, undo}, []bool{true, true}, []string{"06:59-07:52"}},
		{"cancelled twice and taken back twice", nil, []any{cancel, undo, cancel, undo}, []bool{true, true, true, true}, []string{"06:59-07:52"}},
		{"stopped and taken back", nil, []any{stop, undo}, []bool{true, true}, []string{"06:59-07:52"}},
		{"cancelled, taken back and cancelled", nil, []any{cancel, undo, cancel}, []bool{true, true, true}, []string{"06:59-07:20"}},
		{"extended twice", nil, []any{65 * time.Minute, 70 * time.Minute}, []bool{true, true}, []string{"06:59-08:12"}},
		{"extended twice, the second is less", nil, []any{70 * time.Minute, 65 * time.Minute}, []bool{true, false}, []string{"06:59-08:12"}},
		{"extended, cancelled and taken back", nil, []any{65 * time.Minute, cancel, undo}, []bool{true, true, true}, []string{"06:59-08:07"}},
		{"cancelled, taken back and extended", nil, []any{cancel, undo, 65 * time.Minute}, []bool{true, true, true}, []string{"06:59-08:07"}},
		{"cancelled and extended", nil, []any{cancel, 65 * time.Minute}, []bool{true, false}, []string{"06:59-07:20"}},
		{"taken back and cancelled again", []any{cancel}, []any{undo, cancel}, []bool{true, true}, []string{"06:59-07:10"}},
		{"taken back, cancelled and taken back", []any{cancel}, []any{undo, cancel, undo}, []bool{true, true, true}, []string{"06:59-07:10", "07:20-07:52"}},
		{"taken back and extended", []any{cancel}, []any{undo, 65 * time.Minute}, []bool{true, true}, []string{"06:59-07:10", "07:20-08:07"}},
	} {
		for name, restart := range map[string]bool{"live": false, "at a start": true} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(-10 * time.Minute))
					h := newHouse(t, simulator.Config{})
					h.poll = time.Minute
					p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
					e := h.open(p)
					s := h.beside()
					until(monday.Add(9*time.Minute + 50*time.Second))
					waitingOrders(t, s, tt.first...)
					until(monday.Add(19*time.Minute + 30*time.Second))
					if restart {
						h.shut(e)
					} else {
						until(monday.Add(20*time.Minute + time.Second))
					}
					ids := waitingOrders(t, s, tt.orders...)
					if restart {
						e = h.open(p)
					}
					until(monday.Add(3 * time.Hour))
					story := h.story(german)
					h.shut(e)
					runs := h.runs()
					for i := range runs { // a poll is a minute, and so is what a start differs by
						runs[i] = strings.NewReplacer("07:11", "07:10", "07:19", "07:20", "07:21", "07:20", "07:22", "07:20").Replace(runs[i])
					}
					if !slices.Equal(runs, tt.runs) {
						t.Errorf("ran %v, want %v\n%s", runs, tt.runs, story)
					}
					for i, id := range ids {
						c, err := s.Command(context.Background(), id)
						if err != nil || c.DoneAt.IsZero() || (c.Result == store.Done) != tt.done[i] {
							t.Errorf("order %d, %s: settled at %v: %q, %v, want done %v", i, c.Kind, c.DoneAt, c.Result, err, tt.done[i])
						}
					}
					h.audit()
				})
			})
		}
	}
}

// TestAnEmergencyStopBeginsNothing leaves orders that would begin or lengthen a recording, and then ends what runs.
func TestAnEmergencyStopBeginsNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first  []any
		orders []any
	}{
		"after an undo":       {[]any{session.CommandCancel}, []any{session.CommandUncancel}},
		"after an extension":  {nil, []any{30 * time.Hour}},
		"after an undone end": {nil, []any{session.CommandCancel, session.CommandUncancel}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-10 * time.Minute))
				faults := simulator.Faults{}
				if len(tt.first) > 0 { // its stop is not answered while the daemon runs
					faults.Requests = []simulator.RequestFault{{Endpoint: "stop", Status: 503, Times: 3}}
				}
				h := newHouse(t, simulator.Config{Faults: faults})
				h.poll = 5 * time.Second
				p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
				e := h.open(p)
				s := h.beside()
				until(monday.Add(20 * time.Minute))
				waitingOrders(t, s, tt.first...)
				time.Sleep(5 * time.Second) // virtual: the poll takes the first orders in
				h.shut(e)
				acquires := h.sim.Ledger().Requests["acquire"]
				waitingOrders(t, s, append(tt.orders, session.CommandStop)...)
				e = h.begin((*runner.Engine).StartToStop, p)
				until(monday.Add(40 * time.Minute))
				state, story := h.state(german), h.story(german)
				h.shut(e)
				if state.Phase != session.Ended || state.Outcome != session.Cancelled {
					t.Errorf("it is %s %s, want it cancelled\n%s", state.Phase, state.Outcome, story)
				}
				if l := h.sim.Ledger(); len(l.Sessions) != 1 || l.Sessions[0].StoppedAt == nil || l.Requests["acquire"] != acquires {
					t.Errorf("%+v, %d resources instead of %d, want one session that is stopped\n%s", l.Sessions, l.Requests["acquire"], acquires, story)
				}
			})
		})
	}
}

// TestAnEmergencyStopLeavesOtherOrdersToADaemon takes the cancellation of a class back that does not run: a daemon begins it.
func TestAnEmergencyStopLeavesOtherOrdersToADaemon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		h := newHouse(t, simulator.Config{})
		h.poll = 5 * time.Second
		p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
		e := h.open(p)
		s := h.beside()
		until(monday.Add(20 * time.Minute))
		waitingOrders(t, s, session.CommandCancel)
		until(monday.Add(30 * time.Minute))
		h.shut(e)
		acquires := h.sim.Ledger().Requests["acquire"]
		undo := waitingOrders(t, s, session.CommandUncancel)
		e = h.begin((*runner.Engine).StartToStop, p)
		time.Sleep(2 * time.Minute) // virtual: longer than a stop and its queries take
		h.shut(e)
		c, err := s.Command(context.Background(), undo[0])
		if err != nil || !c.CarriedOut() || h.sim.Ledger().Requests["acquire"] != acquires {
			t.Errorf("the order is %+v, %v, with %d resources, want it to hold, with %d", c, err, h.sim.Ledger().Requests["acquire"], acquires)
		}
		e = h.open(p)
		until(monday.Add(3 * time.Hour))
		h.shut(e)
		if runs := h.runs(); len(runs) != 2 || !strings.HasPrefix(runs[1], "07:3") {
			t.Errorf("ran %v, want it recorded again once a daemon runs", runs)
		}
	})
}

// TestTheLogTellsOfEachOrder gives one order of each kind and reads the daemon's log.
func TestTheLogTellsOfEachOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		h := newHouse(t, simulator.Config{})
		h.poll = 2 * time.Second
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		s := h.beside()
		for _, tt := range []struct {
			order any
			want  []string
		}{
			{65 * time.Minute, []string{"order=extend", `effect="new end"`, "end=2031-09-15T08:05:00.000Z"}},
			{60 * time.Minute, []string{"order=extend", "effect=none", `result="it ends at 2031-09-15T08:05:00Z anyway"`}},
			{session.CommandCancel, []string{"order=cancel", "effect=cancelled"}},
			{session.CommandCancel, []string{"order=cancel", "effect=none", "had ended already"}},
			{session.CommandUncancel, []string{"order=uncancel", `effect="cancellation taken back"`}},
			{session.CommandUncancel, []string{"order=uncancel", "effect=none", `result="it was not cancelled"`}},
		} {
			before := len(h.log.String())
			given := time.Now()
			waitingOrders(t, s, tt.order)
			time.Sleep(10 * time.Second) // virtual: longer than a poll
			synctest.Wait()
			var line string
			for _, l := range strings.Split(h.log.String()[before:], "\n") {
				if strings.Contains(l, `msg="order taken"`) {
					line = l
				}
			}
			want := append(tt.want, "occurrence="+german, "who=ops", `reason="a test"`, "given_at="+given.UTC().Format("2006-01-02T15:04:05"))
			for _, part := range want {
				if !strings.Contains(line, part) {
					t.Errorf("after %v the log says %q, want %q in it", tt.order, line, part)
				}
			}
		}
		h.shut(e)
	})
}
