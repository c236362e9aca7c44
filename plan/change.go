package plan

import (
	"time"
)

// Change is an exception for planned days. Of several that fit a class the most specific one counts, as package schedule decides.
type Change struct {
	Pos       Pos                     // of the key
	Key       ChangeKey               // the classes that it is for, by their planned day
	Cancelled bool                    // they are not held
	To        *ChangeTo               // nil: the time stays
	ToPos     Pos                     // of the new time, as far as one is given
	Keys      []string                // the other keys that the change gives, as plans write them
	Over      func(Settings) Settings // lays them over the recording's settings; nil for none
}

// ChangeKey says which planned classes a change is for.
type ChangeKey struct {
	Days    DayRange
	HasTime bool  // only the class that is planned at Time
	Time    Clock // with HasTime
}

// ChangeTo is a new time.
type ChangeTo struct {
	HasDay bool // else on the planned day
	Day    Day
	Start  Clock
	Length time.Duration
}

// String writes the key as plans do.
func (k ChangeKey) String() string {
	if k.HasTime {
		return k.Days.String() + " " + k.Time.String()
	}
	return k.Days.String()
}

// Settings gives the settings of a class under the change. It returns base itself where the change sets nothing; base
// is never modified.
func (c *Change) Settings(base *Settings) *Settings {
	if c.Over == nil {
		return base
	}
	s := c.Over(*base)
	if s.Zone == nil {
		s.Zone = base.Zone // an unknown zone is reported where it stands
	}
	return &s
}

// Displaces says whether the change takes classes off the day on which they are planned: to another day, or to the
// clock of another zone.
func (c *Change) Displaces(base, changed *Settings) bool {
	return !c.Cancelled && (c.To != nil && c.To.HasDay || changed.Zone.String() != base.Zone.String())
}
