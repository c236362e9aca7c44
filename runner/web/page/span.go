package page

import (
	"slices"
	"time"
)

// span is a period of time.
type span struct{ From, Until time.Time }

func (s span) length() time.Duration { return s.Until.Sub(s.From) }

// within cuts a span to another; it is empty where they do not meet.
func (s span) within(o span) span {
	if s.From.Before(o.From) {
		s.From = o.From
	}
	if s.Until.After(o.Until) {
		s.Until = o.Until
	}
	if s.Until.Before(s.From) {
		s.Until = s.From
	}
	return s
}

// union gives spans in order, those that meet or overlap as one.
func union(spans []span) []span {
	spans = slices.DeleteFunc(slices.Clone(spans), func(s span) bool { return s.length() <= 0 })
	slices.SortFunc(spans, func(a, b span) int { return a.From.Compare(b.From) })
	var merged []span
	for _, s := range spans {
		if n := len(merged); n > 0 && !s.From.After(merged[n-1].Until) {
			if s.Until.After(merged[n-1].Until) {
				merged[n-1].Until = s.Until
			}
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// without are the parts of a span that none of the others covers; these are a [union].
func (s span) without(others []span) []span {
	var rest []span
	for _, o := range others {
		if !o.Until.After(s.From) || !o.From.Before(s.Until) {
			continue
		}
		if o.From.After(s.From) {
			rest = append(rest, span{s.From, o.From})
		}
		s.From = o.Until
	}
	if s.length() > 0 {
		rest = append(rest, s)
	}
	return rest
}

// partKind says what a part of a class is.
type partKind string

// The kinds of parts, in the words of the legend.
const (
	partPlanned  partKind = "planned"  // still to come
	partEarly    partKind = "early"    // recorded before the class begins
	partRecorded partKind = "recorded" // recorded during the class
	partLate     partKind = "late"     // of the class, before its recording began
	partGap      partKind = "gap"      // of the class, not recorded
	partAfter    partKind = "after"    // recorded after the class has ended
	partDropped  partKind = "dropped"  // of the class, which is cancelled
)

// part is a piece of a class's life on the time axis.
type part struct {
	span
	Kind partKind
}

// partsOf divides the time of a class into parts, in order and without overlap. recorded is what its sessions wrote; gaps
// are what the runner found missing, which counts before what sessions say. Up to now what was not recorded is a gap where
// the class has begun, and after now it is planned.
func partsOf(class span, recorded, gaps []span, now time.Time, cancelled bool) []part {
	recorded = union(recorded)
	for i := len(gaps) - 1; i >= 0; i-- {
		var kept []span
		for _, r := range recorded {
			kept = append(kept, r.without([]span{gaps[i]})...)
		}
		recorded = kept
	}
	var parts []part
	add := func(kind partKind, spans ...span) {
		for _, s := range spans {
			if s.length() > 0 {
				parts = append(parts, part{s, kind})
			}
		}
	}
	for _, r := range recorded {
		add(partEarly, r.within(span{r.From, class.From}))
		add(partRecorded, r.within(class))
		add(partAfter, r.within(span{class.Until, r.Until}))
	}
	past, ahead := class.within(span{class.From, now}), class.within(span{now, class.Until})
	missing, coming := partGap, partPlanned
	if cancelled {
		missing, coming = partDropped, partDropped
	}
	begun := slices.ContainsFunc(recorded, func(r span) bool { return r.within(class).length() > 0 })
	for _, s := range past.without(recorded) {
		kind := missing
		if kind == partGap && s.From.Equal(class.From) && begun {
			kind = partLate
		}
		add(kind, s)
	}
	add(coming, ahead.without(recorded)...)
	slices.SortStableFunc(parts, func(a, b part) int { return a.From.Compare(b.From) })
	return parts
}
