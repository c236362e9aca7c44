package page

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/view"
)

// rowView is a class in a list.
type rowView struct {
	Look   look
	Link   string
	Name   string // of the recording
	Title  string // from the plan, "" where there is none
	Range  Range
	Detail string // what is most worth knowing now
	Parts  []partView
	Next   []string // orders that hold, and other things to know
}

// partView is a part of a class at its place on an axis.
type partView struct {
	Kind     partKind
	X, Width percent
}

// Hatched says that the part is drawn with lines, so that it differs from others without colours.
func (p partView) Hatched() bool { return p.Kind == partGap || p.Kind == partLate }

// LinkOf is the address of a class's page. Names of plans and recordings and starts need no escaping, but an identity
// that is not one must not become another address.
func LinkOf(id string) string { return "/class/" + escaped(id) }

// LinkOfChange is the address of the page of a change of a plan, given as PLAN/REVISION.
func LinkOfChange(change string) string { return "/plans/" + escaped(change) }

// escaped is a path whose parts are each escaped.
func escaped(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// rowOf is a class for a list on the page of a day.
func (s scribe) rowOf(c *Class, day time.Time) rowView {
	l := lookOf(c, s.now)
	r := rowView{
		Look: l, Link: LinkOf(c.ID), Name: c.Recording, Title: c.Title,
		Range: s.rangeOf(c.Start, c.End, c.Zone, day), Detail: s.detail(c, l), Parts: s.partViews(c, c.axis()),
	}
	if c.Extended != nil {
		r.Next = append(r.Next, s.extendedText(c))
	}
	if c.Cancel != nil && c.Phase != session.Ended {
		r.Next = append(r.Next, s.cancelledText(c))
	}
	if c.LeftPlan() {
		r.Next = append(r.Next, "no longer in the plan")
	}
	if moved := c.MovedText(c.Zone); moved != "" && !l.over() {
		r.Next = append(r.Next, moved)
	}
	return r
}

// axis is that of the class itself: from what is recorded before it to what is recorded after.
func (c *Class) axis() axis {
	a := axis{c.Start, c.End, c.Zone}
	if !c.From.IsZero() && c.From.Before(a.from) {
		a.from = c.From
	}
	if c.Until.After(a.until) {
		a.until = c.Until
	}
	return a
}

// partViews places the parts of a class on an axis. Those that lie outside of it are left out.
func (s scribe) partViews(c *Class, a axis) (views []partView) {
	for _, p := range c.parts(s.now) {
		from, until := a.at(p.From), a.at(p.Until)
		if until > from {
			views = append(views, partView{p.Kind, from, until - from})
		}
	}
	return views
}

// detail is the one thing about a class that is most worth knowing.
func (s scribe) detail(c *Class, l look) string {
	switch l {
	case lookPlanned:
		return "begins " + s.ago(c.Start)
	case lookStarting:
		return "class begins " + s.ago(c.Start)
	case lookRecording:
		if !s.now.Before(c.End) { // its padding is recorded, or the state is not known yet
			return "class ended " + s.ago(c.End)
		}
		return lengthText(c.End.Sub(s.now).Truncate(time.Second)) + " left"
	case lookLate:
		return "should have begun " + s.ago(c.Start) + because(c)
	case lookBroken:
		return "no session is recording" + because(c)
	case lookStopping:
		return "class ended " + s.ago(c.End)
	case lookRecorded:
		return ""
	case lookPartial, lookMissed, lookFailed:
		if text := c.lostText(s.now); text != "" {
			return text
		}
	}
	return shorten(c.Reason, longestDetail)
}

// longestDetail is how much of a reason a list shows, in characters. The page of the class has all of it.
const longestDetail = 120

// lostText says how much of a class is missing so far; "" for nothing.
func (c *Class) lostText(now time.Time) string {
	lost, whole := c.lost(now), c.End.Sub(c.Start)
	switch {
	case lost < time.Second:
		return ""
	case lost >= whole:
		return "nothing of it recorded"
	}
	return lengthText(lost) + " of " + lengthText(whole) + " not recorded"
}

func because(c *Class) string {
	if c.Reason == "" {
		return ""
	}
	return ": " + shorten(c.Reason, longestDetail)
}

// lost is how much of a class was not recorded so far.
func (c *Class) lost(now time.Time) (lost time.Duration) {
	for _, p := range c.parts(now) {
		if p.Kind == partGap || p.Kind == partLate {
			lost += p.length()
		}
	}
	return lost
}

func (s scribe) extendedText(c *Class) string {
	text := "extended"
	if !c.Extended.Until.IsZero() {
		text += " to " + c.Extended.Until.In(c.Zone).Format("15:04")
	}
	return orderText(text+" by "+cmp.Or(c.Extended.Who, "an operator"), c.Extended)
}

func (s scribe) cancelledText(c *Class) string {
	who := cmp.Or(c.Cancel.Who, "an operator")
	if c.Cancel.ReasonCode == reason.CancelledByPlan {
		who = "the plan"
	}
	if c.ReasonCode == reason.EndedByOperator {
		return orderText("ended early by "+who, c.Cancel)
	}
	return orderText("cancelled by "+who, c.Cancel)
}

func orderText(text string, o *view.OrderDoc) string {
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	if o.Pending {
		text += " (the daemon has not carried it out yet)"
	}
	return text
}

// advice is what the documentation says of a reason code.
type advice struct {
	Code    reason.Code
	Meaning []piece
	Try     []piece
}

// adviceOf looks a code up; nil for one that has no description. class is the page of the class that it is about.
func adviceOf(code reason.Code, class string) *advice {
	if code.Meaning() == "" {
		return nil
	}
	return &advice{Code: code, Meaning: prose(code.Meaning(), ""), Try: prose(code.Advice(), class)}
}

// aftermath is the advice about a class that is over. That nothing is to be done because Rundown goes on is no help then.
func (a *advice) aftermath(l look, code reason.Code) *advice {
	if a == nil || !strings.HasPrefix(code.Advice(), "Nothing; another session") {
		return a
	}
	try := "Tell those who need the recording that there is none."
	switch l {
	case lookPartial:
		try = "Tell those who need the recording what is missing."
	case lookFailed, lookMissed:
	default:
		return a
	}
	after := *a
	after.Try = prose(try, "")
	return &after
}

// trouble is a class that needs a person, with why and what to do.
type trouble struct {
	rowView
	Lost   string  // how much of the class is missing
	Reason string  // in the daemon's words
	Advice *advice // in plain words
	Try    []piece // what to try where there is no advice
}

// troubleOf says what is lost, why, and what to try: by the reason code where there is one, else by how the class looks.
func (s scribe) troubleOf(c *Class, day time.Time) trouble {
	t := trouble{rowView: s.rowOf(c, day), Lost: sentence(c.lostText(s.now)), Reason: sentence(c.Reason)}
	t.Advice = adviceOf(c.ReasonCode, LinkOf(c.ID)).aftermath(t.Look, c.ReasonCode)
	if t.Look.live() {
		t.Lost = sentence(t.Detail)
	}
	if story := (piece{Text: "its story", Link: t.Link}); t.Advice == nil {
		switch t.Look {
		case lookLate:
			t.Try = []piece{{Text: "Nothing at first: the daemon tries again by itself. What the service answers is in "}, story, {Text: "."}}
		case lookBroken:
			t.Try = []piece{{Text: "Nothing at first: another session takes over. What happened is in "}, story, {Text: "."}}
		}
	}
	return t
}
