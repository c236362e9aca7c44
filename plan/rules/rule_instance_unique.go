package rules

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"rundown/plan"
	"rundown/plan/schedule"
)

// instance is a session's name at the service.
type instance struct{ app, cname, uid string }

// running is a class that occupies instances until its padding is over.
type running struct {
	id, recording, plan string
	until               int64
	instances           []instance
	own                 bool
	pos                 plan.Pos
}

// checkInstances looks for sessions of one App ID that have channel name and uid in common while they overlap. Channel
// names follow from plan and recording and uids from the occurrence, so that only recordings that can have one channel
// name are looked at.
func checkInstances(c *checker) {
	e := c.schedule()
	type member struct {
		e *schedule.Schedule
		s *schedule.Timetable
	}
	users := make(map[string][]member)
	var order []string
	plans := sharing(c.p, c.opts.Beside)
	for _, p := range plans {
		of := e
		if p != c.p {
			of = schedule.New(p)
		}
		for _, s := range of.Timetables {
			for _, key := range channels(s, of) {
				if users[key] == nil {
					order = append(order, key)
				}
				users[key] = append(users[key], member{of, s})
			}
		}
	}
	reported := make(map[[2]string]bool)
	for _, key := range order {
		if len(users[key]) < 2 {
			continue
		}
		byPlan := make(map[*schedule.Schedule][]*schedule.Timetable)
		for _, m := range users[key] {
			if !slices.Contains(byPlan[m.e], m.s) {
				byPlan[m.e] = append(byPlan[m.e], m.s)
			}
		}
		var list []running
		var begin []int64
		for _, m := range users[key] {
			if byPlan[m.e] == nil {
				continue
			}
			own := byPlan[m.e]
			byPlan[m.e] = nil
			for _, k := range schedule.Starts(own, schedule.UnixCeil(e.From), schedule.UnixCeil(e.Until)) {
				if !k.Cancelled() {
					list = append(list, instancesOf(m.e, &k, m.e == e))
					begin = append(begin, k.RecordFrom)
				}
			}
		}
		clashes(list, begin, func(a, b *running) {
			if !a.own {
				a, b = b, a
			}
			if pair := [2]string{a.plan + "/" + a.recording, b.plan + "/" + b.recording}; a.own && !reported[pair] {
				reported[pair] = true
				other := b.id
				if !b.own {
					other += fmt.Sprintf(" of %s, line %d,", path.Clean(b.pos.File), b.pos.Line)
				}
				c.report(a.pos, fmt.Sprintf("%s and %s use one App ID, channel name and uid (%s, %s) while both run", a.id, other, a.instances[0].cname, a.instances[0].uid),
					"give one of the plans another name, or one of the recordings another cname")
			}
		})
	}
}

func instancesOf(e *schedule.Schedule, k *schedule.Instance, own bool) running {
	o := plan.Occurrence{ID: e.ID(k)}
	r := running{id: o.ID, plan: e.Plan.Name, recording: k.Timetable.Recording.ID, until: k.RecordUntil, own: own, pos: k.Timetable.Recording.Pos}
	app, cname := plan.AppKey(e.Plan, k.Settings().App), e.Cname(k)
	for i := range max(k.Settings().Redundancy, 1) {
		for _, uid := range o.UIDs(i) {
			r.instances = append(r.instances, instance{app, cname, uid})
		}
	}
	return r
}

// clashes finds pairs that have an instance in common and overlap.
func clashes(list []running, starts []int64, found func(a, b *running)) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(starts[a], starts[b]) })
	last := make(map[instance]int)
	for _, i := range order {
		for _, in := range list[i].instances {
			if j, ok := last[in]; ok && j != i && list[j].until > starts[i] {
				found(&list[j], &list[i])
			}
			if j, ok := last[in]; !ok || list[j].until < list[i].until {
				last[in] = i
			}
		}
	}
}

// channels are the channel names that a recording can have, with the App ID, without what depends on the time of a
// class.
func channels(s *schedule.Timetable, e *schedule.Schedule) []string {
	var keys []string
	for i := -1; i < len(s.Changed); i++ {
		settings := s.Settings(i)
		if i >= 0 && settings == &s.Recording.Settings {
			continue
		}
		name := schedule.DerivedCname(e.Plan.Name, s.Recording.ID)
		if !settings.Cname.IsZero() {
			k := schedule.Instance{Timetable: s, Change: i}
			value := e.Values(&k)
			expanded, _ := settings.Cname.ExpandBy(func(name string) (string, bool) {
				if name == "date" || name == "time" {
					return "", false
				}
				return value(name)
			})
			name = expanded.String()
		}
		if key := plan.AppKey(e.Plan, settings.App) + "\x00" + name; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}
