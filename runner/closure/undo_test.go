package closure_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/runner/closure"
	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
)

// TestThePauseThatEndsFreesAClassThatWasMovedFarAhead cancels a class by a pause and moves it a month ahead: at once, and when it was over
// and its note was removed. The pause ends before the class is near.
func TestThePauseThatEndsFreesAClassThatWasMovedFarAhead(t *testing.T) {
	for name, days := range map[string]int{"while it is noted": 0, "after its note was removed": 5} {
		t.Run(name, func(t *testing.T) {
			s, ctx, at := filled(t, daily), t.Context(), now
			c, _, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosurePause, Recording: "latin", Who: "duty"})
			if err != nil {
				t.Fatal(err)
			}
			pass := func(days int) {
				t.Helper()
				for range days * 4 {
					at = at.Add(6 * time.Hour)
					if err := closure.Apply(ctx, s, at); err != nil {
						t.Fatal(err)
					}
				}
			}
			pass(days)
			const latin = `latin: {when: ["Mon-Sun 13:00-14:00"]`
			apply(t, s, strings.Replace(daily, latin, latin+`, changes: {2031-09-17: {to: "2031-10-20 18:00-19:00"}}`, 1))
			pass(1)
			if _, err := closure.Undo(ctx, s, c, operate.Operator{Who: "ops", Now: at}); err != nil {
				t.Fatal(err)
			}
			pass(1)
			name, _ := view.ParseID("school/latin/20310917T110000Z")
			class, err := view.NewFinder(s, at).Class(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			if by, still := class.Cancelled(); still {
				t.Errorf("the pause has ended, and the class of %v stays cancelled: %+v", class.Row.Start, by)
			}
		})
	}
}

// TestAPastDayHoldsAClassThatIsMovedAhead closes a day, and days later a plan moves a class of it a month ahead. Until then there is nothing
// that could be undone.
func TestAPastDayHoldsAClassThatIsMovedAhead(t *testing.T) {
	s, ctx, at := filled(t, daily), t.Context(), now.AddDate(0, 0, 5)
	c, _, err := closure.Give(ctx, s, store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-17", Recording: "latin", Who: "duty"})
	if err != nil {
		t.Fatal(err)
	}
	left := func(want bool) {
		t.Helper()
		if got, err := closure.Left(ctx, s, []store.Closure{c}, at); err != nil || got[c.ID] != want {
			t.Errorf("it holds a class that is not over: %v, %v, want %v", got[c.ID], err, want)
		}
	}
	left(false)
	const latin = `latin: {when: ["Mon-Sun 13:00-14:00"]`
	apply(t, s, strings.Replace(daily, latin, latin+`, changes: {2031-09-17: {to: "2031-10-20 18:00-19:00"}}`, 1))
	left(true)
	const id = "school/latin/20310917T110000Z"
	if ids, err := closure.Undo(ctx, s, c, operate.Operator{Who: "ops", Now: at}); err != nil || !slices.Equal(ids, []string{id}) {
		t.Errorf("taken back for %v, %v", ids, err)
	}
	if by, still := find(t, s, id).Cancelled(); still {
		t.Errorf("it stays cancelled: %+v", by)
	}
	left(false)
}
