package notify

import (
	"fmt"
	"strings"

	"rundown/runner/session"
)

// steadyText is steadyAfter in words.
const steadyText = "ten minutes"

// interrupted tells of a class that lost its recording while it lasts.
func (t topic) interrupted(i *Interruption) words {
	lost := fmt.Sprintf("Its recording (session %d) ended.", i.Session) + t.why("Cause: ")
	if i.Suspect {
		lost = fmt.Sprintf("The service does not show its recording (session %d) running any more. Rundown asks it again.", i.Session)
	}
	w := words{
		title: "Not being recorded any more: " + t.brief(),
		text:  fmt.Sprintf("%s: nothing of it has been recorded since %s. %s %s", t.class(), t.local(i.Since, "15:04:05 MST"), lost, t.next(i)),
		class: restByOtherMeans,
	}
	var advice []string
	for _, c := range t.f.Causes {
		advice = append(advice, adviceFor(c))
	}
	if a := t.codeAdvice(); a != "" {
		advice = append(advice, a)
	}
	if a := t.adviceOf(i.Code); i.Code != t.f.Code && a != "" {
		advice = append(advice, a)
	}
	w.operator = strings.Join(append(advice, t.history()), " ")
	switch {
	case i.Again:
		w.text += " This is not the first time: it had been recorded again for a short time only."
		w.class += " You are told that it is recorded again once that has lasted for " + steadyText + "."
	case i.GivenUp == "":
		w.class += " You are told when it is recorded again."
	}
	return w
}

// next says what Rundown does for a class that lost its recording.
func (t topic) next(i *Interruption) string {
	var causes []string
	for _, c := range t.f.Causes {
		causes = append(causes, strings.TrimSuffix(t.readable(c.Text), "."))
	}
	again := "It tries again now"
	if !i.NextAt.IsZero() {
		again = "The next try is at " + t.local(i.NextAt, "15:04:05")
	}
	var text string
	switch {
	case i.GivenUp != "":
		return "Rundown begins no other session: " + strings.TrimSuffix(t.readable(i.GivenUp), ".") + "."
	case i.Suspect && i.Next == 0:
		text = "If it stays so, Rundown begins another session while class time is left."
	case i.Next == 0 && i.NextAt.IsZero():
		text = "Rundown begins another session now."
	case i.Next == 0:
		text = "Rundown begins another session at " + t.local(i.NextAt, "15:04:05") + "."
	case i.State == session.SessionConfirming:
		text = fmt.Sprintf("Rundown has started session %d, but the service does not show it recording yet.", i.Next)
	case i.Answer != "":
		text = fmt.Sprintf("Rundown tries to begin session %d, without success so far: %s. %s.", i.Next, strings.TrimSuffix(t.readable(i.Answer), "."), again)
	default:
		text = fmt.Sprintf("Rundown tries to begin session %d, without success so far. %s.", i.Next, again)
	}
	if len(causes) > 0 {
		text += " It cannot be recorded again while this lasts: " + strings.Join(causes, "; ") + "."
	}
	return text
}

// recordsAgain tells of such a class that it is recorded again.
func (t topic) recordsAgain(i *Interruption) words {
	since := t.local(i.Until, "15:04:05 MST")
	missing := t.local(i.Since, "15:04:05") + " to " + t.local(i.Until, "15:04:05")
	if _, gaps := t.gaps(i.Gaps); gaps != "" {
		missing = gaps
	}
	return words{
		title: "Recorded again: " + t.brief(),
		text:  fmt.Sprintf("%s: it has been recorded again since %s. Nothing was recorded from %s.", t.class(), since, strings.ReplaceAll(missing, ", ", ", from ")),
		class: "If you record the class by other means, you can end that now. Keep what you have of the time before " + since + ".",
	}
}
