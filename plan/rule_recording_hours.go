package plan

import (
	"fmt"
	"time"

	"rundown/agora"
)

func init() {
	registerDocumented("max-recording-hour-range", func(c *checker) {
		checkHours(c, "max-recording-hour-range", func(recorded, most time.Duration) bool { return recorded > most })
	})
	registerDocumented("resource-expired-covers-plan", func(c *checker) {
		checkHours(c, "resource-expired-hour-range", func(recorded, most time.Duration) bool { return recorded >= most })
	})
}

// checkHours compares the longest time that a recording may run, padding and the wait for its first picture included,
// with the hours that the service allows. A single length is judged when it is read.
func checkHours(c *checker, bound string, tooLong func(recorded, most time.Duration) bool) {
	_, hours := agora.Bound(bound)
	most := time.Duration(*hours) * time.Hour
	for _, r := range c.p.Recordings {
		for i := range r.When {
			w := &r.When[i]
			recorded := agora.StartLead() + r.Padding.Before + w.length + r.Padding.After
			if !tooLong(recorded, most) {
				continue
			}
			allowed := "at most " + shortDuration(most)
			if bound == "resource-expired-hour-range" {
				allowed = "less than " + shortDuration(most) + ", after which it could neither be queried nor stopped"
			}
			c.report(w.Pos, fmt.Sprintf("a class of %s, with its padding and %s for the first picture, runs for %s; allowed are %s",
				shortDuration(w.length), shortDuration(agora.StartLead()), shortDuration(recorded), allowed), "split it into several classes")
		}
	}
}
