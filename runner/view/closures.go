package view

import (
	"time"

	"rundown/runner/store"
)

// Closure is an order for all classes that match, as scripts read it.
type Closure struct {
	Closure   int64             `json:"closure"` // its number
	Kind      string            `json:"kind"`    // cancel, extend, pause
	Day       *string           `json:"day"`     // null of a pause
	From      *string           `json:"from"`    // a time of day in the zone of each class
	Until     *string           `json:"until"`
	Labels    map[string]string `json:"labels"`
	Recording *string           `json:"recording"` // a glob; null: any
	Seconds   *float64          `json:"seconds"`   // of an extension
	At        *string           `json:"at"`
	Who       *string           `json:"who"`
	Reason    *string           `json:"reason"`
	EndedAt   *string           `json:"ended_at"` // when it was ended, or its day was past in every zone; null: it holds
	EndedBy   *string           `json:"ended_by"` // null where its day is past
}

// ClosuresOf are closures in the form that scripts read, as they are at an instant.
func ClosuresOf(closures []store.Closure, now time.Time) []Closure {
	list := []Closure{}
	for _, c := range closures {
		ended, _ := c.Ended(now)
		v := Closure{
			Closure: c.ID, Kind: c.Kind, Day: OrNull(c.Day), From: OrNull(c.From), Until: OrNull(c.Until), Labels: map[string]string{}, Recording: OrNull(c.Recording),
			At: SessionTime(c.At), Who: OrNull(c.Who), Reason: OrNull(c.Reason), EndedAt: SessionTime(ended), EndedBy: OrNull(c.EndedBy),
		}
		if c.Labels != nil {
			v.Labels = c.Labels
		}
		if seconds := c.Length.Seconds(); seconds > 0 {
			v.Seconds = &seconds
		}
		list = append(list, v)
	}
	return list
}
