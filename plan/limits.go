package plan

import (
	"cmp"

	"rundown/agora/catalog"
)

// AppKey identifies an App ID across plans: by the reference or the literal that the plan writes, without resolving
// it. It is "" for no app.
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

// Streams is the number of concurrent recordings of a class of resolution in a region: what Agora has granted, else
// what it documents. It is 0 where neither is known, as without a region.
func (l Limits) Streams(r catalog.Region, c catalog.StreamClass) int {
	a := App{Limits: l}
	switch {
	case c == "" || r == "" && a.Granted(c) == 0:
		return 0
	default:
		return StreamLimit(&a, r, c)
	}
}

// StreamLimit is the number of concurrent recordings of a class of resolution that the app may have in a region:
// granted, else documented.
func StreamLimit(a *App, r catalog.Region, c catalog.StreamClass) int {
	granted := 0
	if a != nil {
		granted = a.Granted(c)
	}
	return cmp.Or(granted, catalog.StreamLimit(r, c))
}

// Granted is the number of concurrent recordings of a class of resolution that the plan says Agora has granted; 0
// where it says nothing.
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
