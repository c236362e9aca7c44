package runner_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner/session"
)

// TestAClassThatLeavesThePlanWhileItIsRecordedIsToldOf edits the plan twenty minutes after the start: a class that the
// plan no longer holds is recorded to its end, and the log says so once, with what stops it.
func TestAClassThatLeavesThePlanWhileItIsRecordedIsToldOf(t *testing.T) {
	t.Parallel()
	const warning = `level=WARN msg="a class that is being recorded is no longer in the plan`
	for _, tt := range []struct {
		name string
		when string // of the recording after the edit; "": the recording is deleted
		told bool
	}{
		{"its recording is deleted", "", true},
		{"its date is deleted", "2031-12-01 09:00-09:50", true},
		{"its date is rewritten to another day", "2031-09-16 09:00-09:50, 2031-12-01 09:00-09:50", true},
		{"its times are rewritten and overlap", "2031-09-15 09:10-10:00, 2031-12-01 09:00-09:50", false},
		{"another class is deleted", "2031-09-15 09:00-09:50", false},
	} {
		for way, restart := range map[string]bool{"live": false, "at a restart": true} {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(-time.Hour))
					h := newHouse(t, simulator.Config{})
					spare := "  spare: {when: 2031-12-02 09:00-09:50}"
					e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50, 2031-12-01 09:00-09:50", spare), "school.yaml"))
					until(monday.Add(20*time.Minute + 30*time.Second))
					edited := school(tt.when, spare)
					if tt.when == "" {
						text := edited["school.yaml"]
						edited["school.yaml"] = strings.Replace(text, "  german:\n    when: []\n", "", 1)
					}
					after := loadPlan(t, edited, "school.yaml")
					if restart {
						h.shut(e)
						e = h.open(after)
					} else if diff, err := e.Apply(context.Background(), after); err != nil || (diff.Left == 1) != tt.told {
						t.Fatalf("%+v, %v", diff, err)
					}
					if tt.told { // it is told once
						h.shut(e)
						e = h.open(after)
						if _, err := e.Apply(context.Background(), after); err != nil {
							t.Fatal(err)
						}
					}
					until(monday.Add(3 * time.Hour))
					s, story := session.State{}, ""
					if tt.told {
						s, story = h.state(german), h.story(german)
					}
					h.shut(e)
					log := h.log.String()
					if n := strings.Count(log, warning); (n == 1) != tt.told || n > 1 {
						t.Errorf("%d warnings in\n%s", n, log)
					}
					if !tt.told {
						return
					}
					for _, part := range []string{"occurrence=" + german, `recorded_until="2031-09-15 09:52:00+02:00"`, `to_stop_it="rundown cancel ` + german + `"`} {
						if !strings.Contains(log, part) {
							t.Errorf("the log does not say %s:\n%s", part, log)
						}
					}
					if s.Outcome != session.Recorded {
						t.Errorf("%s: %s", s.Outcome, s.Reason)
					}
					if strings.Count(story, "plan revision 2 of the plan no longer holds it: it is recorded until 09:52 CEST") != 1 {
						t.Errorf("the history:\n%s", story)
					}
				})
			})
		}
	}
}

// TestAClassOfAnAppThatNoPlanNamesIsStoppedByTheAccountOfItsPlan restarts a daemon of two plans with an account each, while
// a class is recorded whose plan has moved to another App ID, or is not given any more.
func TestAClassOfAnAppThatNoPlanNamesIsStoppedByTheAccountOfItsPlan(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]bool{"its plan has another App ID": true, "its plan is not given": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.revision = archived
				change := func(f files, pairs ...string) *plan.Plan {
					return loadPlan(t, files{"school.yaml": strings.NewReplacer(pairs...).Replace(f["school.yaml"])}, "school.yaml")
				}
				other := change(school("2031-09-16 09:00-09:50"), "name: school", "name: academy",
					"${ID}", "${ID_OF_ACADEMY}", "${SECRET}", "${SECRET_OF_ACADEMY}", "${APP}", "${APP_OF_ACADEMY}")
				e := h.open(other, loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(10 * time.Minute))
				plans := []*plan.Plan{other}
				if given {
					plans = append(plans, change(school("2031-09-16 09:00-09:50"), "${APP}", "${NEW_APP}"))
					_, err := e.Apply(context.Background(), plans[1])
					must(t, err)
				}
				h.shut(e)
				e = h.open(plans...)
				until(monday.Add(2 * time.Hour))
				story := h.story(german)
				h.shut(e)
				if runs := h.runs(); !slices.Equal(runs, []string{"06:59-07:52"}) {
					t.Errorf("ran %v\n%s", runs, story)
				}
				h.audit()
				noCanary(t, h)
			})
		})
	}
}
