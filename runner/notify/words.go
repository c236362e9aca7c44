package notify

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"rundown/runner/reason"
	"rundown/runner/store"
)

// words are what a message says to people: what happened to which class and when, what it means, and what to do next. What
// the person on duty does for the class stands apart from what whoever runs Rundown does.
type words struct{ title, text, class, operator string }

// These labels begin the two parts of an advice that has both, or only the second.
const (
	forClass    = "For the class: "
	forOperator = "For the operator of Rundown: "
)

// advice is what to do next, on one line.
func (w words) advice() string {
	switch {
	case w.operator == "":
		return w.class
	case w.class == "":
		return forOperator + w.operator
	}
	return forClass + w.class + " " + forOperator + w.operator
}

// topic is what a message is about: an announcement, its fact, and what the plans say beside them.
type topic struct {
	a store.Announcement
	f Fact
	c view
}

const nothingToDo = "Nothing."

// wording makes the words of each kind.
var wording = map[string]func(topic) words{
	kindAtRisk:         atRiskWords,
	kindRecovered:      recoveredWords,
	kindLate:           lateWords,
	"class.recorded":   recordedWords,
	kindPartial:        partialWords,
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
	kindOrder:          orderWords,
	kindJoined:         joinedWords,
	kindNodeLost:       nodeLostWords,
	kindDigest:         digestWords,
	kindTest:           testWords,
}

// wordsOf puts an announcement into words. One of a kind that this version does not know, as a later one may have stored, says what it
// holds.
func wordsOf(a store.Announcement, f Fact, c view) words {
	put, known := wording[a.Kind]
	if !known {
		return words{title: a.Kind, text: f.Reason, class: nothingToDo}
	}
	return put(topic{a, f, c})
}

// name is the class's recording, as people call it.
func (t topic) name() string {
	if t.f.Class == nil {
		return t.a.Subject
	}
	if r := t.c.recording; r != nil && r.Title != "" && r.Title != t.f.Class.Recording {
		return fmt.Sprintf("%s (%s)", r.Title, t.f.Class.Recording)
	}
	return t.f.Class.Recording
}

// class is the class with its time.
func (t topic) class() string {
	c := t.f.Class
	if c == nil {
		return t.a.Subject
	}
	return fmt.Sprintf("%s, %s to %s", t.name(), t.local(c.Start, "Mon 2 Jan 2006 15:04"), t.end(c.End))
}

// end is an end of the class, with its day where the class begins on another.
func (t topic) end(at time.Time) string {
	if c := t.f.Class; c != nil && t.local(at, time.DateOnly) != t.local(c.Start, time.DateOnly) {
		return t.local(at, "Mon 2 Jan 15:04 MST")
	}
	return t.local(at, "15:04 MST")
}

// begun is the class with its start alone.
func (t topic) begun() string {
	if t.f.Class == nil {
		return t.a.Subject
	}
	return fmt.Sprintf("%s, %s,", t.name(), t.local(t.f.Class.Start, "Mon 2 Jan 2006 15:04"))
}

// brief is the class in a title.
func (t topic) brief() string {
	if t.f.Class == nil {
		return t.a.Subject
	}
	return fmt.Sprintf("%s, %s", t.name(), t.local(t.f.Class.Start, "Mon 2 Jan 15:04"))
}

// local is an instant in the zone of the class, else in that of the target.
func (t topic) local(at time.Time, layout string) string {
	switch {
	case t.f.Class != nil:
		at = in(at, t.f.Class.Zone)
	case t.c.zone != nil:
		at = at.In(t.c.zone)
	}
	return at.Format(layout)
}

// why is the sentence of the reason, with a word before it; "" where there is none.
func (t topic) why(before string) string {
	text := strings.TrimSuffix(t.readable(t.f.Reason), ".")
	if text == "" {
		return ""
	}
	return " " + before + text + "."
}

// writtenTime is an instant as reasons hold it: 2031-09-17 22:00:00+02:00.
var writtenTime = regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)`)

// readable is a reason with its times as people read them.
func (t topic) readable(reason string) string {
	return writtenTime.ReplaceAllStringFunc(reason, func(text string) string {
		at, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "T", 1))
		if err != nil {
			return text
		}
		if c := t.f.Class; c != nil && in(at, c.Zone).Format(time.DateOnly) == in(c.Start, c.Zone).Format(time.DateOnly) { // its day was said
			return t.local(at, "15:04:05")
		}
		return t.moment(at)
	})
}

// moment is an instant with its day and zone.
func (t topic) moment(at time.Time) string {
	if at.Second() != 0 {
		return t.local(at, "Mon 2 Jan 15:04:05 MST")
	}
	return t.local(at, "Mon 2 Jan 15:04 MST")
}

// advise is what the reason code advises, and what is advised of the kind.
func (t topic) advise(general string) string {
	return strings.TrimSpace(t.codeAdvice() + " " + general)
}

// codeAdvice is what to do about the reason code; "" for nothing.
func (t topic) codeAdvice() string { return t.adviceOf(t.f.Code) }

// adviceOf is codeAdvice for another code.
func (t topic) adviceOf(code reason.Code) string {
	advice := plain(code.Advice())
	switch rest, found := strings.CutPrefix(advice, "Nothing; "); {
	case advice == nothingToDo:
		return ""
	case found && t.over(): // what would follow by itself will not any more
		_, advice, _ = strings.Cut(rest, ". ")
	case found:
		advice = rest
	}
	for _, command := range []string{"rundown history ID", "rundown cancel ID"} {
		advice = strings.ReplaceAll(advice, command, strings.TrimSuffix(command, "ID")+t.a.Subject)
	}
	return sentence(advice)
}

// over says that no other session follows by itself, or that the text says what follows.
func (t topic) over() bool {
	switch t.a.Kind {
	case kindPartial, "class.missed", "class.failed":
		return true
	case kindLate:
		return t.f.Interruption != nil // what follows is said otherwise
	}
	return false
}

// plain takes the marks of Markdown out of a text.
func plain(text string) string { return strings.ReplaceAll(text, "`", "") }

// history is where the whole story of the class is.
func (t topic) history() string {
	return "rundown history " + t.a.Subject + " shows what was tried."
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
	switch word, _, _ := strings.Cut(text, " "); {
	case word == "rundown":
		return "The command " + text
	case strings.Contains(word, "/"): // an identity stays as it is typed
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
