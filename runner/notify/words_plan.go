package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
)

func planAppliedWords(t topic) words {
	by := ""
	if t.f.Who != "" {
		by = ", which " + t.f.Who + " applied"
	}
	return words{
		title: "Plan applied: " + t.a.Plan,
		text:  fmt.Sprintf("Plan %s: the daemon works by revision %d%s, since %s.%s", t.a.Plan, t.f.Count, by, t.local(t.a.At, "Mon 2 Jan 15:04 MST"), t.planChange("")),
		class: "Nothing, if you expected this change. If not, rundown history --plans lists the revisions, and rundown apply --revision NUMBER goes back to one.",
	}
}

func planRejectedWords(t topic) words {
	c := t.cause()
	if t.f.Path != "" && c.Advice == "" {
		c.Advice = strings.ReplaceAll(plain(c.ID.Advice()), "validate PLAN", "validate "+t.f.Path)
	}
	return words{
		title: t.ofPlan("Plan rejected"), text: sentence(t.readable(c.Text)) + " Classes are recorded as before: changes in the file have no effect yet.",
		class: "Nothing: classes are recorded as before.", operator: adviceFor(c),
	}
}

func planWaitingWords(t topic) words {
	by := ""
	if t.f.Who != "" {
		by = " " + t.f.Who + " gave it."
	}
	return words{
		title:    t.ofPlan("Plan waits for a confirmation"),
		text:     sentence(t.readable(t.cause().Text)) + by + t.planChange("would be") + " Until somebody decides, classes are recorded by the old plan.",
		class:    "Nothing: until somebody decides, classes are recorded by the old plan.",
		operator: "If the change is not meant, correct the plan. If it is meant, run rundown apply --confirm.",
	}
}

// planChange says how many classes a revision changes, and which is the first of them; "" where that is not known. would says that
// it would only be so.
func (t topic) planChange(would string) string {
	c := t.f.Change
	if c == nil {
		return ""
	}
	var parts []string
	for _, n := range []struct {
		count int
		what  string
	}{{c.Removed, "removed"}, {c.Moved, "moved"}, {c.Added, "added"}, {c.Changed, "changed otherwise"}} {
		if n.count > 0 {
			be := would
			if be == "" {
				be = map[bool]string{true: "is", false: "are"}[n.count == 1]
			}
			parts = append(parts, fmt.Sprintf("%d %s %s", n.count, be, n.what))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf(" No class that runs now or begins in the next %d days is another than before.", c.Days)
	}
	text := fmt.Sprintf(" Of the classes of the next %d days, %s.", c.Days, strings.Join(parts, ", "))
	if c.First != nil {
		first := t
		first.f.Class = c.First
		text += fmt.Sprintf(" The first of them is %s (%s).", first.class(), c.FirstIs)
	}
	if c.OldPage > 0 && would == "" {
		text += " " + verb(c.OldPage, plural(c.OldPage, "class", "classes"), "is", "are") + " being recorded from the old page, and the new one is used from the next class on."
	}
	return text
}

// ofPlan is a title with the plan that it is about.
func (t topic) ofPlan(title string) string {
	if t.a.Plan == "" {
		return title
	}
	return title + ": " + t.a.Plan
}

// cause is the first cause.
func (t topic) cause() Cause {
	if len(t.f.Causes) == 0 {
		return Cause{ID: t.f.Code, Text: t.f.Reason}
	}
	return t.f.Causes[0]
}

// issueWords are what a health issue is called, what it means for classes, and what is said once it is over.
type issueWords struct{ title, means, again string }

// issueTexts name the health issues for people. %s is what the issue is about.
var issueTexts = map[reason.Code]issueWords{
	reason.IssueAccountRefused:     {"the service refuses the account", "No recording of App ID %s can begin until this is fixed.", "the service accepts the account again"},
	reason.IssueServiceUnreachable: {"the service cannot be reached", "Classes cannot begin until this is fixed. What is being recorded goes on at the service.", "the service can be reached again"},
	reason.IssueNodeClock:          {"the clock of a node is wrong", "From ten seconds on, other nodes record its classes. Where no other node can, they begin and end too early or too late by as much.", "the clock of the node is right again"},
	reason.IssueNodeUnfit:          {"a node cannot work on a plan", "Other nodes record the classes of the plan. Where there are none, nobody does until this is fixed.", "the node can work on the plan again"},
	reason.IssueStoreFailed:        {"the store cannot be written", "What is being recorded goes on, and no class can begin until this is fixed.", "the store can be written again"},
	reason.IssueStoreReplaced:      {"the store was replaced", "What is being recorded is stopped on time, and no class can begin until this is fixed.", "the store is there again"},
	reason.IssueClockOff:           {"the clock is wrong", "Classes may begin and end by this much too early or too late.", "the clock is right again"},
	reason.IssueCredentialsFailing: {"storage credentials cannot be fetched", "Classes that need these credentials may fail to be stored until this is fixed.", "the storage credentials can be fetched again"},
	reason.IssueReferencesUnset:    {"variables or files are not set", "Classes that need them cannot begin until this is fixed.", "the variables and files are set again"},
	reason.IssueQuotaTaken:         {"the account records as much as it may", "The next classes of App ID %s wait until another recording of the account ends.", "the account has room for recordings again"},
	reason.IssuePageFailing:        {"the recording of a page may fail", "The recording of its classes may fail until this is fixed.", "the page can be recorded again"},
	reason.IssueStorageFailing:     {"a bucket does not take recordings", "Classes that go to this bucket may fail to be stored until this is fixed.", "the bucket takes recordings again"},
	reason.IssueOutboxStuck:        {"notifications are not delivered", "Who reads this target does not hear of classes until this is fixed. Recordings are not affected.", "notifications are delivered again"},
	reason.IssueAddressesChanged: {
		"notifications of the service come from new addresses",
		"Classes are recorded. What the service tells from there does not arrive while a firewall keeps it out: the end of a recording is noticed later, and a failed upload not at all.",
		"the change of the addresses is three days old, and is not shown any more",
	},
	reason.IssueDiskLow:    {"the disk of the store is nearly full", "Classes are recorded. Once the disk is full, none can begin.", "the disk of the store has room again"},
	reason.IssueLogDropped: {"the log is not written", "Recordings are not affected.", "the log is written again"},
}

// problem is the title of a health issue.
func problem(id reason.Code) string {
	if known, ok := issueTexts[id]; ok {
		return known.title + " (" + string(id) + ")"
	}
	return string(id)
}

// consequence is what a health issue means for classes.
func (t topic) consequence(id reason.Code) string {
	means := issueTexts[id].means
	if !strings.Contains(means, "%s") {
		return means
	}
	if t.a.Subject == "" {
		return strings.ReplaceAll(means, " of App ID %s", "")
	}
	return fmt.Sprintf(means, t.a.Subject)
}

// raisedWords are for a health issue. Since when it lasts is said first: the message may be late.
func raisedWords(t topic) words {
	c := t.cause()
	text := fmt.Sprintf("Since %s: %s %s", t.local(t.f.Since, "Mon 2 Jan 15:04 MST"), strings.TrimSuffix(t.readable(c.Text), ".")+".", t.consequence(c.ID))
	return words{title: "Problem: " + problem(c.ID), text: text, operator: adviceFor(c)}
}

func clearedWords(t topic) words {
	c, ended := t.cause(), t.f.Until
	if ended.IsZero() {
		ended = t.a.At
	}
	again := cmp.Or(map[reason.Code]string{
		reason.IssuePlanRejected: "the plan is read without errors again", reason.IssuePlanWaiting: "no change of the plan waits any more",
	}[c.ID], issueTexts[c.ID].again, "the problem is gone")
	lasted := plan.DurationText(max(ended.Sub(t.f.Since), 0).Round(time.Second))
	text := fmt.Sprintf("%s, since %s. The problem lasted %s.", strings.TrimSuffix(sentence(again), "."), t.local(ended, "Mon 2 Jan 15:04 MST"), lasted)
	if c.Text != "" {
		text += fmt.Sprintf(" It had been reported as: \"%s\".", strings.TrimSuffix(t.readable(c.Text), "."))
	}
	return words{title: "Resolved: " + again + " (" + string(c.ID) + ")", text: text, class: nothingToDo}
}

// joinedWords are for a daemon that started, or that works again after it counted as dead.
func joinedWords(t topic) words {
	const day = "Mon 2 Jan 15:04:05 MST"
	with, since := "", t.f.Since
	if len(t.f.Nodes) > 0 {
		with = ", together with " + and(t.f.Nodes)
	}
	if since.IsZero() {
		since = t.a.At
	}
	w := words{title: "Daemon started", class: nothingToDo, text: fmt.Sprintf("The daemon %s started on %s.", t.a.Subject, t.local(since, day))}
	if !t.f.Until.IsZero() {
		w.title = "Daemon works again"
		w.text = fmt.Sprintf("The daemon %s, which counted as dead since %s, works on the store again since %s.", t.a.Subject, t.local(t.f.Until, day), t.local(since, day))
	}
	w.text += fmt.Sprintf(" It records the classes of %s%s.", plural(t.f.Count, "plan", "plans"), with)
	return w
}

// nodeLostWords are sent by the daemon that is there in its place, which is Who: mostly the same one, started again; or by another one
// of several.
func nodeLostWords(t topic) words {
	if len(t.f.Nodes) > 0 {
		return oneOfSeveralLostWords(t)
	}
	const day = "Mon 2 Jan 15:04:05 MST"
	w := words{
		title: "Daemon stopped unexpectedly",
		text:  fmt.Sprintf("The daemon %s stopped unexpectedly. It was last seen on %s.", t.a.Subject, t.local(t.f.Since, day)),
		operator: "See rundown status for what is being recorded now and what went wrong. " +
			"The log of that machine may say why the daemon stopped.",
	}
	switch host, _, _ := strings.Cut(t.f.Who, ":"); {
	case t.f.Who == "":
	case strings.HasPrefix(t.a.Subject, host+":"):
		w.title = "Daemon stopped unexpectedly, and runs again"
		w.text = fmt.Sprintf("Rundown on %s was down from %s to %s, because the daemon %s stopped unexpectedly. It runs again, as %s.",
			host, t.local(t.f.Since, day), t.local(t.a.At, day), t.a.Subject, t.f.Who)
	default:
		w.title = "Daemon stopped unexpectedly, and another took over"
		w.text += fmt.Sprintf(" The daemon %s took over on %s.", t.f.Who, t.local(t.a.At, day))
	}
	if len(t.c.classes) == 0 && t.f.Who == "" { // as earlier versions announced it
		w.text += " Classes since then may be late or missed."
		return w
	}
	if len(t.c.classes) == 0 {
		w.text += " No class of yours is known to have been in that time."
		w.class = nothingToDo
		return w
	}
	w.text += " Classes in that time, which may be late, partial or missed: " + few(t.c.classes) + "."
	w.class = checkThese
	return w
}

const checkThese = "Check on the duty page, or by rundown status, whether these classes are being recorded. If one is not, record it " + byOtherMeans

// oneOfSeveralLostWords tell of one of several daemons, and of who has its classes.
func oneOfSeveralLostWords(t topic) words {
	const day = "Mon 2 Jan 15:04:05 MST"
	owners := t.f.Owners
	if owners == nil {
		owners = &Ownership{}
	}
	w := words{
		title: "Daemon lost, its classes taken over", class: nothingToDo,
		text:     fmt.Sprintf("The daemon %s is lost: it was last seen on %s, and counts as dead since %s.", t.a.Subject, t.local(t.f.Since, day), t.local(t.f.Until, "15:04:05 MST")),
		operator: "Start it again: until then there are fewer daemons to take over. The log of that machine may say why it ended or was cut off; rundown status lists the daemons.",
	}
	by := slices.Clone(owners.By)
	for i, name := range by {
		if name == t.a.Subject {
			by[i] += ", which works on the store again"
		}
	}
	switch {
	case len(owners.Free) > 0:
		w.title = "Daemon lost, and nobody has its classes"
		these := "this App ID begins, and what is being recorded of it is not"
		if len(owners.Free) > 1 {
			these = "these App IDs begins, and what is being recorded of them is not"
		}
		w.text += fmt.Sprintf(" Nobody has taken over its classes of %s: no class of %s looked after, until a daemon takes over.", appIDs(owners.Free), these)
		w.operator = "See in rundown status which daemons there are and why none takes over. Start the lost one again."
		if len(by) > 0 {
			w.title = "Daemon lost, and nobody has some of its classes"
			w.text += fmt.Sprintf(" Its other classes are taken over by %s.", and(by))
		}
	case len(by) == 0:
		w.title = "Daemon lost"
		w.text += " It is not known to have had classes."
		return w
	case owners.Short:
		w.text += fmt.Sprintf(" Its classes are taken over by %s, and what it was recording goes on.", and(by))
	default:
		w.text += fmt.Sprintf(" Its classes are taken over by %s.", and(by))
	}
	return t.suffering(w, owners)
}

// suffering adds the classes that may suffer from the loss of one of several daemons.
func (t topic) suffering(w words, owners *Ownership) words {
	switch none := len(t.c.classes) == 0; {
	case none && owners.Short:
		w.text += " No class of yours is known to have begun in between."
	case none:
		w.text += " No class of yours is known to have been in that time."
		if len(owners.Free) > 0 {
			w.class = "Check on the duty page, or by rundown status, whether your next classes begin. If one does not, record it " + byOtherMeans
		}
	case owners.Short:
		w.text += " These of its classes began in between, and may be late: " + few(t.c.classes) + "."
		w.class = checkThese
	default:
		w.text += " Classes in that time, which may be late, partial or missed: " + few(t.c.classes) + "."
		w.class = checkThese
	}
	return w
}

// appIDs names App IDs.
func appIDs(apps []string) string {
	if len(apps) == 1 {
		return "App ID " + apps[0]
	}
	if more := len(apps) - mostNamed; more > 0 {
		return fmt.Sprintf("App IDs %s and %d more", strings.Join(apps[:mostNamed], ", "), more)
	}
	return "App IDs " + and(apps)
}

// mostNamed is how many classes a message names.
const mostNamed = 5

// and joins names.
func and(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// few names the first few of a list.
func few(names []string) string {
	if more := len(names) - mostNamed; more > 0 {
		return strings.Join(names[:mostNamed], "; ") + fmt.Sprintf("; and %d more", more)
	}
	return strings.Join(names, "; ")
}

func digestWords(t topic) words {
	w := words{title: "Summary of the day", text: t.f.Reason, class: nothingToDo + " rundown status shows more."}
	if t.f.Count > 0 {
		w.class = "Tell those who need the recordings which of them are incomplete or missing."
		w.operator = "rundown history shows why; rundown status shows open problems."
	}
	return w
}

func testWords(t topic) words {
	return words{
		title: "Test", text: fmt.Sprintf("This is a test of the target %s. Nothing happened to any class.", t.f.Target),
		class: nothingToDo + " Notifications reach you here.",
	}
}
