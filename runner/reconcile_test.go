package runner

import (
	"slices"
	"testing"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

// TestReconcile compares what a plan wants of one class with what the store holds of it. The class is from 9 to 10.
func TestReconcile(t *testing.T) {
	t.Parallel()
	nine := time.Date(2031, 9, 15, 9, 0, 0, 0, time.UTC)
	hour := func(n int) time.Time { return nine.Add(time.Duration(n-9) * time.Hour) }
	class := func(from, until int, hash string) desired {
		return desired{id: "p/r/1", recording: "r", hash: hash, interval: session.Interval{Start: hour(from), End: hour(until), From: hour(from), Until: hour(until)}}
	}
	dropped := func(d desired) desired { d.cancelledByPlan = true; return d }
	row := func(state session.Phase, change ...func(*store.Known)) store.Known {
		k := store.Known{ID: "p/r/1", Recording: "r", Hash: "a", Start: hour(9), End: hour(10), State: string(state)}
		if state == session.Ended {
			k.Outcome = string(session.Recorded)
		}
		for _, f := range change {
			f(&k)
		}
		return k
	}
	absent := func(k *store.Known) { k.Absent = true }
	cancelled := func(k *store.Known) { k.Outcome = string(session.Cancelled) }
	byPlan := func(k *store.Known) { k.CancelledByPlan = true }
	const none = verb(-1)
	for name, tt := range map[string]struct {
		want []desired
		rows []store.Known
		now  int // o'clock
		verb verb
	}{
		"wanted and not there":                            {[]desired{class(9, 10, "a")}, nil, 8, add},
		"wanted, not there, and begun already":            {[]desired{class(9, 10, "a")}, nil, 9, add},
		"wanted, not there, and over before anybody was":  {[]desired{class(5, 6, "a")}, nil, 8, none},
		"cancelled by the plan and not there":             {[]desired{dropped(class(9, 10, "a"))}, nil, 8, none},
		"as before":                                       {[]desired{class(9, 10, "a")}, []store.Known{row(session.Planned)}, 8, none},
		"as before, while it is recorded":                 {[]desired{class(9, 10, "a")}, []store.Known{row(session.Recording)}, 9, none},
		"other settings":                                  {[]desired{class(9, 10, "b")}, []store.Known{row(session.Planned)}, 8, update},
		"other settings, while it is recorded":            {[]desired{class(9, 10, "b")}, []store.Known{row(session.Recording)}, 9, update},
		"another time":                                    {[]desired{class(11, 12, "b")}, []store.Known{row(session.Planned)}, 8, update},
		"another time, while it is recorded":              {[]desired{class(11, 12, "b")}, []store.Known{row(session.Recording)}, 9, update},
		"an end that is past, while it is recorded":       {[]desired{class(7, 8, "b")}, []store.Known{row(session.Recording)}, 9, keepEnd},
		"an end that is past, before it has begun":        {[]desired{class(7, 8, "b")}, []store.Known{row(session.Planned)}, 8, update},
		"cancelled by the plan, while it is recorded":     {[]desired{dropped(class(9, 10, "b"))}, []store.Known{row(session.Recording)}, 9, update},
		"cancelled with an end that is past":              {[]desired{dropped(class(7, 8, "b"))}, []store.Known{row(session.Recording)}, 9, update},
		"not cancelled any more":                          {[]desired{class(9, 10, "a")}, []store.Known{row(session.Ended, cancelled, byPlan, func(k *store.Known) { k.Hash = "b" })}, 9, update},
		"not cancelled any more, once its end has passed": {[]desired{class(7, 8, "a")}, []store.Known{row(session.Stopping, byPlan, func(k *store.Known) { k.Hash = "b" })}, 9, none},
		"held by no plan and then as before":              {[]desired{class(9, 10, "a")}, []store.Known{row(session.Recording, absent)}, 9, update},
		"over, and as before":                             {[]desired{class(9, 10, "a")}, []store.Known{row(session.Ended)}, 11, none},
		"over, and other settings":                        {[]desired{class(9, 10, "b")}, []store.Known{row(session.Ended)}, 11, none},
		"over, and moved ahead":                           {[]desired{class(15, 16, "b")}, []store.Known{row(session.Ended)}, 11, update},
		"over, and moved to what is past":                 {[]desired{class(7, 8, "b")}, []store.Known{row(session.Ended)}, 11, none},
		"over since another relieved it, and wanted":      {[]desired{class(9, 12, "a")}, []store.Known{row(session.Ended, absent, func(k *store.Known) { k.End = hour(12) })}, 11, update},
		"not wanted, before it has begun":                 {nil, []store.Known{row(session.Planned)}, 8, remove},
		"not wanted, while it is recorded":                {nil, []store.Known{row(session.Recording)}, 9, remove},
		"not wanted, as was said before":                  {nil, []store.Known{row(session.Recording, absent)}, 9, none},
		"not wanted, and over":                            {nil, []store.Known{row(session.Ended)}, 9, none},
		"not wanted, and its time has passed":             {nil, []store.Known{row(session.Planned)}, 11, none},
		"not asked for, since it is beyond the window":    {nil, []store.Known{row(session.Planned, func(k *store.Known) { k.Start, k.End = hour(100), hour(101) })}, 8, none},
	} {
		t.Run(name, func(t *testing.T) {
			got := reconcile(tt.want, tt.rows, hour(tt.now), hour(99), hour(tt.now))
			verbs := []verb{}
			for _, c := range got {
				verbs = append(verbs, c.verb)
			}
			want := []verb{tt.verb}
			if tt.verb == none {
				want = []verb{}
			}
			if !slices.Equal(verbs, want) {
				t.Errorf("it says %v, want %v", verbs, want)
			}
		})
	}
	other := class(9, 11, "c")
	other.id = "p/r/2"
	got := reconcile([]desired{other}, []store.Known{row(session.Recording)}, hour(9), hour(99), hour(9))
	if len(got) != 2 || got[0].verb != add || got[1].verb != remove || !got[1].follows {
		t.Errorf("a class that follows another of its recording: %+v", got)
	}
}
