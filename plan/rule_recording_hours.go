package plan

import (
	"fmt"
	"time"

	"rundown/agora"
)

func checkRecordingHours(c *checker) {
	checkHours(c, "max-recording-hour-range", func(asked, most time.Duration) bool { return asked > most })
}

func checkExpiryHours(c *checker) {
	checkHours(c, "resource-expired-hour-range", func(asked, most time.Duration) bool { return asked >= most })
}

// checkHours compares the longest time from a class's first request to the end of its padding with the hours that the
// service allows, under each change too. A single length is judged when it is read.
func checkHours(c *checker, bound string, tooLong func(asked, most time.Duration) bool) {
	_, hours := agora.Bound(bound)
	most := time.Duration(*hours) * time.Hour
	report := func(pos Pos, length, around time.Duration) {
		allowed := "at most " + shortDuration(most)
		if bound == "resource-expired-hour-range" {
			allowed = "less than " + shortDuration(most) + ", after which it could neither be queried nor stopped"
		}
		c.report(pos, fmt.Sprintf("a class of %s, with its padding and the requests ahead of it, takes %s; allowed are %s",
			shortDuration(length), shortDuration(length+around), allowed), "split it into several classes, or shorten the padding")
	}
	for _, r := range c.p.Recordings {
		for i := range r.When {
			if beside := around(&r.Settings); tooLong(r.When[i].length+beside, most) {
				report(r.When[i].Pos, r.When[i].length, beside)
			}
		}
	}
	for _, s := range c.expansion().schedules {
		for i, settings := range s.changed {
			change := &s.recording.Changes[i]
			beside := around(settings)
			if change.Cancelled || change.To == nil && beside == around(&s.recording.Settings) {
				continue // its classes take no longer than their entries, which are judged above
			}
			if length, any := longestUnder(s, i, func(length time.Duration) bool { return tooLong(length+beside, most) }); any {
				report(change.Pos, length, beside)
			}
		}
	}
}

// around is what a session takes beside the class, from its first request to the end of its padding.
func around(s *Settings) time.Duration {
	before := s.Padding.Before
	if s.ExactStart {
		before = HoldLead()
	}
	return Lead() + before + s.Padding.After
}

// longestUnder gives the longest class that the change applies to, if it is too long.
func longestUnder(s *schedule, change int, tooLong func(time.Duration) bool) (longest time.Duration, any bool) {
	one := &s.recording.Changes[change]
	if one.To != nil {
		return one.To.length, tooLong(one.To.length)
	}
	for i := range s.recording.When {
		any = any || tooLong(s.recording.When[i].length)
	}
	if !any {
		return 0, false // whatever days it names
	}
	var list []planned
	for days := one.Key.Days; ; {
		d, ok := s.nextDay(days)
		if !ok {
			return longest, longest > 0 && tooLong(longest)
		}
		days.First = d + 1
		list = s.plannedOn(s.wall, d, list)
		for i := range list {
			if s.changes.find(d, list[i].clock) == change {
				longest = max(longest, time.Duration(list[i].length)*time.Second)
			}
		}
	}
}
