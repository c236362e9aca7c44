package runner_test

import (
	"fmt"
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

// TestExtensionsOfOneClassAreTakenBackOneByOne has a class that lasts 15 and then 30 minutes longer, of which one or both extensions
// are taken back while it is recorded, and one that a closure extends as well.
func TestExtensionsOfOneClassAreTakenBackOneByOne(t *testing.T) {
	t.Parallel()
	type given struct {
		kind    string
		until   string // of an extension
		closure int64
		refused bool
	}
	extend := func(until string, closure int64) given {
		return given{kind: session.CommandExtend, until: until, closure: closure}
	}
	back := given{kind: session.CommandUnextend}
	for name, tt := range map[string]struct {
		orders []given
		runs   string
	}{
		"the last of two":             {[]given{extend("08:05", 0), extend("08:20", 0), back}, "06:59-08:07"},
		"both":                        {[]given{extend("08:05", 0), extend("08:20", 0), back, back}, "06:59-07:52"},
		"one more than there are":     {[]given{extend("08:05", 0), back, {kind: session.CommandUnextend, refused: true}}, "06:59-07:52"},
		"one, and another is given":   {[]given{extend("08:05", 0), back, extend("08:20", 0)}, "06:59-08:22"},
		"its own, beside a closure's": {[]given{extend("08:05", 7), extend("08:20", 0), back}, "06:59-08:07"},
		"not that of a closure":       {[]given{extend("08:05", 7), {kind: session.CommandUnextend, refused: true}}, "06:59-08:07"},
		"a closure's, beside its own": {[]given{extend("08:05", 0), extend("08:20", 7), {kind: session.CommandUnextend, closure: 7}}, "06:59-08:07"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, moving(""), "school.yaml"))
				s := h.beside()
				for i, o := range tt.orders {
					until(monday.Add(time.Duration(i+1) * 5 * time.Minute))
					args := fmt.Sprintf(`{"closure":%d}`, o.closure)
					if o.until != "" {
						args = fmt.Sprintf(`{"until":"2031-09-15T%s:00Z","start":"2031-09-15T07:00:00Z","end":"2031-09-15T07:50:00Z","closure":%d}`, o.until, o.closure)
					}
					id, err := give(s, store.Command{At: time.Now(), Occurrence: german, Kind: o.kind, Who: "duty", Closure: o.closure, Args: []byte(args)})
					if err != nil {
						t.Fatal(err)
					}
					if cmd, err := s.Command(t.Context(), id); err != nil || cmd.CarriedOut() == o.refused {
						t.Errorf("order %d: %s, %v", i+1, cmd.Result, err)
					}
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
