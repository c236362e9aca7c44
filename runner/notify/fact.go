package notify

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// The kinds of announcements that the code names; plan.Events lists all.
const (
	kindAtRisk         = "class.at-risk"
	kindRecovered      = "class.recovered"
	kindLate           = "class.late"
	kindPartial        = "class.partial"
	kindOrphan         = "session.orphan"
	kindOrphanResolved = "session.orphan-resolved"
	kindUploadFailed   = "upload.failed"
	kindUploadLate     = "upload.late"
	kindPlanApplied    = "plan.applied"
	kindPlanRejected   = "plan.rejected"
	kindPlanWaiting    = "plan.waiting"
	kindRaised         = "health.raised"
	kindCleared        = "health.cleared"
	kindJoined         = "node.joined"
	kindNodeLost       = "node.lost"
	kindOrder          = "order.given"
	kindDigest         = "digest"
	kindTest           = "test"
	// kindWithdrawn is no event, and nobody hears of it. It stands in the order of announcements where a class that was at risk has ended,
	// was moved or is gone: who was not told of the risk by then is told nothing of it.
	kindWithdrawn = "class.at-risk/withdrawn"
)

// Fact is what an announcement holds beside its kind, time and subject. Each kind uses some of the fields.
type Fact struct {
	Class  *Class      `json:"class,omitempty"`
	Code   reason.Code `json:"reason_code,omitempty"`
	Reason string      `json:"reason,omitempty"` // a sentence
	SessionFact
	Audience
	Until   time.Time       `json:"until,omitzero"` // how long a session may run; when what has ended was over, or counted as dead
	Since   time.Time       `json:"since,omitzero"` // when what has ended began; when a daemon joined
	Causes  []Cause         `json:"causes,omitempty"`
	Order   string          `json:"order,omitempty"` // cancel, extend, …; of a closure also add- and end- before it
	Who     string          `json:"who,omitempty"`   // gave the order or the revision; of a lost daemon, which is here in its place
	Note    string          `json:"note,omitempty"`
	Args    json.RawMessage `json:"args,omitempty"`    // of an order
	Count   int             `json:"count,omitempty"`   // of plans, the number of a revision, or of what a summary has to tell
	Closure *Closure        `json:"closing,omitempty"` // nil: it is about no closure
	Path    string          `json:"path,omitempty"`    // the root file of a plan
	Folder  string          `json:"folder,omitempty"`  // where in the bucket the files of a class are
	Change  *PlanChange     `json:"change,omitempty"`  // what a revision changes; nil: not known
	Nodes   []string        `json:"nodes,omitempty"`   // the other daemons of the store, by name
	Owners  *Ownership      `json:"owners,omitempty"`  // of what one of several daemons that is lost owned
	// Classes are those that may suffer; each target hears of its own.
	Classes []Class `json:"classes,omitempty"`
}

// SessionFact is what a fact about a session, or the loss of one, tells of it.
type SessionFact struct {
	Session  int                  `json:"session,omitempty"`  // its attempt
	State    session.SessionState `json:"state,omitempty"`    // of one that is no orphan any more
	Recorded bool                 `json:"recorded,omitempty"` // another session records the class
	// Interruption is nil where no class lost its recording; of a class that is late, where nothing of it was ever recorded.
	Interruption *Interruption `json:"interruption,omitempty"`
}

// Audience says which targets hear of a fact, where the kind of its event alone does not.
type Audience struct {
	Target string `json:"target,omitempty"` // the only one that is to hear of it
	Was    string `json:"was,omitempty"`    // the event whose end it tells
	// As is the severity by which targets are chosen where it is another than the event's own: that of a health issue, of a loss that
	// leaves classes to nobody, of a class that is given up before its end, and of what is over, which goes to those who heard that it began.
	As plan.NotifySeverity `json:"as,omitempty"`
}

// named is the class that the words name: the one that the fact is about, else the first that a revision changes; nil for none.
func (f *Fact) named() *Class {
	if f.Class == nil && f.Change != nil {
		return f.Change.First
	}
	return f.Class
}

// Cause is why a class is at risk, or what a health issue says.
type Cause struct {
	ID     reason.Code `json:"id"`
	Text   string      `json:"text"`
	Advice string      `json:"advice,omitempty"`
	Since  time.Time   `json:"since,omitzero"`
}

// PlanChange is what a revision of a plan changes of the classes of the next days.
type PlanChange struct {
	Days    int    `json:"days"`
	Added   int    `json:"added,omitempty"`
	Removed int    `json:"removed,omitempty"` // or cancelled
	Moved   int    `json:"moved,omitempty"`
	Changed int    `json:"changed,omitempty"`  // otherwise
	First   *Class `json:"first,omitempty"`    // the first of them; nil: there is none
	FirstIs string `json:"first_is,omitempty"` // added, removed, moved or changed
	OldPage int    `json:"old_page,omitempty"` // of Changed, those that are being recorded from a page that the plan no longer has for them
}

// Closure is an order for many classes.
type Closure struct {
	ID         int64          `json:"closure"`
	Covers     string         `json:"covers,omitempty"`     // which classes, and what becomes of them
	Recordings map[string]int `json:"recordings,omitempty"` // how many classes of each plan/recording
	Undo       string         `json:"undo,omitempty"`       // the command that ends it
}

// seenBy counts the classes that somebody hears of, and names their recordings.
func (c *Closure) seenBy(hears func(planName, recording string) bool) (count int, names []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Recordings)) {
		if planName, id, _ := strings.Cut(name, "/"); hears(planName, id) {
			count += c.Recordings[name]
			names = append(names, fmt.Sprintf("%s (%d)", id, c.Recordings[name]))
		}
	}
	return count, names
}

// namesOf names classes that somebody hears of, with their times.
func namesOf(classes []Class, hears func(planName, recording string) bool) (names []string) {
	for _, c := range classes {
		if hears(c.Plan, c.Recording) {
			names = append(names, fmt.Sprintf("%s, %s to %s", c.Recording, in(c.Start, c.Zone).Format("Mon 2 Jan 15:04"), in(c.End, c.Zone).Format("15:04 MST")))
		}
	}
	return names
}

// Class is an occurrence as far as a message tells of it.
type Class struct {
	ID        string        `json:"id"`
	Plan      string        `json:"plan"`
	Recording string        `json:"recording"`
	Start     time.Time     `json:"start"`
	End       time.Time     `json:"end"`
	Zone      string        `json:"timezone"`
	Outcome   string        `json:"outcome,omitempty"`
	Gaps      []session.Gap `json:"gaps,omitempty"`
}

// classOf is a class as it is in a step, so that the message tells of this step, however late it is sent.
func classOf(s *session.State) *Class {
	return &Class{
		ID: s.ID, Plan: s.Plan, Recording: s.Recording, Start: s.Start, End: s.End, Zone: s.Zone,
		Outcome: string(s.Outcome), Gaps: s.Gaps,
	}
}

// announcement makes one. key tells apart what may happen to a subject several times.
func announcement(kind, planName, subject, key string, at time.Time, f Fact) store.Announcement {
	data, err := json.Marshal(f)
	if err != nil { // times, texts and numbers
		data = []byte("{}")
	}
	return store.Announcement{ID: store.AnnouncementID(kind, planName, subject, key), At: at, Kind: kind, Plan: planName, Subject: subject, Data: data}
}

// factOf reads an announcement.
func factOf(a store.Announcement) (f Fact, err error) {
	if len(a.Data) == 0 {
		return f, nil
	}
	if err := json.Unmarshal(a.Data, &f); err != nil {
		return f, fmt.Errorf("announcement %s: %w", a.ID, err)
	}
	return f, nil
}

// planOf is the plan in the identity of an occurrence.
func planOf(occurrence string) string {
	name, _, _ := strings.Cut(occurrence, "/")
	return name
}
