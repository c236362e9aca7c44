package rules

import (
	"fmt"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/schedule"
)

// checkRecordingHours checks that a session may last as long as the service allows, and no longer.
func checkRecordingHours(c *checker) {
	checkHours(c, "max-recording-hour-range", func(asked, most time.Duration) bool { return asked > most })
}

// checkExpiryHours checks that a session can still be queried and stopped when it ends.
func checkExpiryHours(c *checker) {
	checkHours(c, "resource-expired-hour-range", func(asked, most time.Duration) bool { return asked >= most })
}

// checkHours compares the longest time from a class's first request to the end of its padding with the hours that the
// service allows, under each change too. A single length is checked when it is read.
func checkHours(c *checker, bound string, tooLong func(asked, most time.Duration) bool) {
	_, hours := catalog.Bound(bound)
	most := time.Duration(*hours) * time.Hour
	report := func(pos plan.Pos, length, around time.Duration) {
		allowed := "at most " + plan.DurationText(most) + " are allowed"
		if bound == "resource-expired-hour-range" {
			allowed = "less than " + plan.DurationText(most) + " are allowed, since it cannot be queried or stopped afterwards"
		}
		c.report(pos, fmt.Sprintf("a class of %s, with its padding and the requests ahead of it, takes %s; %s",
			plan.DurationText(length), plan.DurationText(length+around), allowed), "split it into several classes, or shorten the padding")
	}
	for _, r := range c.p.Recordings {
		for i := range r.When {
			if beside := aroundClass(&r.Settings); tooLong(r.When[i].Length+beside, most) {
				report(r.When[i].Pos, r.When[i].Length, beside)
			}
		}
	}
	for _, s := range c.schedule.Timetables {
		for i, settings := range s.Changed {
			change := &s.Recording.Changes[i]
			beside := aroundClass(settings)
			if change.Cancelled || change.To == nil && beside == aroundClass(&s.Recording.Settings) {
				continue // its classes take no longer than their entries, which are judged above
			}
			if length, any := longestUnder(s, i, func(length time.Duration) bool { return tooLong(length+beside, most) }); any {
				report(change.Pos, length, beside)
			}
		}
	}
}

// aroundClass is what a session takes in addition to the class, from its first request to the end of its padding.
func aroundClass(s *plan.Settings) time.Duration {
	before := s.Padding.Before
	if s.ExactStart {
		before = schedule.HoldLead()
	}
	return schedule.Lead() + before + s.Padding.After
}

// longestUnder gives the longest class that the change applies to, if it is too long. It walks through the days of the change only
// where some time of the recording is long enough: a change may name years.
func longestUnder(s *schedule.Timetable, change int, tooLong func(time.Duration) bool) (longest time.Duration, any bool) {
	one := &s.Recording.Changes[change]
	if one.To != nil {
		return one.To.Length, tooLong(one.To.Length)
	}
	for i := range s.Recording.When {
		any = any || tooLong(s.Recording.When[i].Length)
	}
	if !any {
		return 0, false // whatever days it names
	}
	for d, on := range s.PlannedIn(one.Key.Days) {
		for i := range on {
			if s.Changes.Find(d, on[i].Clock) == change {
				longest = max(longest, time.Duration(on[i].Length)*time.Second)
			}
		}
	}
	return longest, longest > 0 && tooLong(longest)
}
