package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// words are what a message says to people. Each tells what happened to which class and when, what it means, and what to
// do next.
type words struct{ title, text, advice string }

// telling is what the words are made of.
type telling struct {
	a store.Announcement
	f Fact
	c view
}

const nothingToDo = "Nothing."

// wording makes the words of each kind.
var wording = map[string]func(telling) words{
	kindAtRisk:         atRiskWords,
	kindRecovered:      recoveredWords,
	kindLate:           lateWords,
	"class.recorded":   recordedWords,
	"class.partial":    partialWords,
	"class.missed":     missedWords,
	"class.failed":     failedWords,
	"class.cancelled":  cancelledWords,
	kindOrphan:         orphanWords,
	kindOrphanResolved: orphanResolvedWords,
	kindUploadFailed:   uploadFailedWords,
	kindUploadLate:     uploadLateWords,
	kindPlanApplied:    planAppliedWords,
	kindPlanRejected:   planRejectedWords,
	kindPlanWaiting:    planWaitingWords,
	kindRaised:         raisedWords,
	kindCleared:        clearedWords,
	"order.given":      orderWords,
	kindJoined:         joinedWords,
	kindNodeLost:       nodeLostWords,
	kindDigest:         digestWords,
	kindTest:           testWords,
}

func wordsOf(a store.Announcement, f Fact, c view) words {
	put, known := wording[a.Kind]
	if !known {
		return words{title: a.Kind, text: f.Reason, advice: nothingToDo}
	}
	return put(telling{a, f, c})
}

// name is the class's recording, as people call it.
func (t telling) name() string {
	if t.f.Class == nil {
		return t.a.Subject
	}
	if r := t.c.recording; r != nil && r.Title != "" && r.Title != t.f.Class.Recording {
		return fmt.Sprintf("%s (%s)", r.Title, t.f.Class.Recording)
	}
	return t.f.Class.Recording
}

// class is the class with its time.
func (t telling) class() string {
	c := t.f.Class
	if c == nil {
		return t.a.Subject
	}
	return fmt.Sprintf("%s, %s to %s", t.name(), t.local(c.Start, "Mon 2 Jan 2006 15:04"), t.local(c.End, "15:04 MST"))
}

// brief is the class in a title.
func (t telling) brief() string {
	if t.f.Class == nil {
		return t.a.Subject
	}
	return fmt.Sprintf("%s, %s", t.name(), t.local(t.f.Class.Start, "Mon 2 Jan 15:04"))
}

// local is an instant in the zone of the class, else in that of the target.
func (t telling) local(at time.Time, layout string) string {
	switch {
	case t.f.Class != nil:
		at = in(at, t.f.Class.Zone)
	case t.c.zone != nil:
		at = at.In(t.c.zone)
	}
	return at.Format(layout)
}

// why is the sentence of the reason, with a word before it; "" where there is none.
func (t telling) why(before string) string {
	if t.f.Reason == "" {
		return ""
	}
	return " " + before + strings.TrimSuffix(t.f.Reason, ".") + "."
}

// advice is what to do about the reason code, else about the kind.
func (t telling) advice(general string) string {
	advice := plain(t.f.Code.Advice())
	if advice == "" || strings.HasPrefix(advice, "Nothing") {
		return general
	}
	for _, command := range []string{"rundown history ID", "rundown cancel ID"} {
		advice = strings.ReplaceAll(advice, command, strings.TrimSuffix(command, "ID")+t.a.Subject)
	}
	return advice + " " + general
}

// plain takes the marks of Markdown out of a text.
func plain(text string) string { return strings.ReplaceAll(text, "`", "") }

func (t telling) history() string {
	return "rundown history " + t.a.Subject + " shows what was tried."
}

func atRiskWords(t telling) words {
	var causes, advice []string
	for _, c := range t.f.Causes {
		causes = append(causes, strings.TrimSuffix(c.Text, "."))
		if a := adviceFor(c); a != "" {
			advice = append(advice, a)
		}
	}
	text := fmt.Sprintf("%s: it cannot be recorded as planned unless this is fixed before it begins: %s.", t.class(), strings.Join(causes, "; "))
	return words{"At risk: " + t.brief(), text, strings.Join(append(advice, "You are told when it is fixed. If you cannot fix it, have the class recorded by other means."), " ")}
}

// adviceFor is what to do about a cause.
func adviceFor(c Cause) string {
	advice := c.Advice
	if advice == "" {
		advice = plain(c.ID.Advice())
	}
	return sentence(advice)
}

// sentence begins a text with a capital and ends it with a period.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.TrimSuffix(text, ".") + "."
	if strings.HasPrefix(text, "rundown ") {
		return "The command " + text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func recoveredWords(t telling) words {
	text := fmt.Sprintf("%s: the problem that was reported at %s is gone. The class will be recorded as planned.", t.class(), t.local(t.f.Since, "15:04 MST"))
	if t.f.Was == kindLate {
		text = fmt.Sprintf("%s: it is being recorded now. What came before %s may be missing.", t.class(), t.local(t.a.At, "15:04:05 MST"))
	}
	return words{"Resolved: " + t.brief(), text, nothingToDo}
}

func lateWords(t telling) words {
	later := ""
	if c := t.f.Class; c != nil {
		later = " " + plan.DurationText(t.a.At.Sub(c.Start).Round(time.Second)) + " ago"
	}
	text := fmt.Sprintf("%s: it began%s and is not being recorded. Rundown keeps trying until the class ends.%s", t.class(), later, t.why("Cause: "))
	return words{"Not being recorded: " + t.brief(), text, t.advice("Have the class recorded by other means, if it matters. " + t.history())}
}

func recordedWords(t telling) words {
	return words{"Recorded: " + t.brief(), t.class() + ": it was recorded from its start to its end, without a gap.", nothingToDo}
}

func partialWords(t telling) words {
	var gaps []session.Gap
	if t.f.Class != nil {
		gaps = t.f.Class.Gaps
	}
	var missing time.Duration
	var parts []string
	for _, g := range gaps {
		missing += g.Until.Sub(g.From)
		if len(parts) < 5 {
			parts = append(parts, t.local(g.From, "15:04:05")+" to "+t.local(g.Until, "15:04:05"))
		}
	}
	if more := len(gaps) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	what := "parts of it are missing"
	if len(parts) > 0 {
		what = fmt.Sprintf("%s are missing (%s)", plan.DurationText(missing.Round(time.Second)), strings.Join(parts, ", "))
	}
	text := fmt.Sprintf("%s: it was recorded, but %s.%s", t.class(), what, t.why("Details: "))
	return words{"Partly recorded: " + t.brief(), text, t.advice("Tell those who need the recording what is missing.")}
}

func missedWords(t telling) words {
	return words{
		"Not recorded (missed): " + t.brief(), t.class() + ": nothing of it was recorded, because Rundown did not ask for it in time." + t.why("Cause: "),
		t.advice("Check with rundown status that the daemon runs and that the next classes are not affected. Tell those who need the recording that there is none."),
	}
}

func failedWords(t telling) words {
	return words{
		"Not recorded (failed): " + t.brief(), t.class() + ": nothing of it was recorded, although Rundown tried." + t.why("Cause: "),
		t.advice("Tell those who need the recording that there is none. " + t.history()),
	}
}

func cancelledWords(t telling) words {
	switch {
	case t.f.Code == reason.EndedByOperator:
		return words{
			"Ended early: " + t.brief(), t.class() + ": an operator ended its recording early. What was recorded until then is kept." + t.why("Details: "),
			t.advice(nothingToDo),
		}
	case t.f.Class != nil && len(t.f.Class.Gaps) > 0: // some of it was recorded
		return words{
			"Cancelled: " + t.brief(), t.class() + ": it was cancelled while it was being recorded. What was recorded until then is kept." + t.why("Details: "),
			t.advice(nothingToDo),
		}
	}
	return words{"Cancelled: " + t.brief(), t.class() + ": it is not recorded, because it was cancelled." + t.why("Details: "), t.advice(nothingToDo)}
}

func orphanWords(t telling) words {
	text := fmt.Sprintf("%s: recording %d of this class may be running at the service, and Rundown cannot stop it now. It is billed until %s at the latest.%s",
		t.class(), t.f.Session, t.local(t.f.Until, "Mon 2 Jan 15:04 MST"), t.why("Cause: "))
	return words{"May still be recording and billed: " + t.brief(), text, t.advice("Rundown stops it as soon as it can, and tells you.")}
}

func orphanResolvedWords(t telling) words {
	text := fmt.Sprintf("%s: recording %d of this class, which might still have been running, was found. It is stopped, or has ended.%s", t.class(), t.f.Session, t.why("Details: "))
	return words{"Not recording any more: " + t.brief(), text, nothingToDo}
}

func uploadFailedWords(t telling) words {
	return words{
		"Files not stored: " + t.brief(),
		fmt.Sprintf("%s: it was recorded, but the service could not store the files of recording %d in the bucket. They may be lost.%s", t.class(), t.f.Session, t.why("Details: ")),
		"Check the bucket, its free space and its keys now: the next classes are stored there too. " + t.history(),
	}
}

func uploadLateWords(t telling) words {
	return words{
		"Files stored after an error: " + t.brief(),
		fmt.Sprintf("%s: the service now says that the files of recording %d are stored. It had reported an error before.", t.class(), t.f.Session),
		"Check in the bucket that the recording is complete.",
	}
}

func planAppliedWords(t telling) words {
	return words{
		"Plan applied: " + t.a.Plan, fmt.Sprintf("Plan %s: the daemon works by revision %d since %s.", t.a.Plan, t.f.Count, t.local(t.a.At, "Mon 2 Jan 15:04 MST")),
		"Nothing, if you expected a change. rundown history --plans lists the revisions.",
	}
}

func planRejectedWords(t telling) words {
	return words{t.ofPlan("Plan rejected"), sentence(t.cause().Text) + " The last good revision stays active: changes in the file have no effect yet.", adviceFor(t.cause())}
}

func planWaitingWords(t telling) words {
	return words{
		t.ofPlan("Plan waits for a confirmation"), sentence(t.cause().Text) + " Nothing has changed yet: the active revision stays until somebody confirms the new one.",
		"If the change is not meant, correct the plan. If it is meant, run rundown apply --confirm.",
	}
}

// ofPlan is a title with the plan that it is about.
func (t telling) ofPlan(title string) string {
	if t.a.Plan == "" {
		return title
	}
	return title + ": " + t.a.Plan
}

// cause is the first cause.
func (t telling) cause() Cause {
	if len(t.f.Causes) == 0 {
		return Cause{ID: t.f.Code, Text: t.f.Reason}
	}
	return t.f.Causes[0]
}

// issueTitles name the health issues for people.
var issueTitles = map[reason.Code]string{
	reason.IssueAccountRefused:     "the service refuses the account",
	reason.IssueServiceUnreachable: "the service cannot be reached",
	reason.IssueNodeClock:          "the clock of a node is wrong",
	reason.IssueNodeUnfit:          "a node cannot work on a plan",
	reason.IssueStoreFailed:        "the store cannot be written",
	reason.IssueStoreReplaced:      "the store was replaced",
	reason.IssueClockOff:           "the clock is wrong",
	reason.IssueCredentialsFailing: "storage credentials cannot be fetched",
	reason.IssueReferencesUnset:    "variables or files are not set",
	reason.IssueQuotaTaken:         "the account records as much as it may",
	reason.IssuePageFailing:        "a page may not be recorded",
	reason.IssueStorageFailing:     "a bucket does not take recordings",
	reason.IssueOutboxStuck:        "notifications are not delivered",
	reason.IssueLogDropped:         "the log is not written",
}

// problem is the title of a health issue.
func problem(id reason.Code) string {
	if title, known := issueTitles[id]; known {
		return title + " (" + string(id) + ")"
	}
	return string(id)
}

func raisedWords(t telling) words {
	c := t.cause()
	return words{
		"Problem: " + problem(c.ID), fmt.Sprintf("Since %s: %s", t.local(t.f.Since, "Mon 2 Jan 15:04 MST"), sentence(c.Text)+" "+plain(c.ID.Meaning())),
		adviceFor(c),
	}
}

func clearedWords(t telling) words {
	c := t.cause()
	lasted := plan.DurationText(max(t.a.At.Sub(t.f.Since), 0).Round(time.Second))
	return words{"Resolved: " + problem(c.ID), fmt.Sprintf("This problem is gone after %s: %s", lasted, sentence(c.Text)), nothingToDo}
}

// orders say what operators ordered.
var orders = map[string]string{
	"cancel": "cancelled", "uncancel": "took back the cancellation of", "extend": "extended", "unextend": "took back the extension of", "stop": "stopped",
}

// orderTitles are the titles of orders.
var orderTitles = map[string]string{
	"cancel": "Cancelled by an operator", "uncancel": "Recorded after all", "extend": "Extended", "unextend": "Not extended any more", "stop": "Stopped by an operator",
}

func orderWords(t telling) words {
	if t.f.Closure != nil {
		return closureWords(t)
	}
	did, known := orders[t.f.Order]
	if !known {
		did = "ordered " + t.f.Order + " for"
	}
	text := fmt.Sprintf("%s %s %s", t.f.Who, did, t.class())
	var args struct {
		Until time.Time `json:"until"`
	}
	if json.Unmarshal(t.f.Args, &args) == nil && !args.Until.IsZero() {
		text += ", to " + t.local(args.Until, "15:04 MST")
	}
	if t.f.Note != "" {
		text += ": " + t.f.Note
	}
	undo := nothingToDo
	switch t.f.Order {
	case "extend":
		undo += " Until the end that it had before, rundown extend --undo " + t.a.Subject + " takes it back."
	case "cancel":
		undo += " Until the class ends, rundown cancel --undo " + t.a.Subject + " takes it back."
	case "stop":
		undo += " Until the planned end of the class, rundown cancel --undo " + t.a.Subject + " has the rest recorded."
	}
	title, known := orderTitles[t.f.Order]
	if !known {
		title = "Order"
	}
	return words{title + ": " + t.brief(), strings.TrimSuffix(text, ".") + ".", undo}
}

// closureWords tells of an order for many classes.
func closureWords(t telling) words {
	c, note := t.f.Closure, ""
	if t.f.Note != "" {
		note = ": " + strings.TrimSuffix(t.f.Note, ".")
	}
	classes := plural(t.c.count, "class", "classes")
	w := words{
		"Order for many classes: " + c.Covers,
		fmt.Sprintf("%s gave an order for many classes (closure %d): %s%s. It covers %s now, and those that a later plan adds.", t.f.Who, c.ID, c.Covers, note, classes),
		nothingToDo + " " + sentence(c.Undo+" takes it back"),
	}
	switch done, kind, _ := strings.Cut(t.f.Order, "-"); {
	case done == "add":
		w.text = fmt.Sprintf("A plan has brought %s to closure %d, which %s gave: %s%s.", classes, c.ID, t.f.Who, c.Covers, note)
	case done == "end" && kind == "extend":
		w = words{w.title + ", taken back", fmt.Sprintf("%s took back closure %d: %s%s. %s as before.", t.f.Who, c.ID, c.Covers, note, verb(t.c.count, classes, "ends", "end")), nothingToDo}
	case done == "end":
		w = words{w.title + ", taken back", fmt.Sprintf("%s took back closure %d: %s%s. %s recorded after all.", t.f.Who, c.ID, c.Covers, note, verb(t.c.count, classes, "is", "are")), nothingToDo}
	}
	return w
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// verb puts the verb that fits behind so many.
func verb(n int, what, one, many string) string {
	if n == 1 {
		return what + " " + one
	}
	return what + " " + many
}

func joinedWords(t telling) words {
	return words{"Daemon started", fmt.Sprintf("The daemon %s started on %s. It records the classes of %s.", t.a.Subject, t.local(t.a.At, "Mon 2 Jan 15:04:05 MST"), plural(t.f.Count, "plan", "plans")), nothingToDo}
}

func nodeLostWords(t telling) words {
	return words{
		"Daemon stopped unexpectedly",
		fmt.Sprintf("The daemon %s stopped unexpectedly. It was last seen on %s. Classes since then may be late or missed.", t.a.Subject, t.local(t.f.Since, "Mon 2 Jan 15:04:05 MST")),
		"See rundown status for what is being recorded now and what went wrong. The log of that machine may say why the daemon stopped.",
	}
}

func digestWords(t telling) words {
	return words{"Summary of the day", t.f.Reason, "Nothing, if all classes were recorded. rundown status shows more."}
}

func testWords(t telling) words {
	return words{"Test", fmt.Sprintf("This is a test of the target %s. Nothing happened to any class.", t.f.Target), nothingToDo + " Notifications reach you here."}
}
