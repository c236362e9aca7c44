package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/plan"
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
	if id.plan != "" && id.plan != o.Plan {
		return false
	}
	_, when, _ := strings.Cut(id.short, "@")
	_, planned, _ := strings.Cut(o.Short(), "@")
	return planned == when || strings.HasPrefix(planned, when+"T")
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
