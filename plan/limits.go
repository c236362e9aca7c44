package plan

import (
	"cmp"

	"rundown/agora/catalog"
)

// Limits are what Agora has granted to an App ID, as the plan states them. Zero: not stated.
type Limits struct {
	QPS         int // requests a second; see [Limits.RequestRate]
	Concurrent  int // concurrent recordings; see [Limits.MaxConcurrent]
	SD, HD, FHD int // streams by class of resolution; 0: the documented figure of the region
}

// RequestRate is the number of requests a second to keep to: what the plan states, else what the documentation allows
// for the number of concurrent recordings. Placement, forecast, rules and the runner's budget all use it.
func (l Limits) RequestRate() int {
	if l.QPS > 0 {
		return l.QPS
	}
	return catalog.DefaultQPS(l.Concurrent)
}

// MaxConcurrent is the number of concurrent recordings to keep to: what the plan states, else the smaller of the two
// documented figures.
func (l Limits) MaxConcurrent() int {
	if l.Concurrent > 0 {
		return l.Concurrent
	}
	return catalog.DefaultConcurrent()
}

// Or fills what the limits leave open from others.
func (l Limits) Or(o Limits) Limits {
	return Limits{
		QPS: cmp.Or(l.QPS, o.QPS), Concurrent: cmp.Or(l.Concurrent, o.Concurrent),
		SD: cmp.Or(l.SD, o.SD), HD: cmp.Or(l.HD, o.HD), FHD: cmp.Or(l.FHD, o.FHD),
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
