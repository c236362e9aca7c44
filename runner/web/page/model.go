package page

import (
	"strings"
	"time"

	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/view"
)

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
	Zone        *time.Location // never nil
	Start, End  time.Time      // with what operators ordered
	PlanEnd     time.Time      // by the plan, where an extension lasts longer; else zero
	From, Until time.Time      // of the recording, with padding; zero: unknown
}

// Progress is what became of a class so far.
type Progress struct {
	State               session.Phase
	Outcome             session.Outcome
	Reason              string
	Code                reason.Code
	Gaps                []span // a zero end is open
	Sessions            []session.Session
	Cancelled, Extended *view.OrderDoc
	Left                bool   // no active plan holds it, and it is being recorded
	Moved               string // what happened to a class that was moved while it ran
}

// Place is what a class is recorded from, and where to.
type Place struct{ App, Page, Storage, Bucket string }

// Entry is one entry of a class's story.
type Entry struct {
	view.Sentence
	Bad bool // something failed
}

// Issue is a health issue.
type Issue struct{ runner.Issue }

// Link is the page where something can be done about the issue, with what it is called; "" for none.
func (i Issue) Link() string {
	if strings.HasPrefix(string(i.ID), "plan-") {
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

// Plan is a plan with its revisions.
type Plan struct {
	Name      string
	Withdrawn bool
	Unread    string              // why the active revision cannot be read; "" where it can
	Revisions []view.PlanRevision // newest first
}

// The standings of revisions, as package view gives them.
const (
	standingActive    = "at work"
	standingWaiting   = "waiting"
	standingRefused   = "refused"
	standingWithdrawn = "withdrawn"
)

// Change is what a revision does to the classes of its plan.
type Change struct {
	Revision, Against view.PlanRevision // Against has no ID where there was none before
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
