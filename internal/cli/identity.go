package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/store"
)

// identityForm is the instant in a whole identity.
const identityForm = "20060102T150405Z"

// moveSpan is how far from its planned start a class is looked for, since a change may move it.
const moveSpan = 2 * 366 * 24 * time.Hour

// parsedID is an ID as people and scripts give it: plan/recording/20310917T170000Z, or recording@2031-09-17 with the
// time added where a day has two and the plan before it where plans share a recording's name.
type parsedID struct {
	text      string
	short     string // the short form without a plan; "" for a whole identity
	plan      string // "" where the short form names none
	recording string
	planned   time.Time // of the short form: the day at midnight UTC
}

func parseID(s string) (parsedID, error) {
	if recording, day, ok := strings.Cut(s, "@"); ok && recording != "" {
		date, _, _ := strings.Cut(day, "T")
		if planned, err := time.Parse(time.DateOnly, date); err == nil {
			id := parsedID{text: s, short: s, recording: recording, planned: planned}
			if name, rest, ok := strings.Cut(recording, "/"); ok {
				id.plan, id.recording, id.short = name, rest, rest+"@"+day
			}
			return id, nil
		}
	}
	if parts := strings.Split(s, "/"); len(parts) == 3 {
		if planned, err := time.Parse(identityForm, parts[2]); err == nil {
			return parsedID{text: s, plan: parts[0], recording: parts[1], planned: planned}, nil
		}
	}
	return parsedID{}, fmt.Errorf("invalid ID %q: give plan/recording/20310917T170000Z or recording@2031-09-17", shown(s))
}

// matches says whether an occurrence goes by that ID. In the short form a day alone names every class of the day.
func (id parsedID) matches(o plan.Occurrence) bool {
	if id.short == "" {
		return o.ID == id.text
	}
	zone := o.Recording.Zone
	if zone == nil {
		zone = o.Planned.Location()
	}
	return (id.plan == "" || id.plan == o.Plan) && id.names(o.Planned.In(zone), o.Start)
}

// names says whether the short form names a class by when it is planned or by when it happens: a class that was moved
// goes by both days. The times are in the class's zones.
func (id parsedID) names(planned, start time.Time) bool {
	_, when, _ := strings.Cut(id.short, "@")
	day, clock, timed := strings.Cut(when, "T")
	for _, at := range []time.Time{planned, start, beforeGap(planned)} {
		if at.Format(time.DateOnly) == day && (!timed || at.Format("15:04") == clock || at.Format(time.TimeOnly) == clock) {
			return true
		}
	}
	return false
}

// beforeGap is the last second before a class that starts where a clock change ends, else the start itself. A class that
// is planned at a time that the clock skips begins then, which may be on the day after the one that the plan names.
func beforeGap(planned time.Time) time.Time {
	before := planned.Add(-time.Second)
	_, then := before.Zone()
	if _, now := planned.Zone(); now > then {
		return before
	}
	return planned
}

// findStored gives the one occurrence of the store that the ID names.
func (id parsedID) findStored(ctx context.Context, s *store.Store) (store.Occurrence, error) {
	found, err := s.Occurrences(ctx, store.Filter{ID: id.text})
	if err != nil {
		return store.Occurrence{}, fmt.Errorf("look up %s: %w", id.text, err)
	}
	if id.short != "" {
		// Those that happen on the day, whatever the day on which they are planned. No zone is further off than a day.
		around := store.Filter{
			Plan: id.plan, Recording: id.recording,
			EndAfter: id.planned.AddDate(0, 0, -1), StartBefore: id.planned.AddDate(0, 0, 2),
		}
		near, err := s.Occurrences(ctx, around)
		if err != nil {
			return store.Occurrence{}, fmt.Errorf("look up %s: %w", id.text, err)
		}
		for _, o := range near {
			known := slices.ContainsFunc(found, func(f store.Occurrence) bool { return f.ID == o.ID })
			if !known && id.names(plannedOf(o), o.Start.In(zoneOf(o))) {
				found = append(found, o)
			}
		}
	}
	switch len(found) {
	case 0:
		return store.Occurrence{}, fmt.Errorf("no occurrence %s in the store, which holds the classes of the next eight days and what was; rundown list PLAN tells the names of classes", shown(id.text))
	case 1:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, o := range found {
		ids[i] = o.ID
	}
	return store.Occurrence{}, fmt.Errorf("%s names %d occurrences, name one of them: %s", shown(id.text), len(ids), strings.Join(ids, ", "))
}

// plannedOf is the start as first planned, which the identity holds, in the zone of the row.
func plannedOf(o store.Occurrence) time.Time {
	planned, err := time.Parse(identityForm, o.ID[strings.LastIndexByte(o.ID, '/')+1:])
	if err != nil {
		planned = o.Start
	}
	return planned.In(zoneOf(o))
}

// find gives the one occurrence of the plan that the ID names, with the padding that its neighbours leave.
func (id parsedID) find(p *plan.Plan) (plan.Occurrence, error) {
	var found []plan.Occurrence
	for _, r := range p.Recordings {
		if r.ID != id.recording && !slices.Contains(r.Was, id.recording) {
			continue
		}
		for _, o := range r.OccurrencesOf(p, id.planned.Add(-moveSpan), id.planned.Add(moveSpan)) {
			if id.matches(o) {
				found = append(found, o)
			}
		}
	}
	switch len(found) {
	case 0:
		return plan.Occurrence{}, fmt.Errorf("no class %s in plan %s; list shows what there is", shown(id.text), p.Name)
	case 1:
	default:
		ids := make([]string, len(found))
		for i, o := range found {
			ids[i] = o.ID
		}
		return plan.Occurrence{}, fmt.Errorf("%s names %d classes, name one of them: %s", shown(id.text), len(found), strings.Join(ids, ", "))
	}
	o := found[0]
	for _, same := range p.Occurrences(o.Start, o.Start.Add(1)) {
		if same.ID == o.ID {
			return same, nil
		}
	}
	return o, nil
}
