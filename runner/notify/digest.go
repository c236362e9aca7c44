package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

// digests announces the summaries that are due: for each target with a digest, once a day from its time on.
func (n *Notifier) digests(ctx context.Context, found *news, issues []Issue, now time.Time) error {
	for i := range n.targets {
		t := &n.targets[i]
		if t.entry.Digest == nil {
			continue
		}
		local := now.In(t.entry.Zone)
		year, month, date := local.Date()
		due := time.Date(year, month, date, 0, 0, int(*t.entry.Digest), 0, t.entry.Zone)
		name, day := digestMark+t.key, local.Format(time.DateOnly)
		last, known := n.observer.marks[name]
		if last == day || local.Before(due) && known {
			continue
		}
		if !known { // the first summary comes at the next time
			if local.Before(due) {
				day = "none"
			}
			found.marks = append(found.marks, store.Mark{Name: name, Value: day})
			continue
		}
		text, open, err := n.digest(ctx, t, issues, now)
		if err != nil {
			return err
		}
		found.add(store.Mark{Name: name, Value: day}, announcement(kindDigest, t.plan.Name, t.key, day, now, Fact{Audience: Audience{Target: t.key}, Reason: text, Count: open}))
	}
	return nil
}

// digest sums up the last and the next 24 hours of the classes that a target hears of, and counts those that were not
// recorded whole.
func (n *Notifier) digest(ctx context.Context, t *target, issues []Issue, now time.Time) (text string, open int, err error) {
	const span = 24 * time.Hour
	classes, err := n.cfg.Store.Briefs(ctx, now.Add(-span), now.Add(span))
	if err != nil {
		return "", 0, err
	}
	s := summary{counts: map[session.Outcome]int{}}
	for _, b := range classes {
		r := recordingOf(t.plan, b.Recording)
		if b.Plan != t.plan.Name || r == nil || !t.entry.WantsClass(b.Recording, r.Labels) {
			continue
		}
		switch {
		case b.State == string(session.Ended):
			if !b.End.After(now) || b.Outcome != string(session.Cancelled) {
				s.counts[session.Outcome(b.Outcome)]++
			}
			if b.Outcome != string(session.Recorded) && b.Outcome != string(session.Cancelled) {
				if s.open++; s.open <= 10 {
					s.bad = append(s.bad, fmt.Sprintf("%s %s (%s)", b.Recording, clockOn(b.Start, now, r.Zone), b.Outcome))
				}
			}
		case b.Start.After(now):
			s.ahead++
			if s.next.IsZero() {
				s.next = b.Start
			}
		default:
			s.running++
		}
	}
	if more := s.open - len(s.bad); more > 0 {
		s.bad = append(s.bad, fmt.Sprintf("%d more", more))
	}
	return s.text(t, issues, now), s.open, nil
}

// summary is what a digest counts of the classes that its target hears of.
type summary struct {
	counts  map[session.Outcome]int // of those that ended
	open    int                     // that were not recorded whole
	bad     []string                // of these the first ten by name, and how many more there are
	running int
	ahead   int
	next    time.Time // the first of those ahead
}

// clockOn is the time of a class, with its day where that is another than that of now.
func clockOn(at, now time.Time, zone *time.Location) string {
	at, now = at.In(zone), now.In(zone)
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format("15:04")
	}
	return at.Format("Mon 2 Jan 15:04")
}

// text is the summary in words. What is wrong is named, the rest is counted. Times are in the zone of the target, those of classes
// in bad in the zone of their recordings.
func (s summary) text(t *target, issues []Issue, now time.Time) string {
	zone := t.entry.Zone
	var parts []string
	for _, outcome := range []session.Outcome{session.Recorded, session.Partial, session.Missed, session.Failed, session.Cancelled} {
		if s.counts[outcome] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", s.counts[outcome], outcome))
		}
	}
	if len(parts) == 0 {
		parts = []string{"no class ended"}
	}
	text := fmt.Sprintf("Plan %s, the last 24 hours to %s: %s.", t.plan.Name, now.In(zone).Format("Mon 2 Jan 15:04 MST"), strings.Join(parts, ", "))
	if len(s.bad) > 0 {
		text += " Incomplete or not recorded: " + strings.Join(s.bad, ", ") + "."
	}
	if s.running > 0 {
		text += fmt.Sprintf(" Being recorded now: %d.", s.running)
	}
	if s.ahead > 0 {
		text += fmt.Sprintf(" The next 24 hours: %s, the first on %s.", plural(s.ahead, "class", "classes"), s.next.In(zone).Format("Mon 2 Jan 15:04 MST"))
	} else {
		text += " No class in the next 24 hours."
	}
	var raised []string
	for _, i := range issues {
		if planAbout(i) == "" || planAbout(i) == t.plan.Name {
			raised = append(raised, problem(i.ID))
		}
	}
	if len(raised) > 0 {
		return text + " Open problems: " + strings.Join(raised, ", ") + "."
	}
	return text + " No open problems."
}
