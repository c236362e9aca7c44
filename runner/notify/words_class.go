package notify

import (
	"fmt"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
)

// What people do for a class.
const (
	byOtherMeans     = "by other means, for example by the meeting's own recording."
	otherMeans       = "Record the class " + byOtherMeans
	restByOtherMeans = "Record the rest of the class " + byOtherMeans
	tellNone         = "Tell those who need the recording that there is none."
)

func atRiskWords(t topic) words {
	var causes, advice []string
	for i, c := range t.f.Causes {
		number := ""
		if len(t.f.Causes) > 1 {
			number = fmt.Sprintf("(%d) ", i+1)
		}
		causes = append(causes, number+strings.TrimSuffix(t.readable(c.Text), "."))
		if a := adviceFor(c); a != "" {
			advice = append(advice, number+a)
		}
	}
	return words{
		title: "At risk: " + t.brief(),
		text:  fmt.Sprintf("%s: it cannot be recorded as planned unless this is fixed before it begins: %s.", t.class(), strings.Join(causes, "; ")),
		class: "If it is not fixed in time, record the class " + byOtherMeans + " You are told when it is fixed.", operator: strings.Join(advice, " "),
	}
}

func recoveredWords(t topic) words {
	w := words{title: "Resolved: " + t.brief(), class: nothingToDo}
	w.text = fmt.Sprintf("%s: the problem that was reported at %s is gone. The class will be recorded as planned.", t.class(), t.local(t.f.Since, "15:04 MST"))
	if i := t.f.Interruption; t.f.Was == kindLate && i != nil {
		return t.recordsAgain(i)
	}
	if t.f.Was == kindLate {
		since := t.local(t.a.At, "15:04:05 MST")
		w.text = fmt.Sprintf("%s: it is being recorded now. What came before %s may be missing.", t.class(), since)
		w.class = "If you record the class by other means, you can end that now. Keep what you have of the time before " + since + "."
	}
	return w
}

// lateWords are for a class of which nothing was ever recorded, and for one that lost its recording (words_interrupted.go).
func lateWords(t topic) words {
	if t.f.Interruption != nil {
		return t.interrupted(t.f.Interruption)
	}
	later, since := "", ""
	if c := t.f.Class; c != nil {
		later = " " + plan.DurationText(t.a.At.Sub(c.Start).Round(time.Second)) + " ago"
		since = "Nothing has been recorded since " + t.local(c.Start, "15:04 MST") + ". "
	}
	return words{
		title: "Not being recorded: " + t.brief(),
		text:  fmt.Sprintf("%s: it began%s and is not being recorded. Rundown keeps trying while enough of the class is left.%s", t.class(), later, t.why("Cause: ")),
		class: since + otherMeans, operator: t.advise(t.history()),
	}
}

func recordedWords(t topic) words {
	return words{title: "Recorded: " + t.brief(), text: t.class() + ": it was recorded from its start to its end, without a gap.", class: nothingToDo}
}

// partialWords are for a class that ended with gaps. Where Rundown gave up before its end, people can still record the rest.
func partialWords(t topic) words {
	var gaps []session.Gap
	if t.f.Class != nil {
		gaps = t.f.Class.Gaps
	}
	missing, parts := t.gaps(gaps)
	if _, rest, found := strings.Cut(t.f.Reason, " of the class are missing; "); found { // which is said with the gaps
		t.f.Reason = rest
	}
	what := "parts of it are missing"
	if parts != "" {
		what = fmt.Sprintf("%s are missing (%s)", plan.DurationText(missing.Round(time.Second)), parts)
	}
	w := words{
		title: "Partly recorded: " + t.brief(), text: fmt.Sprintf("%s: it was recorded, but %s.%s", t.class(), what, t.why("Details: ")),
		class: "Tell those who need the recording what is missing.", operator: t.codeAdvice(),
	}
	if t.lasts() {
		w.title = "Not being recorded any more (partial): " + t.brief()
		w.text = fmt.Sprintf("%s: it was recorded until %s. Rundown does not try any more, so that %s.%s", t.class(), t.local(t.stopped(), "15:04:05 MST"), what, t.why("Details: "))
		w.class = restByOtherMeans + " " + w.class
	}
	return w
}

// gaps are how long gaps are together, and the first of them; "" for none.
func (t topic) gaps(gaps []session.Gap) (missing time.Duration, text string) {
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
	return missing, strings.Join(parts, ", ")
}

// lasts says that so much is left of a class that Rundown has given up that people can do something about it.
func (t topic) lasts() bool {
	return t.f.Class != nil && t.f.Class.End.Sub(t.a.At) >= worthActing
}

// worthActing is how much of a class must be left to ask people to record the rest of it.
const worthActing = time.Minute

// givenUp is what people do for a class that Rundown has given up before its end.
func (t topic) givenUp() string {
	if t.a.At.Before(t.f.Class.Start) {
		return otherMeans
	}
	return restByOtherMeans + " Tell those who need the recording that it begins late."
}

// missedWords are for a class that nobody asked the service to record, which is mostly a fault of Rundown or of its machine.
func missedWords(t topic) words {
	w := words{
		title: "Not recorded (missed): " + t.brief(),
		text:  t.class() + ": nothing of it was recorded, because Rundown did not ask for it in time." + t.why("Cause: "),
		class: tellNone, operator: t.advise("Check with rundown status that the daemon runs and that the next classes are not affected."),
	}
	if t.lasts() {
		w.title = "Not being recorded (missed): " + t.brief()
		w.text = t.class() + ": nothing of it is being recorded, because Rundown did not ask for it in time. It does not try any more." + t.why("Cause: ")
		w.class = t.givenUp()
	}
	return w
}

// failedWords are for a class that was tried in vain, which is mostly a fault of the page, the plan or the service.
func failedWords(t topic) words {
	w := words{
		title: "Not recorded (failed): " + t.brief(), text: t.class() + ": nothing of it was recorded, although Rundown tried." + t.why("Cause: "),
		class: tellNone, operator: t.advise(t.history()),
	}
	if t.lasts() {
		w.title = "Not being recorded (failed): " + t.brief()
		w.text = t.class() + ": nothing of it is being recorded. Rundown tried, and does not try any more." + t.why("Cause: ")
		w.class = t.givenUp()
	}
	return w
}

// unlessHeld is for a class whose recording somebody cancelled: whether the class takes place Rundown does not know.
const unlessHeld = "Nothing, if the class does not take place. If it does, have the cancellation taken back, or record the class by other means."

// cancelledWords tell apart what was cancelled before it began, shortly before, and while it was recorded: the order is the same.
func cancelledWords(t topic) words {
	undo := t.codeAdvice()
	if t.f.Closure != nil { // an order for many classes is taken back as it was given
		undo = ""
	}
	w := words{title: "Cancelled: " + t.brief(), class: unlessHeld, operator: undo}
	switch {
	case t.f.Code == reason.EndedByOperator && t.nothingOfIt():
		w.text = t.class() + ": an operator cancelled its recording shortly before it began. Nothing of the class itself was recorded."
	case t.f.Code == reason.EndedByOperator:
		w.title = "Ended early: " + t.brief()
		w.class = nothingToDo
		w.text = fmt.Sprintf("%s: an operator ended its recording early, at %s. What was recorded until then is kept.", t.class(), t.local(t.stopped(), "15:04:05 MST"))
	case t.f.Class != nil && len(t.f.Class.Gaps) > 0: // some of it was recorded
		w.class = nothingToDo
		w.text = t.class() + ": it was cancelled while it was being recorded. What was recorded until then is kept."
	default:
		w.text = t.class() + ": its recording was cancelled in Rundown. Nothing of it is recorded."
	}
	w.text += t.why("Details: ")
	return w
}

// nothingOfIt says that one gap is the whole class.
func (t topic) nothingOfIt() bool {
	c := t.f.Class
	return c != nil && len(c.Gaps) == 1 && !c.Gaps[0].From.After(c.Start) && !c.Gaps[0].Until.Before(c.End)
}

// stopped is when the recording of a class ended that did not last to its end.
func (t topic) stopped() time.Time {
	if c := t.f.Class; c != nil && len(c.Gaps) > 0 {
		if last := c.Gaps[len(c.Gaps)-1]; !last.Until.Before(c.End) {
			return last.From
		}
	}
	return t.a.At
}

// orphanWords are about money: what runs on and cannot be stopped is billed, whatever becomes of the class.
func orphanWords(t topic) words {
	latest, what := "", "may still be running at the service, and Rundown cannot stop it"
	if !t.f.Until.IsZero() {
		latest = " until " + t.local(t.f.Until, "Mon 2 Jan 15:04 MST") + " at the latest"
	}
	if t.f.Code == reason.OrphanForeign {
		what = "runs at the service that this Rundown did not begin and cannot stop"
	}
	return words{
		title:    "May still be recording and billed: " + t.brief(),
		text:     fmt.Sprintf("%s: a recording of this class (session %d) %s. It may be billed%s. %s%s", t.class(), t.f.Session, what, latest, t.standing(), t.orphanCause()),
		class:    "Nothing. Tell whoever pays for the service that this recording may be billed" + latest + ".",
		operator: t.advise("Rundown stops it if it can, and tells you. " + t.history()),
	}
}

// orphanCause is why a session is an orphan, where the code does not say it better than the reason does for people.
func (t topic) orphanCause() string {
	switch t.f.Code {
	case reason.OrphanSID:
		return " Cause: the service did not say under which id it runs."
	case reason.OrphanGone:
		return " Cause: the service did not know it when it was to be stopped."
	case reason.OrphanForeign:
		return " Cause: another Rundown may record the same plan, or the store was lost."
	}
	return t.why("Cause: ")
}

// standing says whether a class is recorded, one of whose sessions is an orphan.
func (t topic) standing() string {
	var outcome string
	if t.f.Class != nil {
		outcome = t.f.Class.Outcome
	}
	switch session.Outcome(outcome) {
	case session.Recorded:
		return "The class itself was recorded whole."
	case session.Partial:
		return "The class itself was recorded in part."
	case session.Missed, session.Failed:
		return "Nothing else was recorded of the class."
	case session.Cancelled:
		return "The class itself was cancelled or ended early."
	}
	if t.f.Recorded {
		return "The class itself is being recorded by another session."
	}
	return "Rundown begins another session for the class while class time is left. You are told how the class ended."
}

// orphanResolvedWords say what the session turned out to be. It may have been found running, and not ended.
func orphanResolvedWords(t topic) words {
	t.f.Reason = strings.TrimPrefix(t.f.Reason, "orphan: ")
	title, now := "Not recording any more: ", "is stopped, or has ended"
	switch reported := !t.f.Until.IsZero(); {
	case t.f.State == session.SessionConfirming && reported:
		title, now = "Found, and probably over: ", "was found: the service has reported its end, and Rundown asks it whether that is so"
	case t.f.State == session.SessionStopping:
		title, now = "Found, and being stopped: ", "was found: Rundown stops it now, and tells you if it cannot"
	case t.f.State == session.SessionConfirming:
		title, now = "Found, and recording the class: ", "was found: it records the class now, and is stopped at its end"
	}
	return words{
		title: title + t.brief(),
		text:  fmt.Sprintf("%s: the recording (session %d) that might still have been running %s.%s", t.class(), t.f.Session, now, t.why("Details: ")),
		class: nothingToDo,
	}
}

// bucket names the bucket of the class by the active plan.
func (t topic) bucket() string {
	if r := t.c.recording; r != nil && r.Storage != nil && r.Storage.Bucket != "" {
		return "bucket " + r.Storage.Bucket
	}
	return "the bucket"
}

// uploadFailedWords take the files for lost: a later report of the service may say otherwise (uploadLateWords).
func uploadFailedWords(t topic) words {
	t.f.Reason = strings.TrimPrefix(t.f.Reason, fmt.Sprintf("session %d: ", t.f.Session))
	folder, others := "", "the next classes are stored there too."
	if t.f.Folder != "" {
		folder = ", folder " + t.f.Folder
	}
	if r := t.c.recording; r != nil && r.Storage != nil {
		others = fmt.Sprintf("the next classes of plan %s with storage %s are stored there too.", t.a.Plan, r.Storage.Name)
	}
	return words{
		title: "Files not stored: " + t.brief(),
		text:  fmt.Sprintf("%s: the service could not store the files of its recording (session %d) in %s%s. Take them for lost until you are told that they are stored.%s", t.class(), t.f.Session, t.bucket(), folder, t.why("Details: ")),
		class: "If the class still runs, record the rest of it by other means. Tell those who need the recording that it may be lost.", operator: fmt.Sprintf("Check %s, its free space and its keys now: %s %s", t.bucket(), others, t.history()),
	}
}

func uploadLateWords(t topic) words {
	return words{
		title: "Files stored after an error: " + t.brief(),
		text:  fmt.Sprintf("%s: the service now says that the files of its recording (session %d) are stored. It had reported an error before.", t.class(), t.f.Session),
		class: "Check in " + t.bucket() + " that the recording is complete.",
	}
}
