package view

import "rundown/runner/store"

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
	EndedAt   *string           `json:"ended_at"` // null: it holds
	EndedBy   *string           `json:"ended_by"`
}

// ClosuresOf are closures in the form that scripts read.
func ClosuresOf(closures []store.Closure) []Closure {
	list := []Closure{}
	for _, c := range closures {
		v := Closure{
			Closure: c.ID, Kind: c.Kind, Day: OrNull(c.Day), From: OrNull(c.From), Until: OrNull(c.Until), Labels: map[string]string{}, Recording: OrNull(c.Recording),
			At: SessionTime(c.At), Who: OrNull(c.Who), Reason: OrNull(c.Reason), EndedAt: SessionTime(c.EndedAt), EndedBy: OrNull(c.EndedBy),
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
