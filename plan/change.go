package plan

import "time"

// Change is an exception for planned days.
type Change struct {
	Pos       Pos // of the key
	Key       ChangeKey
	Cancelled bool
	To        *ChangeTo // nil: the time stays
	ToPos     Pos
	Note      string
	Keys      []string // the other keys that the change gives, as plans write them
	over      overlay  // lays them over the recording's settings; nil for none
}

// ChangeKey says which planned classes a change is for.
type ChangeKey struct {
	Days    DayRange
	HasTime bool  // only the class that is planned at Time
	Time    clock // with HasTime
}

// ChangeTo is a new time.
type ChangeTo struct {
	HasDay bool // else on the planned day
	Day    Day
	start  clock
	length time.Duration
}

// parseChangeKey reads "2031-10-13", "2031-11-17..2031-11-19" or "2031-10-13 09:00". The error is a [*syntaxError].
func parseChangeKey(s string) (ChangeKey, error) { panic("skeleton") }

// parseChangeTo reads "2031-10-16 18:00-18:50" or "09:00-10:20". The error is a [*syntaxError].
func parseChangeTo(s string) (ChangeTo, error) { panic("skeleton") }
