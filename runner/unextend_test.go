package runner_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestAnExtensionThatIsTakenBackEndsTheClassAsPlanned has an extension of a closure taken back before the class, while it is
// recorded, and when its planned end has passed: that cannot be taken back.
func TestAnExtensionThatIsTakenBackEndsTheClassAsPlanned(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		back time.Duration // since the bell
		runs string
	}{
		"before the class":               {-10 * time.Minute, "06:59-07:52"},
		"while it is recorded":           {20 * time.Minute, "06:59-07:52"},
		"when its planned end is passed": {55 * time.Minute, "06:59-08:07"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, moving(""), "school.yaml"))
				until(monday.Add(-30 * time.Minute))
				s := h.beside()
				order := func(kind, args string) store.Command {
					cmd := store.Command{At: time.Now(), Occurrence: german, Kind: kind, Who: "duty", Closure: 7, Args: []byte(args)}
					id, err := give(s, cmd)
					if err == nil {
						cmd, err = s.Command(t.Context(), id)
					}
					if err != nil {
						t.Fatal(err)
					}
					return cmd
				}
				order(session.CommandExtend, `{"until":"2031-09-15T08:05:00Z","start":"2031-09-15T07:00:00Z","end":"2031-09-15T07:50:00Z","closure":7}`)
				until(monday.Add(tt.back))
				back := order(session.CommandUnextend, `{"closure":7}`)
				if past := tt.back > 50*time.Minute; back.CarriedOut() == past {
					t.Errorf("%s: %s", back.Result, back.ReasonCode)
				}
				until(monday.Add(2 * time.Hour))
				story := h.story(german)
				h.shut(e)
				if runs := h.runs(); !slices.Equal(runs, []string{tt.runs}) {
					t.Errorf("ran %v, want %s\n%s", runs, tt.runs, story)
				}
				h.audit()
			})
		})
	}
}
