package rules

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"rundown/plan"
	"rundown/plan/schedule"
)

// instance is what identifies a session at the service.
type instance struct{ app, cname, uid string }

// occupant is a class that uses instances from the beginning to the end of its padding.
type occupant struct {
	id, recording, plan string
	from, until         int64 // Unix seconds
	instances           []instance
	own                 bool // it belongs to the plan that is checked
	pos                 plan.Pos
}

// channelUser is a recording that can use a channel name, and its plan.
type channelUser struct {
	e *schedule.Schedule
	s *schedule.Timetable
}

// checkInstances looks for sessions of one App ID that have the same channel name and uid while they overlap. Channel names
// follow from plan and recording, and uids from the occurrence, so that only recordings with a channel name in common are
// compared.
func checkInstances(c *checker) {
	reported := make(map[[2]string]bool)
	for _, users := range c.sharedChannels() {
		var list []occupant
		for _, u := range users {
			for k := range u.s.Classes(c.from, c.until) {
				if !k.Cancelled() {
					list = append(list, newOccupant(u.e, k, u.e == c.schedule))
				}
			}
		}
		eachClash(list, func(a, b *occupant) {
			if !a.own {
				a, b = b, a
			}
			if pair := [2]string{a.plan + "/" + a.recording, b.plan + "/" + b.recording}; a.own && !reported[pair] {
				reported[pair] = true
				c.reportClash(a, b)
			}
		})
	}
}

// reportClash reports a class of the plan and another that has one of its instances.
func (c *checker) reportClash(own, b *occupant) {
	other := b.id
	if !b.own {
		other += fmt.Sprintf(" of %s, line %d,", path.Clean(b.pos.File), b.pos.Line)
	}
	before, hint := "", "give one of the plans another name, or one of the recordings another cname"
	if !b.own && b.plan == own.plan {
		before, hint = fmt.Sprintf("both plans are called %s: ", own.plan), "give one of the plans another name"
	}
	c.report(own.pos, before+fmt.Sprintf("%s and %s use the same App ID, channel name and uid (channel %s, uid %s) while both run", own.id, other, own.instances[0].cname, own.instances[0].uid),
		hint)
}

// sharedChannels groups the recordings of the plan, and of those beside it, that can have a channel name in common.
func (c *checker) sharedChannels() (shared [][]channelUser) {
	users := make(map[string][]channelUser)
	var order []string
	for _, p := range plansSharingApps(c.p, c.opts.Beside) {
		e := c.schedule
		if p != c.p {
			e = schedule.New(p)
		}
		for _, s := range e.Timetables {
			for _, key := range channels(s, e) {
				if users[key] == nil {
					order = append(order, key)
				}
				users[key] = append(users[key], channelUser{e, s})
			}
		}
	}
	for _, key := range order {
		if len(users[key]) > 1 {
			shared = append(shared, users[key])
		}
	}
	return shared
}

// newOccupant gives the instances that a class uses: one for each session and uid.
func newOccupant(e *schedule.Schedule, k *schedule.Instance, own bool) occupant {
	recording := k.Timetable.Recording
	o := plan.Occurrence{ID: e.ID(k)}
	r := occupant{id: o.ID, plan: e.Plan.Name, recording: recording.ID, from: k.RecordFrom, until: k.RecordUntil, own: own, pos: recording.Pos}
	app, cname := plan.AppKey(e.Plan, k.Settings().App), e.Cname(k)
	for i := range max(k.Settings().Redundancy, 1) {
		for _, uid := range o.UIDs(i) {
			r.instances = append(r.instances, instance{app, cname, uid})
		}
	}
	return r
}

// eachClash visits pairs that have an instance in common and overlap. Each class is compared, by instance, with the one
// before it that ends last.
func eachClash(list []occupant, found func(a, b *occupant)) {
	slices.SortStableFunc(list, func(a, b occupant) int { return cmp.Compare(a.from, b.from) })
	last := make(map[instance]int)
	for i := range list {
		for _, in := range list[i].instances {
			j, ok := last[in]
			if ok && j != i && list[j].until > list[i].from {
				found(&list[j], &list[i])
			}
			if !ok || list[j].until < list[i].until {
				last[in] = i
			}
		}
	}
}

// channels are the channel names that a recording can have, with the App ID, without what depends on the time of a class.
func channels(s *schedule.Timetable, e *schedule.Schedule) []string {
	var keys []string
	for i := -1; i < len(s.Changed); i++ {
		settings := s.Settings(i)
		if i >= 0 && settings == &s.Recording.Settings {
			continue
		}
		name := schedule.DerivedCname(e.Plan.Name, s.Recording.ID)
		if !settings.Cname.IsZero() {
			name = e.ExpandUntimed(settings.Cname, s, i)
		}
		if key := plan.AppKey(e.Plan, settings.App) + "\x00" + name; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}
