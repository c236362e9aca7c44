package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The geometry of a timeline, in pixels: lanes stand below the names of the hours, and each has a name above its bar.
const (
	timelineHead = 24 // above the first lane
	laneHeight   = 38 // of name and bar, with the room below
	barTop       = 19 // of a bar, from the top of its lane
	barHeight    = 12
	letterWidth  = 6.6 // of names, on average
	leastWidth   = 940 // of the timeline; narrower screens scroll
	longestName  = 26  // characters
)

// busyFrom is from how many classes on a day they are counted instead of drawn one by one.
const busyFrom = 120

// timelineView is a day as bars on lanes.
type timelineView struct {
	Height int
	Ticks  []tick
	Bars   []barView
	Now    percent // of the now-line
	HasNow bool
}

// barView is a class on a timeline. Y is the top of its lane.
type barView struct {
	Link, Name, Hover string
	Look              look
	X, Width          percent // of the class
	Y                 int
	Parts             []partView
}

// The places within a lane.

func (b barView) NameY() int   { return b.Y + 13 }
func (b barView) IconY() int   { return b.Y + 3 }
func (b barView) BarY() int    { return b.Y + barTop }
func (barView) BarHeight() int { return barHeight }

// timelineOf lays the classes of a day out on lanes.
func (s scribe) timelineOf(classes []Class, day span) *timelineView {
	var spans []span
	for i := range classes {
		a := classes[i].axis()
		spans = append(spans, span{a.from, a.until}.within(day))
	}
	a := axisOf(day.From, day.Until, s.day, spans)
	v := &timelineView{Ticks: a.ticks(14), HasNow: a.has(s.now), Now: a.at(s.now)}
	extents := make([]extent, len(classes))
	for i := range classes {
		c := &classes[i]
		b := barView{Link: LinkOf(c.ID), Name: shorten(c.Recording, longestName), Look: lookOf(c, s.now), X: a.at(c.Start), Parts: s.partViews(c, a)}
		b.Width = a.at(c.End) - b.X
		b.Hover = fmt.Sprintf("%s, %s, %s", cmp.Or(c.Title, c.Recording), s.rangeOf(c.Start, c.End, c.Zone, day.From).Text(), strings.ToLower(b.Look.Word))
		whole := c.axis()
		name := percent((float64(len([]rune(b.Name)))*letterWidth + 30) / leastWidth * 100)
		extents[i] = extent{a.at(whole.from), max(a.at(whole.until), b.X+name) + 0.4}
		v.Bars = append(v.Bars, b)
	}
	lane, count := lanes(extents)
	for i := range v.Bars {
		v.Bars[i].Y = timelineHead + 8 + lane[i]*laneHeight
	}
	v.Height = timelineHead + 8 + max(count, 1)*laneHeight + 4
	return v
}

func shorten(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// bucket is the width of a column of a busy day.
const bucket = 5 * time.Minute

// busyView is a day with more classes than can be drawn one by one: how many there are at each time, by how they look.
type busyView struct {
	Ticks    []tick
	Layers   []layer
	Peak     int
	PeakAt   string
	Now      percent
	HasNow   bool
	HourList []hourView
}

// layer is a kind of classes on a busy day, as the path of an area in a box of 1000 by 1000.
type layer struct {
	Key, Word string
	Path      string
}

// hourView is an hour of a busy day.
type hourView struct {
	Label, Link string
	Classes     int
	Needs       int // classes that need a person
	Current     bool
}

// layersOf are the kinds that a busy day tells apart, from the bottom of the chart to its top.
var layersOf = []kind{
	{"failed", "Needs a look", func(l look) bool { return l.Rank > 0 }},
	{"recorded", "Recorded", func(l look) bool { return l == lookRecorded }},
	{"recording", "Recording", func(l look) bool { return l.Rank == 0 && l.live() }},
	{"planned", "Planned", func(l look) bool { return l == lookPlanned }},
	{"cancelled", "Cancelled", func(l look) bool { return l == lookCancelled }},
}

// busyOf counts the classes of a day.
func (s scribe) busyOf(classes []Class, day span) *busyView {
	var spans []span
	for i := range classes {
		spans = append(spans, span{classes[i].Start, classes[i].End}.within(day))
	}
	a := axisOf(day.From, day.Until, s.day, spans)
	v := &busyView{Ticks: a.ticks(14), HasNow: a.has(s.now), Now: a.at(s.now)}
	columns := int((a.until.Sub(a.from) + bucket - 1) / bucket)
	counts := make([][]int, len(layersOf))
	for k := range counts {
		counts[k] = make([]int, columns)
	}
	total := make([]int, columns)
	for i := range classes {
		l := lookOf(&classes[i], s.now)
		k := slices.IndexFunc(layersOf, func(layer kind) bool { return layer.has(l) })
		first := max(0, int(classes[i].Start.Sub(a.from)/bucket))
		last := min(columns, int((classes[i].End.Sub(a.from)+bucket-1)/bucket))
		for c := first; c < last && k >= 0; c++ {
			counts[k][c]++
			if total[c]++; total[c] > v.Peak {
				v.Peak, v.PeakAt = total[c], a.from.Add(time.Duration(c)*bucket).In(s.day).Format("15:04")
			}
		}
	}
	base := make([]int, columns)
	for k, one := range layersOf {
		if path := area(base, counts[k], v.Peak); path != "" {
			v.Layers = append(v.Layers, layer{one.key, one.word, path})
		}
	}
	return v
}

// area is the path of a layer over those below it, which it then adds itself to. Columns of the same height are one.
func area(base, counts []int, peak int) string {
	if peak == 0 || slices.Max(counts) == 0 {
		return ""
	}
	var b strings.Builder
	width := 1000 / float64(len(counts))
	y := func(n int) int { return 1000 - 1000*n/peak }
	for c := 0; c < len(counts); {
		end := c + 1
		for end < len(counts) && counts[end] == counts[c] && base[end] == base[c] {
			end++
		}
		if counts[c] > 0 {
			x, x2 := float64(c)*width, float64(end)*width
			fmt.Fprintf(&b, "M%.1f %dH%.1fV%dH%.1fz", x, y(base[c]), x2, y(base[c]+counts[c]), x)
		}
		c = end
	}
	for c := range base {
		base[c] += counts[c]
	}
	return b.String()
}
