package page

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/view"
)

// Source is what the pages read: the store and the active plans in it, by package view, and what the daemon says of
// itself. It is safe for concurrent use once its fields are set.
type Source struct {
	// Store is a connection of its own, not the engine's: the engine sees the orders that others write, and no page
	// waits for its writes.
	Store   *store.Store
	Clock   func() time.Time
	Issues  func() []runner.Issue
	State   func() (running bool, text string) // of the daemon
	Started time.Time                          // when it took the store
	Version string
	// GroupText puts what changes in the same way into words.
	GroupText func(forecast.DifferenceGroup) string

	acts sync.Mutex // one act at a time: each is judged by what those before it did

	changes atomic.Int64 // how often something was changed from here

	reading sync.Mutex              // held while one request reads classes from the store; guards the two below
	glances []glance                // those of the last second
	decoded map[string]decodedClass // by identity; of the last minute

	mu    sync.Mutex         // guards what is below; never held while the store is asked, but while a plan is read
	plans map[int64]recalled // by revision; those that are asked for again and again
	days  []expansion        // the latest, newest last
}

// zone is that of the pages: the one of most recordings, UTC where there is none.
func (s *Source) zone(ctx context.Context) (*time.Location, error) {
	plans, err := s.finder().Active(ctx, "")
	if err != nil {
		return nil, err
	}
	zones := map[string]int{}
	for _, p := range plans {
		for _, r := range p.Recordings {
			if r.Settings.Zone != nil {
				zones[r.Settings.Zone.String()]++
			}
		}
	}
	best := "UTC"
	for name, n := range zones {
		if n > zones[best] || n == zones[best] && name < best {
			best = name
		}
	}
	if zone, ok := plan.Zone(best); ok {
		return zone, nil
	}
	return time.UTC, nil
}

// fresh is for how long what was read of a period answers further requests. Many may look at the same day.
const fresh = time.Second

// glance is what was read of a period. Nobody changes it.
type glance struct {
	from, until time.Time
	read        time.Time
	classes     []Class
}

// classes are those that overlap a period, in order of their starts. One request reads at a time: however many look, they
// take no more than one processor from the engine, and what one reads serves all that ask meanwhile.
func (s *Source) classes(ctx context.Context, from, until time.Time) ([]Class, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.glances = slices.DeleteFunc(s.glances, func(g glance) bool { return time.Since(g.read) > fresh })
	for _, g := range s.glances {
		if g.from.Equal(from) && g.until.Equal(until) {
			return g.classes, nil
		}
	}
	read := time.Now()
	classes, err := s.readClasses(ctx, from, until)
	if err == nil {
		s.glances = append(s.glances, glance{from, until, read, classes})
	}
	return classes, err
}

// forget has everything read again, since something was changed from here.
func (s *Source) forget() {
	s.changes.Add(1)
	s.reading.Lock()
	defer s.reading.Unlock()
	s.glances = nil
}

// readClasses reads anew. The caller holds reading, which also guards decoded.
func (s *Source) readClasses(ctx context.Context, from, until time.Time) ([]Class, error) {
	views, err := s.finder().Between(ctx, from, until)
	if err != nil {
		return nil, err
	}
	classes := make([]Class, len(views.Rows))
	for i, row := range views.Rows {
		classes[i] = s.decode(row, views.Sessions[row.ID], views.Captions[row.ID])
	}
	maps.DeleteFunc(s.decoded, func(_ string, k decodedClass) bool { return time.Since(k.used) > decodedFor })
	return classes, nil
}

// decodedClass is a class with what it was made from. To decode a day is most of what a page costs the daemon, and from one second to
// the next few classes change.
type decodedClass struct {
	row      store.Occurrence
	sessions []store.Session
	class    Class
	used     time.Time
}

const (
	decodedFor  = time.Minute
	mostDecoded = 3000 // some 10 MB; of a longer period, the others are decoded each time
)

// decode is classOf, of a class that is as before what was decoded then. The caller holds the lock.
func (s *Source) decode(row store.Occurrence, sessions []store.Session, caption view.Caption) Class {
	k, known := s.decoded[row.ID]
	if !known || !reflect.DeepEqual(k.row, row) || !reflect.DeepEqual(k.sessions, sessions) {
		k = decodedClass{row: row, sessions: sessions, class: classOf(row, sessions, caption)}
	}
	k.used = time.Now()
	if s.decoded == nil {
		s.decoded = map[string]decodedClass{}
	}
	if known || len(s.decoded) < mostDecoded {
		s.decoded[row.ID] = k
	}
	k.class.Title, k.class.Labels = caption.Title, caption.Labels
	return k.class
}

// classOf is a class as the page shows it.
func classOf(o store.Occurrence, sessions []store.Session, caption view.Caption) Class {
	c := Class{OccurrenceDoc: view.AccountOf(o, sessions), Zone: view.ZoneOf(o), Title: caption.Title, Labels: caption.Labels}
	c.Page = bare(c.RecordedPage())
	x, effective := view.ExtensionOf(o)
	if !effective {
		c.Extended = nil
		return c
	}
	c.Extended = x
	if x.Until.After(c.End) {
		c.PlanEnd, c.End = cmp.Or(c.PlanEnd, c.End), x.Until
	}
	return c
}

// bare is an address without user, query and fragment.
func bare(address string) string {
	address, _, _ = strings.Cut(plan.MaskUser(address), "#")
	address, query, has := strings.Cut(address, "?")
	if has && query != "" {
		address += "?…"
	}
	return address
}

// find is the class of an identity.
func (s *Source) find(ctx context.Context, id string) (view.Class, error) {
	parsed, err := view.ParseID(id)
	if err != nil {
		return view.Class{}, errNotFound
	}
	c, err := s.finder().Class(ctx, parsed)
	if err != nil {
		if ctx.Err() != nil {
			return c, err
		}
		return c, errors.Join(errNotFound, err)
	}
	return c, nil
}

// class is one class with its story.
func (s *Source) class(ctx context.Context, id string) (Class, []Entry, error) {
	found, err := s.find(ctx, id)
	if err != nil {
		return Class{}, nil, err
	}
	views, err := view.ReadViews(ctx, s.Store, []store.Occurrence{found.Row})
	if err != nil {
		return Class{}, nil, err
	}
	c := classOf(found.Row, views.Sessions[found.Row.ID], view.Caption{})
	if found.Planned != nil {
		c.Title, c.Labels, c.Note = found.Planned.Recording.Title, found.Planned.Settings.Labels, found.Planned.Settings.Note
		c.AppName = cmp.Or(c.AppName, nameOf(found.Planned.Settings.App))
		if c.From.IsZero() {
			c.From, c.Until = found.Planned.RecordFrom, found.Planned.RecordUntil
		}
	}
	events, err := s.Store.Events(ctx, c.ID, 0, 0)
	if err != nil {
		return Class{}, nil, err
	}
	var story []Entry
	for i, x := range view.Story(found.Row, events) {
		story = append(story, Entry{x, x.Kind != "state" && strings.Contains(string(events[i].Data), `"reason_code"`)})
	}
	return c, story, nil
}

func nameOf(a *plan.App) string {
	if a == nil {
		return ""
	}
	return a.Name
}

// system is how the daemon is.
func (s *Source) system(ctx context.Context) (System, error) {
	sys := System{Started: s.Started, Version: s.Version, Store: s.Store.Path(), Running: true}
	if s.State != nil {
		sys.Running, sys.Text = s.State()
	}
	if s.Issues != nil {
		for _, i := range s.Issues() {
			sys.Issues = append(sys.Issues, Issue{i})
		}
	}
	slices.SortStableFunc(sys.Issues, func(a, b Issue) int { return cmp.Compare(a.Severity, b.Severity) }) // critical, warning
	simulated, err := view.Simulated(ctx, s.Store)
	if err != nil {
		return sys, err
	}
	if simulated {
		sys.Simulated = view.SimulatedText
	}
	sys.LastSeen, err = s.Store.LastBeat(ctx)
	return sys, err
}

// shownMessages is how many of the newest notifications are read, beside all that wait.
const shownMessages = 30

// messages are the notifications that wait, and the newest of the others.
func (s *Source) messages(ctx context.Context) (list []store.Message, waiting int, err error) {
	held, err := s.Store.Outbox(ctx, store.OutboxFilter{State: store.MessageWaiting, Limit: 10 * shownMessages})
	if err != nil {
		return nil, 0, err
	}
	newest, err := s.Store.Outbox(ctx, store.OutboxFilter{Limit: shownMessages})
	if err != nil {
		return nil, 0, err
	}
	newest = slices.DeleteFunc(newest, func(m store.Message) bool { return m.State == store.MessageWaiting })
	return slices.Concat(held, newest), len(held), nil
}

// planList are the plans with their revisions, newest first.
func (s *Source) planList(ctx context.Context) ([]Plan, error) {
	revisions, err := view.ReadRevisions(ctx, s.Store, "")
	if err != nil {
		return nil, err
	}
	f := s.finder()
	active, err := f.Active(ctx, "")
	if err != nil {
		return nil, err
	}
	var plans []Plan
	for _, of := range view.ByPlan(revisions) {
		p := Plan{Name: of[0].Plan, Withdrawn: of[0].Standing == view.StandingWithdrawn, Revisions: of}
		read := slices.ContainsFunc(active, func(a *plan.Plan) bool { return a.Name == p.Name })
		if !read && !p.Withdrawn && slices.ContainsFunc(of, view.PlanRevision.Active) {
			p.Unread = strings.Join(f.Unread, "; ")
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// changeIn is what a revision changes, against the one that was active before it.
func (s *Source) changeIn(ctx context.Context, name string, id int64) (c Change, err error) {
	r, against, err := view.RevisionAndBefore(ctx, s.Store, name, id)
	switch {
	case err != nil:
		return c, err
	case r.ID == 0:
		return c, errNotFound
	}
	c.Revision = r
	var before *plan.Plan
	if against.ID != 0 {
		c.Against = against
		if before, c.Why, err = s.planOf(ctx, against.ID); err != nil || c.Why != "" {
			return c, err
		}
	}
	after, why, err := s.planOf(ctx, id)
	if err != nil || why != "" {
		c.Why = why
		return c, err
	}
	now := s.Clock()
	// From the present on for what may still come; for a revision of the past, from when it was applied.
	from := c.Revision.At
	if c.Revision.Standing == view.StandingWaiting || c.Revision.Active() {
		from = now
	}
	d := forecast.Diff(before, after, forecast.Options{Now: now, From: forecast.Bound{At: from}, Until: forecast.Bound{At: from.AddDate(0, 0, view.ChangeDays)}})
	for _, g := range d.Groups() {
		group := Group{Kind: string(g.Kind), Recording: g.Recording, Classes: len(g.Classes)}
		if s.GroupText != nil {
			group.Text = s.GroupText(g)
		}
		c.Groups = append(c.Groups, group)
	}
	return c, nil
}

// planOf reads the plan of a revision; why says why it cannot be read. A withdrawal is no plan and nothing is wrong.
func (s *Source) planOf(ctx context.Context, id int64) (p *plan.Plan, why string, err error) {
	r, err := s.Store.Revision(ctx, id)
	if err != nil || r.Withdrawn() {
		return nil, "", err
	}
	p, _, err = s.recall(r)
	if err != nil {
		return nil, "what it changes cannot be told: " + err.Error(), nil
	}
	return p, "", nil
}

// hoursAtOnce is the most sessions at once, with padding, in each hour from an instant on.
func hoursAtOnce(plans []*plan.Plan, from, until time.Time) []int {
	type step struct {
		at time.Time
		by int
	}
	var steps []step
	for _, p := range plans {
		for o := range schedule.All(p, from.Add(-24*time.Hour), until) {
			if n := max(o.Settings.Redundancy, 1); !o.Cancelled() {
				steps = append(steps, step{o.RecordFrom, n}, step{o.RecordUntil, -n})
			}
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.by, b.by)) })
	var hours []int
	running, next := 0, 0
	for at := from; at.Before(until); at = at.Add(time.Hour) {
		for ; next < len(steps) && !steps[next].at.After(at); next++ {
			running += steps[next].by
		}
		most := running
		for ; next < len(steps) && steps[next].at.Before(at.Add(time.Hour)); next++ {
			running += steps[next].by
			most = max(most, running)
		}
		hours = append(hours, most)
	}
	return hours
}
