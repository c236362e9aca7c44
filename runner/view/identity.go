package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/store"
)

// IdentityForm is the instant in a whole identity.
const IdentityForm = "20060102T150405Z"

// MoveSpan is how far from its planned start a class is looked for, since a change may move it.
const MoveSpan = 2 * 366 * 24 * time.Hour

// ID is an ID as people and scripts give it, in one of three forms: plan/recording/20310917T170000Z;
// recording@2031-09-17, with the time added where a day has two; or a recording alone. The plan goes before the last two
// where plans share a recording's name.
type ID struct {
	Text      string // with T between day and time
	Plan      string // "" where none is named
	Recording string
	Whole     bool      // the form with an instant
	Dated     bool      // the form with a day
	planned   time.Time // of those two: the instant, or the day at midnight UTC
	clock     string    // "09:00" or "09:00:20"; "" where none is given
}

const idForms = "give recording@2031-09-17, recording@2031-09-17 09:00, plan/recording/20310917T170000Z or a recording"

// ParseID reads an ID, of which a time of day may be a word of its own.
func ParseID(words ...string) (ID, error) {
	text := strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	wrong := func(why string) (ID, error) {
		return ID{}, fmt.Errorf("invalid ID %q: %s", Line(text), why)
	}
	id := ID{Text: text}
	name, when, dated := strings.Cut(text, "@")
	parts := strings.Split(name, "/")
	if slices.ContainsFunc(parts, func(part string) bool { return !isName(part) }) && (dated || len(parts) < 3) {
		return wrong(idForms)
	}
	switch {
	case !dated && len(parts) == 3: // one of another form is looked up as it is
		id.Plan, id.Recording, id.Whole = parts[0], parts[1], true
		id.planned, _ = time.Parse(IdentityForm, parts[2])
		return id, nil
	case len(parts) > 2:
		return wrong(idForms)
	case len(parts) == 2:
		id.Plan, id.Recording = parts[0], parts[1]
	default:
		id.Recording = parts[0]
	}
	if !dated {
		return id, nil
	}
	day, clock, timed := strings.Cut(strings.Replace(when, " ", "T", 1), "T")
	var err error
	if id.planned, err = time.Parse(time.DateOnly, day); err != nil {
		return wrong("write the day as in recording@2031-09-17")
	}
	if timed {
		if id.clock, err = ReadClock(clock); err != nil {
			return wrong("write the time as in recording@2031-09-17 09:00")
		}
	}
	id.Dated, id.Text = true, name+"@"+when
	if timed {
		id.Text = name + "@" + day + "T" + id.clock
	}
	return id, nil
}

// isName says that a text can be the name of a plan or recording.
func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// ReadClock reads a time of day, 9:00 or 09:00:20.
func ReadClock(s string) (string, error) {
	for _, layout := range []string{"15:04", time.TimeOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.Format(layout), nil
		}
	}
	return "", fmt.Errorf("%q is not a time of day", s)
}

// Names is what a class is called by: its identity, its plan, the names of its recording, and the local times at which it
// is planned and happens.
type Names struct {
	ID, plan   string
	recordings []string
	at         []string // local times as 2031-09-17T09:00:00
	shared     bool     // another class is planned on the same day, wherever it was moved to
	Clashing   bool     // another plan has a recording of that name
}

// localForm is a local time without its zone, as the store has those of planned classes.
const localForm = "2006-01-02T15:04:05"

// NamesOfPlanned is what a class of a plan is called by. A class that was moved goes by both days.
func NamesOfPlanned(o *plan.Occurrence) Names {
	zone := o.Recording.Zone
	if zone == nil {
		zone = o.Planned.Location()
	}
	planned := o.Planned.In(zone)
	return Names{
		ID: o.ID, plan: o.Plan, recordings: append([]string{o.Recording.ID}, o.Recording.Was...),
		at:     []string{planned.Format(localForm), o.Start.Format(localForm), beforeGap(planned).Format(localForm)},
		shared: strings.Contains(o.Short(), "T"),
	}
}

// NamesOfRow is the same of a row of the store.
func NamesOfRow(o *store.Occurrence) Names {
	clock := o.Clock
	if len(clock) == len("09:00") {
		clock += ":00"
	}
	planned := plannedOf(*o)
	return Names{
		ID: o.ID, plan: o.Plan, recordings: []string{o.Recording},
		at: []string{o.Day + "T" + clock, o.Start.In(ZoneOf(*o)).Format(localForm), beforeGap(planned).Format(localForm)},
	}
}

// short are the forms by which people call the class, the shortest first.
func (n Names) short() []string {
	name, at := n.recordings[0], n.at[0]
	day, minute := at[:len("2006-01-02")], strings.TrimSuffix(at, ":00")
	if n.shared {
		day = minute
	}
	long := []string{n.plan + "/" + name + "@" + day, n.plan + "/" + name + "@" + minute}
	if n.Clashing {
		return long
	}
	return append([]string{name + "@" + day, name + "@" + minute}, long...)
}

// all are all short forms that name the class, each once, the shortest first. A minute names the classes of each of its seconds.
func (n Names) all() []string {
	var forms []string
	for _, at := range n.at {
		for _, name := range n.recordings {
			for _, when := range []string{at[:len("2006-01-02")], at[:len("2006-01-02T15:04")], at} {
				forms = append(forms, name+"@"+when, n.plan+"/"+name+"@"+when)
			}
		}
	}
	slices.SortFunc(forms, func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)) })
	return slices.Compact(forms)
}

// names says whether the ID, with a day or whole, names a class.
func (id ID) names(n Names) bool {
	return id.Whole && id.Text == n.ID || id.Dated && slices.Contains(n.all(), id.Text)
}

// Nearby gives the classes of a plan's recording that start in a span, and those that may share a day with them: where the
// plan has changes they may have been moved from anywhere.
func Nearby(p *plan.Plan, r *plan.Recording, from, until time.Time) []plan.Occurrence {
	if len(r.Changes) > 0 {
		from, until = from.Add(-MoveSpan), until.Add(MoveSpan)
	}
	return schedule.OccurrencesOf(r, p, from.Add(-around), until.Add(around))
}

// around is further than two classes are apart that have a day in common.
const around = 2 * 24 * time.Hour

// Clashes are the names of recordings that several of the plans have.
func Clashes(plans []*plan.Plan) map[string]bool {
	of, clashing := map[string]string{}, map[string]bool{}
	for _, p := range plans {
		for _, r := range p.Recordings {
			for _, name := range append([]string{r.ID}, r.Was...) {
				clashing[name] = clashing[name] || of[name] != "" && of[name] != p.Name
				of[name] = p.Name
			}
		}
	}
	return clashing
}

// ShortestNames gives each class the shortest form that names it alone among them.
func ShortestNames(classes []Names) []string {
	count := map[string]int{}
	for _, n := range classes {
		for _, form := range n.all() {
			count[form]++
		}
	}
	out := make([]string, len(classes))
	for i, n := range classes {
		out[i] = n.ID
		for _, form := range n.short() {
			if count[form] == 1 {
				out[i] = form
				break
			}
		}
	}
	return out
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

// plannedAt is the instant at the end of a whole identity.
func plannedAt(id string) (time.Time, error) {
	return time.Parse(IdentityForm, id[strings.LastIndexByte(id, '/')+1:])
}

// plannedOf is the start as first planned, which the identity holds, in the zone of the row.
func plannedOf(o store.Occurrence) time.Time {
	planned, err := plannedAt(o.ID)
	if err != nil {
		planned = o.Start
	}
	return planned.In(ZoneOf(o))
}

// ClassesOf lists the classes of a plan that the ID names. A recording alone names those that have not ended, in order of
// their starts.
func (id ID) ClassesOf(p *plan.Plan, now time.Time) []plan.Occurrence {
	if id.Plan != "" && id.Plan != p.Name {
		return nil
	}
	if id.Whole || id.Dated {
		return id.within(p, now, id.planned.Add(-MoveSpan), id.planned.Add(MoveSpan))
	}
	from, near := now.Add(-longestClass), now.AddDate(yearsAhead, 0, 0)
	if found := id.within(p, now, from, near); len(found) > 0 {
		return found
	}
	return id.within(p, now, near, EndOfTime) // without an end it has one before
}

// within is the same of the classes that start in a span.
func (id ID) within(p *plan.Plan, now, from, until time.Time) []plan.Occurrence {
	var found []plan.Occurrence
	for _, r := range p.Recordings {
		if r.ID != id.Recording && !slices.Contains(r.Was, id.Recording) {
			continue
		}
		for _, o := range schedule.OccurrencesOf(r, p, from, until) {
			if id.names(NamesOfPlanned(&o)) || !id.Whole && !id.Dated && o.End.After(now) && !o.Cancelled() {
				found = append(found, o)
			}
		}
	}
	slices.SortStableFunc(found, func(x, y plan.Occurrence) int { return x.Start.Compare(y.Start) })
	return found
}

const (
	longestClass = 31 * 24 * time.Hour // a session lasts 720 hours at most
	yearsAhead   = 2                   // a recording without an end has a class before that
)

// Find gives the one occurrence of the plan that the ID names, with the padding that its neighbours leave.
func (id ID) Find(p *plan.Plan, now time.Time) (plan.Occurrence, error) {
	found := id.ClassesOf(p, now)
	switch {
	case len(found) == 0 && !id.Whole && !id.Dated:
		return plan.Occurrence{}, fmt.Errorf("no class of %s is running or planned in plan %s", Line(id.Text), p.Name)
	case len(found) == 0:
		return plan.Occurrence{}, fmt.Errorf("no class %s in plan %s; rundown list PLAN names its classes", Line(id.Text), p.Name)
	case len(found) > 1 && id.Dated:
		var list []Names
		for i := range found {
			list = append(list, NamesOfPlanned(&found[i]))
		}
		return plan.Occurrence{}, id.ambiguous(list)
	}
	return WithNeighbours(p, found[0]), nil
}

// ambiguous says that the ID names several classes, and how each of them is called.
func (id ID) ambiguous(classes []Names) error {
	const most = 8
	names := make([]string, len(classes))
	for i, n := range classes {
		names[i] = n.ID
		for _, form := range n.all() {
			if !strings.Contains(form, "@"+id.planned.Format(time.DateOnly)+"T") {
				continue
			}
			others := slices.DeleteFunc(slices.Clone(classes), func(o Names) bool { return !slices.Contains(o.all(), form) })
			if len(others) == 1 {
				names[i] = form
				break
			}
		}
	}
	return fmt.Errorf("%s matches %d classes, name one of them: %s", Line(id.Text), len(names), JoinSome(names, most))
}

// WithNeighbours gives a class the padding that its neighbours in the plan leave.
func WithNeighbours(p *plan.Plan, o plan.Occurrence) plan.Occurrence {
	for _, same := range schedule.Occurrences(p, o.Start, o.Start.Add(1)) {
		if same.ID == o.ID {
			return same
		}
	}
	return o
}

// EndOfTime is the end of what is searched for a class ahead.
var EndOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
