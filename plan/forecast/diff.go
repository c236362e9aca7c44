package forecast

import (
	"math"
	"slices"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
)

// Difference is what a new plan does to the classes of an old one within a window, and to their forecast.
type Difference struct {
	Added, Removed, Moved, Changed []ClassDifference // each by start and then id
	Renamed                        []Rename          // in the order of the new plan; a rename alone changes no class
	Old, New                       *Forecast         // over one window
}

// ClassDifference is one class of both plans, or of one of them. Classes are the same where their ids are: the
// recording, also under an earlier id, and the planned start.
type ClassDifference struct {
	ID               string // as the new plan has it, or the old one where it is removed
	Recording        string
	OldStart, OldEnd time.Time // zero where it is added
	Start, End       time.Time // zero where it is removed
	Cancelled        bool      // it is removed, or was absent, as a cancelled class
	Keys             []string  // of a recording whose values differ, sorted

	settings *plan.Settings // of the new plan, else of the old one; nil where that is not known
}

// Diff compares two plans over the window of the options, by default that of validate for both together, with the classes that are on at
// its beginning. A class whose start moves into or out of the window is moved, not added or removed, if it moves by a month at most. A nil
// plan is an empty one.
func Diff(old, new *plan.Plan, opts Options) *Difference {
	if old == nil {
		old = &plan.Plan{}
	}
	if new == nil {
		new = &plan.Plan{}
	}
	c := newComparison(old, new, opts)
	d := c.Difference
	d.Old, d.New = Of([]*plan.Plan{old}, c.opts), Of([]*plan.Plan{new}, c.opts)
	c.compareAll(old, new)
	for _, list := range []*[]ClassDifference{&d.Added, &d.Removed, &d.Moved, &d.Changed} {
		sortedDifferences(*list)
	}
	return d
}

// DifferenceCounts are the numbers of classes in the lists of a [Difference].
type DifferenceCounts struct{ Added, Removed, Moved, Changed int }

// CountDiff counts what [Diff] lists, of two plans that are not nil. It makes no lists and no forecasts: those of a large plan take
// hundreds of megabytes.
func CountDiff(old, new *plan.Plan, opts Options) DifferenceCounts {
	c := newComparison(old, new, opts)
	c.onlyCount = true
	c.compareAll(old, new)
	return c.counts
}

// newComparison prepares the comparison of two plans, over the window of the options.
func newComparison(old, new *plan.Plan, opts Options) *comparison {
	before, after := schedule.New(old), schedule.New(new)
	window, from, until := startsIn([]*schedule.Schedule{before, after}, opts)
	on := opts.Now.Unix()
	if opts.Now.IsZero() || !opts.From.At.IsZero() {
		on = never
	}
	opts.From.At, opts.Until.At = window[0], window[1]
	return &comparison{
		Difference: &Difference{}, opts: opts, from: from, until: until, on: on, old: before, new: after,
		keys: make(map[[2]*plan.Settings][]string),
	}
}

// compareAll compares the recordings of both plans.
func (c *comparison) compareAll(old, new *plan.Plan) {
	d, before, after := c.Difference, c.old, c.new
	// The plan's name is part of the identity; one that could not be read stands for that of the other.
	same := old.Name == new.Name || old.Name == "" || new.Name == ""
	was := make(map[string]*schedule.Timetable)
	for _, s := range before.Timetables {
		was[s.Recording.ID] = s
	}
	for _, s := range after.Timetables {
		var earlier *schedule.Timetable
		if same {
			for _, id := range append([]string{s.Recording.ID}, s.Recording.Was...) {
				if earlier = was[id]; earlier != nil {
					delete(was, id)
					if id != s.Recording.ID {
						d.Renamed = append(d.Renamed, Rename{From: id, To: s.Recording.ID, Classes: c.count(s)})
					}
					break
				}
			}
		}
		c.compare(earlier, s)
	}
	for _, s := range before.Timetables {
		if !same || was[s.Recording.ID] == s {
			c.compare(s, nil)
		}
	}
}

// first is the start in the new plan, else in the old one.
func (c *ClassDifference) first() time.Time {
	if c.Start.IsZero() {
		return c.OldStart
	}
	return c.Start
}

// Empty says whether no class differs.
func (d *Difference) Empty() bool {
	return len(d.Added)+len(d.Removed)+len(d.Moved)+len(d.Changed) == 0
}

// pairingReach is how far outside of the window the other class of a pair is looked for, in seconds.
const pairingReach = 31 * plan.DaySeconds

// never is a second in which no class is on.
const never = math.MinInt64

// comparison is a [Diff] in progress.
type comparison struct {
	*Difference
	opts        Options
	from, until int64
	on          int64 // the classes that are on then belong to the window
	old, new    *schedule.Schedule
	keys        map[[2]*plan.Settings][]string
	counts      DifferenceCounts
	onlyCount   bool // no lists are made
}

// classesOf gives the classes of a recording by planned start, and the planned starts in order.
func (c *comparison) classesOf(s *schedule.Timetable) (byPlanned map[int64]schedule.Instance, order []int64) {
	byPlanned = make(map[int64]schedule.Instance)
	if s == nil {
		return byPlanned, nil
	}
	for k := range s.Classes(c.from-pairingReach, c.until+pairingReach) {
		byPlanned[k.Planned] = *k
		order = append(order, k.Planned)
	}
	return byPlanned, order
}

// count is the number of a recording's classes in the window.
func (c *comparison) count(s *schedule.Timetable) (n int) {
	for k := range s.Classes(c.from-pairingReach, c.until+pairingReach) {
		if !k.Cancelled() && c.within(k) {
			n++
		}
	}
	return n
}

// within says whether a class starts in the window, or runs; a window of days is in the zone of the class.
func (c *comparison) within(k *schedule.Instance) bool {
	if c.runs(k) {
		return true
	}
	from, until := c.from, c.until
	wall := schedule.WallClock{Loc: k.Settings().Zone}
	if c.opts.From.Day {
		from, _ = wall.Instant(plan.LocalDay(c.opts.From.At), 0)
	}
	if c.opts.Until.Day {
		until, _ = wall.Instant(plan.LocalDay(c.opts.Until.At), 0)
	}
	return from <= k.Start && k.Start < until
}

// runs says whether a class runs as the window begins. Both plans give it the same id.
func (c *comparison) runs(k *schedule.Instance) bool {
	if k.Start <= c.on && c.on < k.End {
		return true
	}
	return len(c.opts.Running) > 0 && k.Start < c.from && c.opts.Running[c.new.ID(k)]
}

// compare adds the differences between two versions of a recording; nil where a plan does not have it.
func (c *comparison) compare(old, new *schedule.Timetable) {
	before, order := c.classesOf(old)
	after, more := c.classesOf(new)
	for _, planned := range more {
		if _, known := before[planned]; !known {
			order = append(order, planned)
		}
	}
	for _, planned := range order {
		a, inOld := before[planned]
		b, inNew := after[planned]
		var d ClassDifference
		cancelled := inOld && a.Cancelled() || inNew && b.Cancelled()
		inOld, inNew = inOld && !a.Cancelled(), inNew && !b.Cancelled()
		// What is cancelled starts nowhere: it does not bring in one that starts outside of the window.
		if !(inOld && c.within(&a) || inNew && c.within(&b)) {
			continue
		}
		var list *[]ClassDifference
		var count *int
		switch {
		case !inOld:
			list, count = &c.Added, &c.counts.Added
		case !inNew:
			list, count = &c.Removed, &c.counts.Removed
		case a.Start != b.Start || a.End != b.End:
			list, count = &c.Moved, &c.counts.Moved
		case len(c.changedKeys(&a, &b)) > 0:
			list, count = &c.Changed, &c.counts.Changed
		default:
			continue
		}
		if *count++; c.onlyCount {
			continue
		}
		if inOld {
			zone := a.Settings().Zone
			d.ID, d.Recording = c.old.ID(&a), old.Recording.ID
			d.OldStart, d.OldEnd = time.Unix(a.Start, 0).In(zone), time.Unix(a.End, 0).In(zone)
			d.settings = a.Settings()
		}
		if inNew {
			zone := b.Settings().Zone
			d.ID, d.Recording = c.new.ID(&b), new.Recording.ID
			d.Start, d.End = time.Unix(b.Start, 0).In(zone), time.Unix(b.End, 0).In(zone)
			d.settings = b.Settings()
		}
		if inOld && inNew {
			d.Keys = c.changedKeys(&a, &b)
		} else {
			d.Cancelled = cancelled
		}
		*list = append(*list, d)
	}
}

// changedKeys lists the keys in which the settings of two classes differ. It is cached, since thousands of classes
// share settings.
func (c *comparison) changedKeys(a, b *schedule.Instance) []string {
	pair := [2]*plan.Settings{a.Settings(), b.Settings()}
	keys, known := c.keys[pair]
	if !known {
		keys = differing(pair[0], pair[1])
		c.keys[pair] = keys
	}
	return keys
}

// differing lists the keys of settings that have another meaning, by [plan.SettingTable].
func differing(a, b *plan.Settings) []string {
	var keys []string
	for _, row := range plan.SettingTable {
		if row.Equal != nil && !row.Equal(a, b) {
			keys = append(keys, row.Key)
		}
	}
	slices.Sort(keys)
	return keys
}
