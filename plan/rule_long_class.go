package plan

import (
	"fmt"
	"time"
)

// longClass is how long a class over midnight may be without a question: an evening, not two times that were swapped.
const longClass = 8 * time.Hour

func checkLongClasses(c *checker) {
	for _, r := range c.p.Recordings {
		for i := range r.When {
			w := &r.When[i]
			if w.kind == whenCron {
				c.longCron(r, w)
				continue
			}
			head := w.days.String()
			if w.kind == whenDated {
				head = w.date.String()
			}
			c.longClass(w.Pos, r, w.String(), head+" ", w.start, w.length)
		}
		for i := range r.Changes {
			to := r.Changes[i].To
			if to == nil || r.Changes[i].Cancelled {
				continue
			}
			head := ""
			if to.HasDay {
				head = to.Day.String() + " "
			}
			c.longClass(r.Changes[i].ToPos, r, head+clocks(to.start, to.length), head, to.start, to.length)
		}
	}
}

// longClass judges one time; head is what stands before its clocks.
func (c *checker) longClass(pos Pos, r *Recording, written, head string, start clock, length time.Duration) {
	if length <= longClass || int(start)+int(length/time.Second) <= daySeconds {
		return
	}
	hint := say(tuneLong)
	if back := 24*time.Hour - length; back < length {
		end := clock((int(start) + int(length/time.Second)) % daySeconds)
		hint = write(head + clocks(end, back)).also(", if start and end were swapped; " + tuneLong)
	}
	c.advise(pos, fmt.Sprintf("%s of %s lasts %s, over midnight", written, r.ID, shortDuration(length)), hint)
}

const tuneLong = "for such a length on purpose, set rules: {long-class: off}"

// longCron judges the times of day of an expression by the latest, which passes midnight if any does.
func (c *checker) longCron(r *Recording, w *When) {
	if w.length <= longClass || cronNever(w.spec) {
		return
	}
	times := cronClocks(w.spec)
	if latest := times[len(times)-1]; int(latest)+int(w.length/time.Second) > daySeconds {
		c.report(w.Pos, fmt.Sprintf("%s of %s lasts %s, over midnight", w, r.ID, shortDuration(w.length)), "shorten its duration; "+tuneLong)
	}
}
