package view

import (
	"context"
	"fmt"

	"rundown/plan"
	"rundown/runner/store"
)

// Details are all that is known of a class.
type Details struct {
	Planned  *plan.Occurrence  // nil: its plan is not at hand
	Row      *store.Occurrence // nil: the store does not know it
	Sessions []store.Session
	Events   []store.Event
}

// ReadDetails reads all that the store and the active plans know of a class that a [Finder] found.
func ReadDetails(ctx context.Context, s *store.Store, c Class) (d Details, err error) {
	row := c.Row
	if !c.Stored() {
		row = AsRow(c.Planned)
	}
	if err := d.AddLife(ctx, s, row); err != nil {
		return d, err
	}
	if c.Planned != nil {
		o := WithNeighbours(c.Plan, *c.Planned)
		d.Planned = &o
	}
	return d, nil
}

// AddLife reads what the store knows of a class: its row or, where there is none, the log of what operators ordered.
func (d *Details) AddLife(ctx context.Context, s *store.Store, row store.Occurrence) error {
	row, err := Ordered(ctx, s, row)
	if err != nil {
		return err
	}
	events, err := s.Events(ctx, row.ID, 0, 0)
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", row.ID, err)
	}
	if !stored(row) && len(events) == 0 {
		return nil
	}
	l, err := ReadViews(ctx, s, []store.Occurrence{row})
	if err != nil {
		return err
	}
	d.Row, d.Sessions, d.Events = &row, l.Sessions[row.ID], events
	return nil
}

// Life is what happened to the class, as scripts read it; nil where the store does not know it.
func (d Details) Life() *Occurrence {
	if d.Row == nil {
		return nil
	}
	v := OccurrenceOf(*d.Row, d.Sessions)
	if d.Planned != nil {
		c := captionOf(d.Planned.Recording, &d.Planned.Settings)
		v.Title, v.Labels = OrNull(c.Title), c.Labels
	}
	return &v
}

// shown is a class as show writes it.
type shown struct {
	Planned
	Plan     string      `json:"plan"`
	Cname    string      `json:"cname"`
	Prefix   []string    `json:"prefix"`
	Settings []Setting   `json:"settings"`
	Life     *Occurrence `json:"life"` // null: the store does not know it
}

// JSON is the form in which show writes it. Without the plan only the life is known.
func (d Details) JSON() any {
	if d.Planned == nil {
		return struct {
			ID       string      `json:"id"`
			Settings []Setting   `json:"settings"`
			Life     *Occurrence `json:"life"`
		}{d.Row.ID, nil, d.Life()}
	}
	o := *d.Planned
	return shown{PlannedOf(o), o.Plan, o.Cname, append([]string{}, o.Prefix...), SettingsOf(o.Settings), d.Life()}
}
