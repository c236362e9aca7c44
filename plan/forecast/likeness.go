package forecast

import (
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/schedule"
)

// likeness is what recordings have in common that are counted once, with their number: where thousands begin at a few
// bells, that makes the forecast several times faster.
type likeness struct {
	app        *plan.App
	zone, when string
	region     catalog.Region
	video      plan.Video
	redundancy int
	exact      bool
	padding    plan.Padding
	only, skip *plan.DayRange // of the sets, their first
	bounded    bool
}

// likenessOf gives the likeness of a page group; false where the classes of the recording depend on changes, or on
// other recordings of its page.
func likenessOf(group []*schedule.Timetable) (likeness, bool) {
	one := group[0]
	if len(group) > 1 || len(one.Changed) > 0 || !one.OnePage() {
		return likeness{}, false
	}
	r := one.Recording
	l := likeness{
		app: r.App, zone: r.Zone.String(), region: r.Region, video: plan.Video{Width: r.Video.Width, Height: r.Video.Height},
		redundancy: r.Redundancy, exact: r.ExactStart, padding: r.Padding, bounded: one.Bounded,
	}
	if len(one.Only) > 0 {
		l.only = &one.Only[0]
	}
	if len(one.Skip) > 0 {
		l.skip = &one.Skip[0]
	}
	for i := range r.When {
		l.when += r.When[i].String() + r.When[i].Length.String()
	}
	return l, true
}
