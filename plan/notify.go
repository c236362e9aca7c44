package plan

import (
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// NotifySeverity says how much an event matters to people.
type NotifySeverity string

// The severities of events, from the least to the most.
const (
	NotifyInfo     NotifySeverity = "info"
	NotifyWarning  NotifySeverity = "warning"
	NotifyCritical NotifySeverity = "critical"
)

// NotifySeverities lists the severities, from the least to the most.
func NotifySeverities() []NotifySeverity {
	return []NotifySeverity{NotifyInfo, NotifyWarning, NotifyCritical}
}

// AtLeast says that a severity is another one or more.
func (s NotifySeverity) AtLeast(other NotifySeverity) bool {
	all := NotifySeverities()
	return slices.Index(all, s) >= slices.Index(all, other)
}

// DefaultLead is how long before its start a class is told as at risk, where a notify entry does not say.
const DefaultLead = 30 * time.Minute

// Notify is an entry of notify: an address, the events that are sent to it, and when.
type Notify struct {
	Pos     Pos
	Name    string // names the target in commands; "" where the plan gives none
	Webhook Text   // secret; zero where To is given
	// PlainHTTP lets the webhook be an address of plain HTTP that is not on loopback.
	PlainHTTP bool
	Secret    Text // secret: the key that signs what goes to Webhook; zero: it is not signed
	To        Text // secret: a shoutrrr address; zero where Webhook is given
	// What it hears of: Events are globs over [EventID]; where there are none, every event of Severity or more. Labels and
	// For leave out what is not of a class with these labels, or of one of these recordings.
	Severity NotifySeverity
	Events   []string
	Labels   map[string]string
	For      []string      // globs over the ids of recordings
	Lead     time.Duration // how long before its start a class is told as at risk
	Quiet    *ClockRange   // what is not critical waits for its end; nil: never
	Digest   *Clock        // when a summary of the day is sent; nil: none
	Zone     *time.Location
}

// ClockRange is a time of each day; an end before the start is on the next day.
type ClockRange struct{ From, Until Clock }

// Wants says whether an event with this id and severity is sent to the entry.
func (n *Notify) Wants(event string, severity NotifySeverity) bool {
	if len(n.Events) == 0 {
		return severity.AtLeast(n.Severity)
	}
	return slices.ContainsFunc(n.Events, func(glob string) bool { return MatchEvent(glob, event) })
}

// WantsClass says whether events of the classes of a recording with these labels are sent to the entry.
func (n *Notify) WantsClass(recording string, labels map[string]string) bool {
	for key, value := range n.Labels {
		if labels[key] != value {
			return false
		}
	}
	return len(n.For) == 0 || slices.ContainsFunc(n.For, func(glob string) bool {
		ok, err := path.Match(glob, recording)
		return ok && err == nil
	})
}

// OnlyClasses says whether the entry is for some classes only, and for nothing else.
func (n *Notify) OnlyClasses() bool { return len(n.Labels) > 0 || len(n.For) > 0 }

// EventInfo describes an event.
type EventInfo struct {
	ID       string
	Severity NotifySeverity
	Meaning  string // when it is told, for docs/notifications.md
}

// Events are all events, in the order of the documentation.
var Events = []EventInfo{
	{"class.at-risk", NotifyCritical, "A class within the next `lead` cannot begin or be stored, as things stand."},
	{"class.recovered", NotifyInfo, "A class that was told as at risk or late is so no more."},
	{"class.late", NotifyCritical, "The class has begun, and nothing of it is being recorded: it was not begun in time, or it lost its recording and got no other."},
	{"class.recorded", NotifyInfo, "The class was recorded without a gap."},
	{"class.partial", NotifyWarning, "The class was recorded with gaps. Critical where Rundown gives it up before its end."},
	{"class.missed", NotifyCritical, "Nothing of the class was recorded: no request was sent in time."},
	{"class.failed", NotifyCritical, "Nothing of the class was recorded, although it was tried."},
	{"class.cancelled", NotifyInfo, "The class ended as cancelled, by an operator or by the plan. Of one that a closure cancelled before it began only `events` hears."},
	{"session.orphan", NotifyCritical, "A session may be running and billed that cannot be stopped."},
	{"session.orphan-resolved", NotifyInfo, "An orphan was found and stopped, or has ended."},
	{"upload.failed", NotifyCritical, "The files of a session may not have reached the bucket."},
	{"upload.late", NotifyWarning, "The upload of a session was complete only after an error."},
	{"plan.applied", NotifyInfo, "A revision of a plan became the active one."},
	{"plan.rejected", NotifyWarning, "A revision of a plan has errors. The active one stays."},
	{"plan.waiting", NotifyWarning, "A revision of a plan removes much and waits for a confirmation. The active one stays."},
	{"health.raised", NotifyWarning, "A health issue began. The event has the severity of the issue."},
	{"health.cleared", NotifyInfo, "A health issue ended."},
	{"order.given", NotifyInfo, "An operator gave an order for a class, or a closure for many, which is told once."},
	{"node.joined", NotifyInfo, "A daemon has started to use the store."},
	{"node.lost", NotifyWarning, "A daemon ended without a word, or its machine did. Critical where no other daemon has taken over its classes."},
	{"digest", NotifyInfo, "The summary of a day, for entries with `digest`."},
	{"test", NotifyInfo, "`rundown notify test` sent it."},
}

// EventByID finds an event.
func EventByID(id string) (EventInfo, bool) {
	i := slices.IndexFunc(Events, func(e EventInfo) bool { return e.ID == id })
	if i < 0 {
		return EventInfo{}, false
	}
	return Events[i], true
}

// shortEvents are the events that may be named by their last part.
var shortEvents = map[string]string{
	"failed": "class.failed", "missed": "class.missed", "partial": "class.partial", "at-risk": "class.at-risk", "orphan": "session.orphan",
}

// EventGlob gives the glob over the ids of events that a plan's word stands for; false where it fits no event.
func EventGlob(word string) (string, bool) {
	if long, ok := shortEvents[word]; ok {
		return long, true
	}
	return word, slices.ContainsFunc(Events, func(e EventInfo) bool { return MatchEvent(word, e.ID) })
}

// EventWords are what events may name, globs aside.
func EventWords() []string {
	words := make([]string, 0, len(Events))
	for _, e := range Events {
		words = append(words, e.ID)
	}
	return words
}

// ShortEventWords are the words that stand for the ids of some events.
func ShortEventWords() []string { return slices.Sorted(maps.Keys(shortEvents)) }

// MatchEvent says that a glob fits an event.
func MatchEvent(glob, event string) bool {
	ok, err := path.Match(strings.ToLower(glob), event)
	return ok && err == nil
}

// Channels are the schemes of the addresses that to may have, as shoutrrr knows them, mail first.
var Channels = []string{
	"smtp", "bark", "discord", "googlechat", "gotify", "ifttt", "join", "lark", "matrix", "mattermost", "notifiarr", "ntfy", "opsgenie",
	"pagerduty", "pushbullet", "pushover", "rocketchat", "signal", "slack", "teams", "telegram", "wecom", "zulip",
}
