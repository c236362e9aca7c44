package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

const (
	// resolvedAfter is how long a condition must be gone before it is told as over: what comes and goes is one condition.
	resolvedAfter = time.Minute
	// lateAfter is how long after its start a class of which nothing is recorded is late.
	lateAfter = 30 * time.Second
	// stuckAfter is how long messages wait for a target, failed tries behind them, before that is a health issue.
	stuckAfter = 10 * time.Minute
)

// The names of marks begin with what the condition is about.
const (
	issueMark  = "issue/"
	riskMark   = "risk/"
	lateMark   = "late/"
	planMark   = "plan/"
	digestMark = "digest/"
	nodeMark   = "node" // of the only daemon, and with its number behind it of each of several
)

// observer compares what lasts (health issues, classes at risk or late, plans) with what was announced of it. It belongs to
// the notifier's goroutine.
type observer struct {
	marks  map[string]string    // as stored
	gone   map[string]time.Time // since when a marked condition is not there any more
	silent map[string]silence   // classes that were begun and of which nothing is seen to be recorded
	last   []store.Brief        // the next classes, as they were read last
	read   bool                 // they were read at least once
}

// newObserver begins with what was announced before, by this process or another one.
func newObserver(marks map[string]string) observer {
	return observer{marks: marks, gone: map[string]time.Time{}, silent: map[string]silence{}}
}

// condition is what a mark remembers of what was announced.
type condition struct {
	Since    time.Time           `json:"since"`
	Severity plan.NotifySeverity `json:"severity,omitempty"`
	Causes   []Cause             `json:"causes,omitempty"`
	Class    *Class              `json:"class,omitempty"`
	// Of late classes: since when one that was recorded is not any more, that this was told shortly after another time, and when one was
	// told to record again. Such a mark stays until the class is over.
	Lost      time.Time `json:"lost,omitzero"`
	Again     bool      `json:"again,omitempty"`
	Recovered time.Time `json:"recovered,omitzero"`
}

// mark is the condition as it is stored.
func (c condition) mark(name string) store.Mark {
	value, err := json.Marshal(c)
	if err != nil { // times and texts
		value = []byte("{}")
	}
	return store.Mark{Name: name, Value: string(value)}
}

// conditionOf reads the value of a mark; the zero condition where it is of another form.
func conditionOf(value string) (c condition) {
	_ = json.Unmarshal([]byte(value), &c) // a mark of another form tells nothing
	return c
}

// news are the announcements and marks that come of one look.
type news struct {
	marks         []store.Mark
	announcements []store.Announcement
}

// add has a mark and an announcement stored together, so that neither a crash nor a full disk has one without the other.
func (n *news) add(m store.Mark, a store.Announcement) {
	n.marks = append(n.marks, m)
	n.announcements = append(n.announcements, a)
}

// observe announces what has changed since the last look.
func (n *Notifier) observe(ctx context.Context) {
	now := n.cfg.Now()
	n.lookForStuck(ctx, now)
	issues := n.cfg.Issues()
	var found news
	h := history{
		revisions: func(plan string) []store.Revision { return n.revisions(ctx, plan) },
		change:    func(plan string, revision int64) *PlanChange { return n.change(ctx, plan, revision) },
	}
	n.observer.plans(&found, n.cfg.Plans(), h, now)
	n.observer.issues(&found, issues, h, now)
	n.lookAtClasses(ctx, &found, issues, now)
	n.lookAtNodes(ctx, &found, now)
	if len(n.targets) > 0 {
		if err := n.digests(ctx, &found, issues, now); err != nil {
			n.complain("the summary of the day cannot be made; it is tried again", err)
		}
	}
	n.announce(ctx, found)
}

// lookAtClasses looks at the next classes. Where they cannot be read, those that were read last count. Where they were never read, what is
// marked stays as it is: no class would be there, so that all marks of classes would be removed.
func (n *Notifier) lookAtClasses(ctx context.Context, found *news, issues []Issue, now time.Time) {
	o := &n.observer
	classes, err := n.cfg.Store.Briefs(ctx, now, now.Add(n.lead()))
	switch {
	case err == nil:
		o.last, o.read = classes, true
	case !o.read:
		n.complain("the next classes cannot be read; it is tried again", err)
		return
	default:
		n.complain("the next classes cannot be read; those that were read last count", err)
	}
	o.classes(classLook{
		now: now, found: found, class: n.classOf, states: n.states(ctx, o.last, now),
		causes: func(b store.Brief) []Cause { return causesOf(b, n.storageOf(b), issues) },
	}, o.last)
}

// classLook is one look at the next classes: what is known of them, and what comes of it.
type classLook struct {
	now    time.Time
	found  *news
	causes func(store.Brief) []Cause // for which a class cannot begin or be stored as planned
	class  func(store.Brief) *Class
	states map[string]*session.State // of the classes that were read in full, by identity
}

// take remembers what was found.
func (o *observer) take(marks []store.Mark) {
	for _, m := range marks {
		if m.Value == "" {
			delete(o.marks, m.Name)
			delete(o.gone, m.Name)
		} else {
			o.marks[m.Name] = m.Value
		}
	}
}

// lead is how far ahead classes at risk are looked for: the longest of all targets.
func (n *Notifier) lead() time.Duration {
	lead := plan.DefaultLead
	for _, t := range n.targets {
		lead = max(lead, t.entry.Lead)
	}
	return lead
}

// history reads what is known of the revisions of a plan.
type history struct {
	revisions func(plan string) []store.Revision // newest first
	change    func(plan string, revision int64) *PlanChange
}

// plans announces revisions that became active.
func (o *observer) plans(found *news, plans []Plan, h history, now time.Time) {
	for _, p := range plans {
		name, revision := planMark+p.Plan.Name, strconv.FormatInt(p.Revision, 10)
		if p.Revision == 0 || o.marks[name] == revision {
			continue
		}
		f := Fact{Count: int(p.Revision), Change: h.change(p.Plan.Name, p.Revision)}
		for _, r := range h.revisions(p.Plan.Name) {
			if r.ID == p.Revision {
				f.Who = r.Who
			}
		}
		found.add(store.Mark{Name: name, Value: revision}, announcement(kindPlanApplied, p.Plan.Name, p.Plan.Name, revision, now, f))
	}
}

// issues announces health issues that were raised or cleared.
func (o *observer) issues(found *news, issues []Issue, h history, now time.Time) {
	open := map[string]bool{}
	for _, i := range issues {
		name := issueMark + string(i.ID) + "/" + i.About
		if i.ID == reason.IssueOrphan || i.ID == reason.IssuePageFailing && endangers(i) { // told as session.orphan or class.at-risk, with its class
			open[name] = true
			continue
		}
		if open[name] {
			continue
		}
		open[name] = true
		delete(o.gone, name)
		if _, known := o.marks[name]; known {
			continue
		}
		c := condition{Since: i.Since, Severity: i.Severity, Causes: []Cause{{ID: i.ID, Text: i.Text, Advice: i.Advice}}}
		f := Fact{Audience: Audience{As: i.Severity}, Code: codeOf(i), Since: i.Since, Causes: c.Causes}
		if planAbout(i) != "" && kindOfIssue(i.ID) != kindRaised {
			f.ofRevision(i, h)
		}
		found.add(c.mark(name), announcement(kindOfIssue(i.ID), planAbout(i), i.About, name+i.Since.UTC().String(), now, f))
	}
	o.cleared(found, open, now)
}

// cleared announces health issues that are over.
func (o *observer) cleared(found *news, open map[string]bool, now time.Time) {
	for name, c := range o.resolved(issueMark, open, now) {
		var about string
		if parts := strings.SplitN(name, "/", 3); len(parts) == 3 {
			about = parts[2]
		}
		i := Issue{About: about}
		if len(c.Causes) > 0 {
			i.ID = c.Causes[0].ID
		}
		found.add(store.Mark{Name: name}, announcement(kindCleared, planAbout(i), about, name+c.Since.UTC().String(), now,
			Fact{Audience: Audience{As: c.Severity}, Code: codeOf(i), Since: c.Since, Until: o.gone[name], Causes: c.Causes}))
	}
}

// ofRevision adds what the store says of the revision that an issue is about.
func (f *Fact) ofRevision(i Issue, h history) {
	revisions := h.revisions(planAbout(i))
	if len(revisions) == 0 {
		return
	}
	f.Path = revisions[0].Path
	if r := revisions[0]; i.ID == reason.IssuePlanWaiting && r.State == store.RevisionWaiting {
		f.Count, f.Who, f.Change = int(r.ID), r.Who, h.change(r.Plan, r.ID)
	}
}

// revisions are those of a plan, newest first; none where they cannot be read, so that a message says less.
func (n *Notifier) revisions(ctx context.Context, plan string) []store.Revision {
	list, err := n.cfg.Store.Revisions(ctx, plan)
	if err != nil {
		n.complain("the revisions of a plan cannot be read; the message is sent without them", err)
	}
	return list
}

// kindOfIssue is the event that tells of a new health issue.
func kindOfIssue(id reason.Code) string {
	switch id {
	case reason.IssuePlanRejected:
		return kindPlanRejected
	case reason.IssuePlanWaiting:
		return kindPlanWaiting
	}
	return kindRaised
}

// change is what a revision changes; nil where that cannot be told, so that a message says less.
func (n *Notifier) change(ctx context.Context, plan string, revision int64) *PlanChange {
	c, err := n.cfg.Change(ctx, plan, revision)
	if err != nil {
		n.complain("what a revision changes cannot be read; the message is sent without it", err)
	}
	return c
}

// codeOf is the most precise code of an issue.
func codeOf(i Issue) reason.Code {
	if i.Code != "" {
		return i.Code
	}
	return i.ID
}

// planAbout is the plan that an issue is about: only its targets hear of it. "": those of all plans.
func planAbout(i Issue) string {
	switch i.ID {
	case reason.IssuePlanRejected, reason.IssuePlanWaiting, reason.IssueReferencesUnset:
		return i.About
	case reason.IssueCredentialsFailing, reason.IssueStorageFailing, reason.IssuePageFailing:
		return planOf(i.About)
	}
	if strings.Count(i.About, "/") == 2 {
		return planOf(i.About)
	}
	return ""
}

// resolved are the marked conditions that have not been there for a while.
func (o *observer) resolved(prefix string, open map[string]bool, now time.Time) map[string]condition {
	over := map[string]condition{}
	for _, name := range sortedWith(o.marks, prefix) {
		if open[name] {
			continue
		}
		since, known := o.gone[name]
		if !known {
			o.gone[name] = now
			continue
		}
		if now.Sub(since) >= resolvedAfter {
			over[name] = conditionOf(o.marks[name])
		}
	}
	return over
}

// classes announces classes that are at risk or late, and those that are so no more.
func (o *observer) classes(l classLook, classes []store.Brief) {
	risks, lates := map[string]bool{}, map[string]bool{}
	known := map[string]store.Brief{}
	for _, b := range classes {
		known[b.ID] = b
		waits := b.State == string(session.Planned) || b.State == string(session.Starting)
		switch {
		case !waits && b.State != string(session.Ended):
			lates[lateMark+b.ID] = o.interrupted(l, b)
		case !waits:
		case l.now.Before(b.Start):
			if causes := l.causes(b); len(causes) > 0 {
				risks[riskMark+b.ID] = true
				o.atRisk(l, b, causes)
			}
		case l.now.Sub(b.Start) >= lateAfter && l.now.Before(b.End):
			lates[lateMark+b.ID] = true
			o.late(l, b)
			risks[riskMark+b.ID] = true // told as late; both are over once it is recorded
		}
	}
	maps.DeleteFunc(o.silent, func(id string, _ silence) bool { return !mayBeInterrupted(known[id], l.now) })
	o.recovered(l, o.resolved(riskMark, risks, l.now), known)
	o.recorded(l, lates, known)
}

// atRisk announces a class at risk once, until it is resolved, and again where the class is moved. Its id holds when that was found: a
// second risk of the class is another announcement.
func (o *observer) atRisk(l classLook, b store.Brief, causes []Cause) {
	name := riskMark + b.ID
	delete(o.gone, name)
	if before, told := o.mark(name); told {
		if before.Class == nil || before.Class.Start.Equal(b.Start) {
			return
		}
		l.found.announcements = append(l.found.announcements, withdrawn(b.ID, l.now))
	}
	c := condition{Since: l.now, Causes: causes, Class: l.class(b)}
	l.found.add(c.mark(name), announcement(kindAtRisk, b.Plan, b.ID, b.Start.UTC().String()+l.now.UTC().String(), l.now,
		Fact{Class: c.Class, Code: causes[0].ID, Causes: causes}))
}

// withdrawn takes back what nobody was told yet of the risk of a class.
func withdrawn(id string, now time.Time) store.Announcement {
	return announcement(kindWithdrawn, planOf(id), id, now.UTC().String(), now, Fact{})
}

// late announces a class of which nothing was ever recorded, once while that lasts.
func (o *observer) late(l classLook, b store.Brief) {
	name := lateMark + b.ID
	before, marked := o.mark(name)
	if marked && before.Recovered.IsZero() {
		return
	}
	key := b.Start.UTC().String()
	if marked { // it was told as late before: under the same id this would be left out as a repetition
		key += before.Recovered.UTC().String()
	}
	c := condition{Since: l.now, Class: l.class(b)}
	f := Fact{Class: c.Class}
	if causes := l.causes(b); len(causes) > 0 {
		f.Code, f.Reason = causes[0].ID, causes[0].Text
	}
	l.found.add(c.mark(name), announcement(kindLate, b.Plan, b.ID, key, l.now, f))
}

// recovered announces classes that are at risk no more. One that is late is told once it is recorded, and of one that has ended its
// outcome tells all. Of one that is told so no more, who was not told of the risk yet is not told later.
func (o *observer) recovered(l classLook, over map[string]condition, known map[string]store.Brief) {
	for _, name := range slices.Sorted(maps.Keys(over)) {
		id, c := strings.TrimPrefix(name, riskMark), over[name]
		b, there := known[id]
		late, marked := o.mark(lateMark + id)
		if !there || b.State == string(session.Ended) || c.Class == nil || marked && late.Recovered.IsZero() {
			l.found.add(store.Mark{Name: name}, withdrawn(id, l.now))
			continue
		}
		l.found.add(store.Mark{Name: name}, announcement(kindRecovered, b.Plan, id, name+c.Since.UTC().String(), l.now,
			Fact{Audience: Audience{Was: kindAtRisk, As: severityOf(kindAtRisk)}, Class: c.Class, Causes: c.Causes, Since: c.Since}))
	}
}

// sortedWith are the names of marks that begin so, in order.
func sortedWith(marks map[string]string, prefix string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(marks)), func(name string) bool { return !strings.HasPrefix(name, prefix) })
}

// causesOf are the health issues for which a class, whose storage is given, cannot begin or be stored as planned.
func causesOf(b store.Brief, storage string, issues []Issue) (causes []Cause) {
	for _, i := range issues {
		if !endangers(i) || i.Spares != nil && i.Spares(b.App) || i.About != "" && !slices.Contains([]string{b.ID, b.App, b.Plan, storage}, i.About) {
			continue
		}
		causes = append(causes, Cause{ID: i.ID, Text: i.Text, Advice: i.Advice, Since: i.Since})
	}
	return causes
}

// endangers says that classes cannot begin or be stored as planned while an issue lasts.
func endangers(i Issue) bool {
	switch i.ID {
	case reason.IssueClockOff, reason.IssueCredentialsFailing, reason.IssueStorageFailing:
		return true
	case reason.IssuePageFailing:
		return i.Severity == plan.NotifyCritical
	case reason.IssueOrphan, reason.IssueOutboxStuck, reason.IssuePlanRejected, reason.IssuePlanWaiting:
		return false
	}
	return i.Blocking
}

// lookForStuck notes the targets of the plans that do not take what they are sent.
func (n *Notifier) lookForStuck(ctx context.Context, now time.Time) {
	backlogs, err := n.cfg.Store.Backlogs(ctx, now)
	if err != nil {
		n.complain("the outbox cannot be read", err)
		return
	}
	known := map[string]bool{}
	for _, t := range n.targets {
		known[t.key] = true
	}
	backlogs = slices.DeleteFunc(backlogs, func(b store.Backlog) bool {
		if !known[b.Target] && !b.Oldest.IsZero() && now.Sub(b.Oldest) > keepTrying {
			n.dropRemoved(ctx, b.Target, now)
		}
		return !known[b.Target]
	})
	n.forgetClosed(ctx, known)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.issues = nil
	for _, key := range slices.Sorted(maps.Keys(n.closed)) {
		at, _ := time.Parse(time.RFC3339, n.closed[key])
		n.issues = append(n.issues, Issue{
			ID: reason.IssueOutboxStuck, Severity: plan.NotifyWarning, Since: at, About: key,
			Text:   fmt.Sprintf("target %s answered 410 Gone: nothing is sent to it any more", key),
			Advice: fmt.Sprintf("remove it from the plan, or set its address and run: rundown notify test %s", key),
		})
	}
	for _, b := range backlogs {
		if b.Tries == 0 || b.Oldest.IsZero() || now.Sub(b.Oldest) < stuckAfter {
			continue
		}
		n.issues = append(n.issues, Issue{
			ID: reason.IssueOutboxStuck, Severity: plan.NotifyWarning, Since: b.Oldest, About: b.Target,
			Text:   fmt.Sprintf("%d messages wait for target %s since %s: %s", b.Waiting, b.Target, b.Oldest.UTC().Format(time.RFC3339), b.Result),
			Advice: fmt.Sprintf("check its address and what answers there; rundown notify test %s tries again", b.Target),
		})
	}
}

// dropRemoved drops what waits too long for a target that no plan has any more: no worker does so.
func (n *Notifier) dropRemoved(ctx context.Context, key string, now time.Time) {
	dropped, err := n.cfg.Store.DropFor(ctx, key, now.Add(-keepTrying), "no plan has the target any more", now)
	switch {
	case err != nil:
		n.complain("what waits for a target that no plan has cannot be dropped", err, "target", key)
	case dropped > 0:
		n.log.Info("notifications dropped: no plan has their target any more", "target", key, "dropped", dropped)
	}
}

// forgetClosed opens the closed targets that no plan has any more: one that comes back is tried again.
func (n *Notifier) forgetClosed(ctx context.Context, known map[string]bool) {
	n.mu.Lock()
	closed := slices.Sorted(maps.Keys(n.closed))
	n.mu.Unlock()
	for _, key := range closed {
		if known[key] {
			continue
		}
		if err := n.cfg.Store.Announce(ctx, []store.Mark{{Name: closedMark + key}}); err != nil {
			n.complain("that a target is closed which no plan has any more cannot be forgotten", err)
			return
		}
		n.mu.Lock()
		delete(n.closed, key)
		n.mu.Unlock()
	}
}
