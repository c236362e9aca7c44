package plan

import (
	"cmp"

	"rundown/agora/catalog"
)

// AppKey tells App IDs apart: by what plans write.
func AppKey(p *Plan, a *App) string {
	switch {
	case a == nil:
		return ""
	case a.ID.IsZero():
		return p.Name + "/" + a.Name // reported where it is missing
	default:
		return a.ID.String()
	}
}

// Streams is how many recordings of a class of resolution may run at once in a region: what Agora has granted, or else
// what it documents; 0 where there is neither, as where no region is known.
func (l Limits) Streams(r catalog.Region, c catalog.StreamClass) int {
	a := App{Limits: l}
	switch {
	case c == "" || r == "" && a.Granted(c) == 0:
		return 0
	default:
		return StreamLimit(&a, r, c)
	}
}

// StreamLimit is what Agora has granted to the app, or else what it documents for the region.
func StreamLimit(a *App, r catalog.Region, c catalog.StreamClass) int {
	granted := 0
	if a != nil {
		granted = a.Granted(c)
	}
	return cmp.Or(granted, catalog.StreamLimit(r, c))
}

// Granted is the number of streams of a class that the plan says Agora has granted; 0 for the documented one.
func (a *App) Granted(class catalog.StreamClass) int {
	switch class {
	case catalog.StreamSD:
		return a.Limits.SD
	case catalog.StreamHD:
		return a.Limits.HD
	default:
		return a.Limits.FHD
	}
}
