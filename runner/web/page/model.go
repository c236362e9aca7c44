package page

import (
	"strings"
	"time"

	"rundown/runner"
	"rundown/runner/view"
)

// Class is a class as the store and the plans know it.
type Class struct {
	view.OccurrenceDoc                // its End is that of an extension also where no daemon has carried it out yet
	Zone               *time.Location // in which its times are shown; never nil
	Title              string         // as its active plan has it, like Labels and Note
	Labels             map[string]string
	Note               string
	Page               string // its address without user, query and fragment
}

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
	Running   bool
	Text      string // in words, such as "running (pid 7, since …)"
	Simulated string // what a simulation does not do; "": the daemon is none
	Started   time.Time
	LastSeen  time.Time
	Version   string
	Store     string
	Issues    []Issue
}

// Plan is a plan with its revisions.
type Plan struct {
	Name      string
	Withdrawn bool
	Unread    string              // why the active revision cannot be read; "" where it can
	Revisions []view.PlanRevision // newest first
}

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
