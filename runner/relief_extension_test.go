package runner_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestTheClassThatRelievesAnExtendedOneIsExtended extends a class while it is recorded, and then has its plan give it another start,
// which makes it another class.
func TestTheClassThatRelievesAnExtendedOneIsExtended(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		when  string // of the class after the edit
		kinds []string
		more  string
		runs  []string
	}{
		{"start and end are moved", "09:01-09:51", nil, "", []string{"06:59-07:30", "07:30-08:03"}},
		{"the start is moved", "09:01-09:50", nil, "", []string{"06:59-07:30", "07:30-08:02"}},
		{"the new class is longer", "09:01-10:10", nil, "", []string{"06:59-07:30", "07:30-08:22"}},
		{"to another App ID", "09:01-09:51", nil, "    app: other", []string{"06:59-07:30", "07:30-08:03"}},
		{"the extension was taken back before", "09:01-09:51", []string{session.CommandUnextend}, "", []string{"06:59-07:30", "07:30-07:53"}},
	} {
		for way, restart := range map[string]bool{"live": false, "at a restart": true} {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(-time.Hour))
					h := newHouse(t, simulator.Config{})
					e := h.open(loadPlan(t, moving(""), "school.yaml"))
					until(monday.Add(20 * time.Minute))
					s := h.beside()
					ordered(t, s, session.CommandExtend, german, session.ExtendArgs{Until: monday.Add(time.Hour), Start: monday, End: monday.Add(50 * time.Minute)})
					for _, kind := range tt.kinds {
						ordered(t, s, kind, german, nil)
					}
					until(monday.Add(30 * time.Minute))
					edited := moving("", tt.more)
					edited["school.yaml"] = strings.Replace(edited["school.yaml"], "2031-09-15 09:00-09:50", "2031-09-15 "+tt.when, 1)
					after := loadPlan(t, edited, "school.yaml")
					if restart {
						h.shut(e)
						e = h.open(after)
					} else {
						apply(t, e, after)
					}
					apply(t, e, after)
					until(monday.Add(3 * time.Hour))
					story := h.story(german)
					h.shut(e)
					if runs := h.runs(); !slices.Equal(runs, tt.runs) {
						t.Errorf("ran %v, want %v\n%s", runs, tt.runs, story)
					}
					h.audit()
				})
			})
		}
	}
}

// TestAnExtensionThatWentOverIsTakenBack takes back the extension of a class that relieved an extended one. It stays taken back when the
// plan is applied again.
func TestAnExtensionThatWentOverIsTakenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const heir = "school/german/20310915T070100Z"
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, moving(""), "school.yaml"))
		until(monday.Add(20 * time.Minute))
		s := h.beside()
		ordered(t, s, session.CommandExtend, german, session.ExtendArgs{Until: monday.Add(time.Hour), Start: monday, End: monday.Add(50 * time.Minute)})
		edited := moving("")
		edited["school.yaml"] = strings.Replace(edited["school.yaml"], "2031-09-15 09:00-09:50", "2031-09-15 09:01-09:51", 1)
		after := loadPlan(t, edited, "school.yaml")
		apply(t, e, after)
		if got := ordered(t, s, session.CommandUnextend, heir, nil); got != store.Done {
			t.Errorf("%s", got)
		}
		apply(t, e, after)
		until(monday.Add(3 * time.Hour))
		h.shut(e)
		if x := h.outcomes()[heir]; !x.End.Equal(monday.Add(51 * time.Minute)) {
			t.Errorf("it ended at %v", x.End)
		}
	})
}
