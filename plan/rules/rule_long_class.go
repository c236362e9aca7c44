package rules

import (
	"fmt"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
)

// longClass is how long a class that passes midnight may be without a finding: an evening, not a start and an end
// that were swapped.
const longClass = 8 * time.Hour

// checkLongClasses checks the times of recordings and of changes.
func checkLongClasses(c *checker) {
	for _, r := range c.p.Recordings {
		for i := range r.When {
			w := &r.When[i]
			if w.Kind == plan.WhenCron {
				c.longCron(r, w)
			} else if isLongNight(w.Start, w.Length) {
				c.longClass(w.Pos, r, w.DaysText()+" ", w.Start, w.Length)
			}
		}
		for i := range r.Changes {
			to := r.Changes[i].To
			if to == nil || r.Changes[i].Cancelled || !isLongNight(to.Start, to.Length) {
				continue
			}
			head := ""
			if to.HasDay {
				head = to.Day.String() + " "
			}
			c.longClass(r.Changes[i].ToPos, r, head, to.Start, to.Length)
		}
	}
}

// longClass reports one time; head is the text before its clock times.
func (c *checker) longClass(pos plan.Pos, r *plan.Recording, head string, start plan.Clock, length time.Duration) {
	hint := plan.NewHint(tuneLong)
	if right, ok := swapped(head, start, length); ok {
		hint = plan.WriteHint(right).Append(", if start and end were swapped; " + tuneLong)
	}
	c.advise(pos, fmt.Sprintf("%s of %s lasts %s: its end is before its start, so it ends on the next day", head+plan.Clocks(start, length), r.ID, plan.DurationText(length)), hint)
}

// isLongNight says whether a class passes midnight and is longer than an evening.
func isLongNight(start plan.Clock, length time.Duration) bool {
	return length > longClass && int(start)+int(length/time.Second) > plan.DaySeconds
}

// swapped is a time with its start and its end swapped, behind head; false if that would be no shorter.
func swapped(head string, start plan.Clock, length time.Duration) (string, bool) {
	back := 24*time.Hour - length
	if back >= length {
		return "", false
	}
	end := plan.Clock((int(start) + int(length/time.Second)) % plan.DaySeconds)
	return head + plan.Clocks(end, back), true
}

// tuneLong is the hint for those who mean it.
const tuneLong = "for such a length on purpose, set rules: {long-class: off}"

// longCron checks the latest time of day of an expression, which passes midnight if any does.
func (c *checker) longCron(r *plan.Recording, w *plan.When) {
	if w.Length <= longClass || schedule.CronNever(w.Spec) {
		return
	}
	times := schedule.CronClocks(w.Spec)
	if latest := times[len(times)-1]; int(latest)+int(w.Length/time.Second) > plan.DaySeconds {
		c.report(w.Pos, fmt.Sprintf("%s of %s lasts %s and passes midnight", w, r.ID, plan.DurationText(w.Length)), "shorten its duration; "+tuneLong)
	}
}
