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

// Streams is the number of concurrent recordings of a class of resolution in a region, as [Limits.StreamLimit] is, but 0 where
// neither figure is known, as without a region.
func (l Limits) Streams(r catalog.Region, c catalog.StreamClass) int {
	if c == "" || r == "" && l.Granted(c) == 0 {
		return 0
	}
	return l.StreamLimit(r, c)
}

// StreamLimit is the number of concurrent recordings of a class of resolution that an app may have in a region: what Agora
// has granted, else what it documents.
func (l Limits) StreamLimit(r catalog.Region, c catalog.StreamClass) int {
	return cmp.Or(l.Granted(c), catalog.StreamLimit(r, c))
}

// Granted is the number of concurrent recordings of a class of resolution that the plan says Agora has granted; 0
// where it says nothing.
func (l Limits) Granted(class catalog.StreamClass) int {
	switch class {
	case catalog.StreamSD:
		return l.SD
	case catalog.StreamHD:
		return l.HD
	default:
		return l.FHD
	}
}

// Limits are those of the app; none are stated where there is no app.
func (s *Settings) Limits() Limits {
	if s.App == nil {
		return Limits{}
	}
	return s.App.Limits
}
