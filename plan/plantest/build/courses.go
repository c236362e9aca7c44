package build

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"rundown/agora/catalog"
	"rundown/plan"
)

// DrawCourses draws recordings as most are: weekly, alike but for one thing now and then, around a day.
func DrawCourses(t *rapid.T, around plan.Day) []*plan.Recording {
	days := func(first, last plan.Day) string {
		return plan.DayRange{First: around + first, Last: around + last}.String()
	}
	term := []*plan.Calendar{Calendar("term", days(-10, 25))}
	weeks := []*plan.Calendar{Calendar("first", days(0, 8)), Calendar("second", days(11, 20))}
	holidays := []*plan.Calendar{Calendar("holidays", days(3, 3), days(12, 15))}
	zones := []string{"Europe/Berlin", "Europe/Madrid", "America/New_York", "Pacific/Apia"}
	apps := []*plan.App{{Name: "one", ID: Must(plan.NewText("${ONE}", plan.Pos{}, plan.TextPlain))}, {Name: "two", ID: Must(plan.NewText("${TWO}", plan.Pos{}, plan.TextPlain)), Limits: plan.Limits{QPS: 2}}}
	n := func(label string, most int) int { return rapid.IntRange(0, most).Draw(t, label) }
	times := []string{"Tue Sun 02:30-03:15", "Mon-Sun 01:00-01:45", "Tue Sat 23:30-00:30", "Mon-Sun 08:00-07:45", "Fri 08:00-07:45"}
	usual := course{zone: n("zone", 3), first: n("time", 4), second: n("second time", 4), only: n("only", 3)}
	var list []*plan.Recording
	for i := range n("courses", 8) {
		c := usual
		c.vary(n)
		r := Recording(fmt.Sprintf("c%d", i), zones[c.zone], times[c.first], times[c.second])
		if c.first == c.second {
			r.When = r.When[:1]
		}
		r.Only = [][]*plan.Calendar{nil, term, append(weeks[:1:1], term...), weeks}[c.only]
		r.Skip = [][]*plan.Calendar{nil, holidays}[c.skip]
		r.Padding.Before = time.Duration(c.before) * 30 * time.Minute
		r.Padding.After = time.Duration(1+c.after) * 10 * time.Minute
		r.ExactStart = c.exact == 1
		r.App = apps[c.app]
		r.Region = []catalog.Region{"", catalog.RegionEU}[c.region]
		r.Video = []plan.Video{{Width: 640, Height: 360}, {Width: 1920, Height: 1080}}[c.video]
		r.Redundancy = 1 + c.redundancy
		r.Labels = map[string]string{"campus": []string{"north", "south"}[c.label]}
		switch n("page", 12) {
		case 1:
			r.URL = Must(plan.NewText("https://school.example/hall", plan.Pos{}, plan.TextURL))
		case 2:
			r.URL = Must(plan.NewText("https://school.example/{id}/{date}", plan.Pos{}, plan.TextURL))
		}
		list = append(list, r)
	}
	return list
}

// course says how a recording is drawn: most fields are an index into a list of [DrawCourses], or 1 for something unusual.
type course struct{ zone, first, second, only, skip, before, after, exact, app, region, video, redundancy, label int }

// vary makes one thing unusual, in twelve of sixteen courses.
func (c *course) vary(n func(label string, most int) int) {
	switch i := n("unusual", 16); i {
	case 1:
		c.zone = n("zone", 3)
	case 2:
		c.first, c.second = n("time", 4), n("second time", 4)
	case 3:
		c.only = n("only", 3)
	default:
		others := []*int{4: &c.skip, &c.before, &c.after, &c.exact, &c.app, &c.region, &c.video, &c.redundancy, &c.label}
		if i < len(others) && others[i] != nil {
			*others[i] = 1
		}
	}
}
