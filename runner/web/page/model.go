package page

import (
	"errors"
	"strings"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// ErrUnknown says that there is no such class, plan or revision.
var ErrUnknown = errors.New("there is no such thing")

// Class is a class as the store and the plans know it, in parts.
type Class struct {
	Caption
	Times
	Progress
	Place
}

// Caption is what a class is called, and what its plan says of it.
type Caption struct {
	ID, Plan, Recording, Title string
	Labels                     map[string]string
	Note                       string
}

// Times is when a class is held and recorded.
type Times struct {
	Zone        *time.Location
	Start, End  time.Time // with what operators ordered
	PlanEnd     time.Time // by the plan, where an extension lasts longer; else zero
	From, Until time.Time // of the recording, with padding; zero: unknown
}

// Progress is what became of a class so far.
type Progress struct {
	State               session.Phase
	Outcome             session.Outcome
	Reason              string
	Code                reason.Code
	Gaps                []Period
	Sessions            []Session
	Cancelled, Extended *Order
	Left                bool   // no active plan holds it, and it is being recorded
	Moved               string // what happened to a class that was moved while it ran
}

// Place is what a class is recorded from, and where to.
type Place struct{ App, Page, Storage, Bucket string }

// Period is a part of time; a zero end is open.
type Period struct{ From, Until time.Time }

// Session is one session of a class at the service.
type Session struct {
	Attempt                     int
	Cname, UID, SID             string
	State                       session.SessionState
	Reason                      string
	Code                        reason.Code
	Started, Recording, Stopped time.Time // zero: unknown, or not yet
	Upload                      string
	Files                       []string
}

// Order is what an operator or the plan ordered for a class.
type Order struct {
	Who, Reason string
	ByPlan      bool      // the plan ordered it, and only the plan takes it back
	Pending     bool      // no daemon has carried it out yet
	Until       time.Time // of an extension
	Closure     int64     // that gave it; 0: it was given for the class alone
}

// Entry is one entry of a class's story.
type Entry struct {
	At   time.Time
	Who  string
	Kind string // as in the log: state, intent, answer, command, notice …
	Text string
	Bad  bool // something failed
}

// Issue is a health issue.
type Issue struct {
	ID, Severity, Text, Advice string
	Since                      time.Time
	Blocking                   bool // no class can begin while it lasts
}

// Link is the page where something can be done about the issue, with what it is called; "" for none.
func (i Issue) Link() string {
	if strings.HasPrefix(i.ID, "plan-") {
		return "/plans"
	}
	return ""
}

// System is how the daemon and its machine are.
type System struct {
	Running  bool
	Text     string // in words, such as "running (pid 7, since …)"
	Started  time.Time
	LastSeen time.Time
	Version  string
	Store    string
	Issues   []Issue
}

// Message is a notification that is to be sent, or was.
type Message struct {
	At            time.Time
	Kind, Subject string
	Target        string
	State         store.MessageState
	Tries         int
	Due           time.Time
	Result        string
}

// Plan is a plan with its revisions.
type Plan struct {
	Name      string
	Withdrawn bool
	Unread    string // why the active revision cannot be read; "" where it can
	Revisions []Revision
}

// Standing is where a revision of a plan stands, in a word for people.
type Standing string

// The standings of revisions, as package view gives them.
const (
	standingActive    Standing = "at work"
	standingWaiting   Standing = "waiting"
	standingRefused   Standing = "refused"
	standingWithdrawn Standing = "withdrawn"
)

// Revision is a revision of a plan.
type Revision struct {
	ID                      int64
	At                      time.Time
	Who, Commit, Path, Note string
	Standing                Standing
	Code                    reason.Code
}

// Change is what a revision does to the classes of its plan.
type Change struct {
	Revision, Against Revision // Against has no ID where there was none before
	Groups            []Group
	Why               string // why it cannot be told; "" where it can
}

// Group is classes of a recording that change in the same way.
type Group struct {
	Kind      string // added, removed, moved, changed
	Recording string
	Classes   int
	Text      string
}

// Forecast is what plans ask of the service, against what it allows.
type Forecast struct {
	From, Until       time.Time
	Classes, Sessions int
	Loads             []Load
	Requests          []Requests
	Months            []Month
	Hours             []Hour // the most sessions at once, hour by hour
	Limit             int    // of sessions at once, over all apps; 0: unknown
	CostUSD           float64
}

// Load is the most sessions at once of an app in a region.
type Load struct {
	App, Region, Class  string
	Bare, Padded, Limit int
	At                  time.Time
	Sessions            int
	LostHours           int
	LostUSD             float64
}

// Requests is the busiest second of an app.
type Requests struct {
	App         string
	Peak, Limit int
	At          time.Time
}

// Month is the minutes and cost of an account in a month.
type Month struct {
	Name, Account    string
	HD, FullHD, Free int64
	CostUSD          float64
}

// Hour is one hour of the forecast.
type Hour struct {
	At       time.Time
	Sessions int
}
