package forecast

import (
	"cmp"
	"slices"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/schedule"
)

// sweep makes a forecast. Each class becomes a few events, which are numbers that sort by their second; one pass over
// the sorted events counts concurrent sessions and requests. The order in which classes are added does not matter.
type sweep struct {
	prices      Prices
	from, until int64 // of the starts, widened for windows of days
	base        int64 // of the events' seconds, Unix
	lead        int64 // s
	out         Forecast
	zones       map[*time.Location]int
	counters    []counter
	all         node
	apps        []*appNode
	events      []uint64
	accounts    []*account
	labels      map[[2]string]*LabelForecast
	first, last int64 // start and end of a class
}

// counter is what the classes of one recording under one change are counted by.
type counter struct {
	settings  *plan.Settings
	labelSets []map[string]string // of each recording that is counted by it, so that their number is that of the recordings
	load      *loadNode
	requests  *requestCount
	account   *account
	sessions  int64
	billing   catalog.BillingClass
	hold      int64 // s before the start at which the page is opened on hold
	from      int64 // the window in the zone
	until     int64

	classes int
	seconds int64 // of all sessions
}

// An event is a number: its second from the base, its kind, and its counter. The kinds are in the order in which
// events of one second are counted: what ends at an instant has ended before something begins.
const (
	eventStop   = iota // the recording with its padding ends, and is stopped
	eventEnd           // the class ends
	eventRecord        // the recording with its padding begins
	eventStart         // the class begins
	eventBegin         // acquire and start are sent
	eventResume        // the update that ends the hold
)

// counterBits and kindBits are the low bits of an event, for its counter and its kind. 22 bits allow for four million
// recordings and changes.
const counterBits, kindBits = 22, 3

// event packs an event into a number.
func (s *sweep) event(at int64, kind uint64, counter int32) uint64 {
	return (uint64(max(at-s.base, 0))<<kindBits|kind)<<counterBits | uint64(counter)
}

// read unpacks an event.
func (s *sweep) read(event uint64) (at int64, kind uint64, c *counter) {
	return s.base + int64(event>>(kindBits+counterBits)), event >> counterBits & (1<<kindBits - 1), &s.counters[event&(1<<counterBits-1)]
}

// node counts concurrent sessions, with padding (0) and without (1): of everything, of an app, of a region of the
// app, or of a class of resolution there. A node's sessions count for its parent too.
type node struct {
	parent *node
	zone   *time.Location
	now    [2]int
	most   [2]Peak
}

// add adds sessions, or removes them where negative, to the node and those above it.
func (n *node) add(which, sessions int, at int64) {
	for ; n != nil; n = n.parent {
		if n.now[which] += sessions; n.now[which] > n.most[which].Sessions {
			n.most[which] = Peak{n.now[which], time.Unix(at, 0).In(n.zone)}
		}
	}
}

// peaks gives the largest counts so far.
func (n *node) peaks() Peaks { return Peaks{n.most[0], n.most[1]} }

// appNode counts an App ID.
type appNode struct {
	node
	out      AppForecast
	requests requestCount
	places   []*placeNode
}

// placeNode counts a region of an App ID.
type placeNode struct {
	node
	out   PlaceForecast
	loads [3]*loadNode // by class of resolution
}

// loadNode counts a class of resolution in a region.
type loadNode struct {
	node
	place *placeNode
	out   LoadForecast
	cost  int64 // of out.Lost, µ$
}

// newSweep expands the plans and adds the events of their classes.
func newSweep(plans []*plan.Plan, opts Options) *sweep {
	s := &sweep{prices: DocumentedPrices(), zones: map[*time.Location]int{}, labels: map[[2]string]*LabelForecast{}}
	if opts.Prices != nil {
		s.prices = *opts.Prices
	}
	var expansions []*schedule.Schedule
	for _, p := range plans {
		if p != nil {
			expansions = append(expansions, schedule.New(p))
		}
	}
	window, from, until := startsIn(expansions, opts)
	s.out.From, s.out.Until, s.from, s.until = window[0], window[1], from, until
	s.base = s.from - 7*plan.DaySeconds // no start is placed so much earlier
	s.all.zone, s.lead = time.UTC, int64(schedule.Lead()/time.Second)
	for _, e := range expansions {
		s.base = min(s.base, s.from-7*plan.DaySeconds-e.MaxBefore)
	}
	for _, e := range expansions {
		s.plan(e, opts)
	}
	return s
}

// startsIn gives the window that the options ask for, else that of validate for all plans together; and its starts in
// Unix seconds, widened where the window is of days, which begin at another instant in each zone. Plans share one window, since what
// they use at the same time is added up.
func startsIn(expansions []*schedule.Schedule, opts Options) (window [2]time.Time, from, until int64) {
	window = [2]time.Time{opts.From.At, opts.Until.At}
	if window[0].IsZero() || window[1].IsZero() {
		now := opts.Now
		if !window[0].IsZero() {
			now = window[0]
		}
		var first, last time.Time
		for _, e := range expansions {
			f, u := e.Window(now)
			if first.IsZero() || f.Before(first) {
				first = f
			}
			if u.After(last) {
				last = u
			}
		}
		if window[0].IsZero() {
			window[0] = first
		}
		if window[1].IsZero() {
			window[1] = last
		}
	}
	from, until = schedule.UnixCeil(window[0]), schedule.UnixCeil(window[1])
	if opts.From.Day {
		from -= schedule.OffsetReach
	}
	if opts.Until.Day {
		until += schedule.OffsetReach
	}
	return window, from, until
}

// plan adds the classes of a plan.
func (s *sweep) plan(e *schedule.Schedule, opts Options) {
	s.out.Recordings += len(e.Timetables)
	first := make([]int32, len(e.Plan.Recordings)) // the counter of each recording; those of its changes follow
	known := make(map[likeness]int32)
	for _, one := range e.Timetables {
		zone := one.Recording.Zone
		s.zones[zone]++
		if s.out.Zone == nil || s.zones[zone] > s.zones[s.out.Zone] {
			s.out.Zone = zone
		}
	}
	var groups [][]*schedule.Timetable
	for _, group := range e.PageGroups() {
		if like, ok := likenessOf(group); ok {
			if i, twice := known[like]; twice {
				s.counters[i].labelSets = append(s.counters[i].labelSets, group[0].Recording.Labels)
				continue
			}
			known[like] = int32(len(s.counters))
		}
		groups = append(groups, group)
		for _, one := range group {
			first[one.Index] = int32(len(s.counters))
			for change := -1; change < len(one.Changed); change++ {
				s.counters = append(s.counters, s.counter(e.Plan, one.Settings(change), opts))
			}
		}
	}
	var list []schedule.Instance
	for _, group := range groups {
		list = e.Group(group, s.from, s.until, list[:0])
		for i := range list {
			if k := &list[i]; !k.Cancelled() {
				s.class(k, first[k.Timetable.Index]+int32(k.Change+1))
			}
		}
	}
}

// counter makes the counter of classes with these settings. Where the window is of days, it is that of the settings' zone.
func (s *sweep) counter(p *plan.Plan, settings *plan.Settings, opts Options) counter {
	app := s.app(p, settings)
	c := counter{
		settings: settings, labelSets: []map[string]string{settings.Labels}, load: s.load(app, settings), requests: &app.requests, account: s.account(p.Account.CustomerID.String()),
		sessions: int64(max(settings.Redundancy, 1)), billing: catalog.BillingClassOf(settings.Video.Width, settings.Video.Height),
		from: s.from, until: s.until,
	}
	if settings.ExactStart {
		c.hold = int64(schedule.HoldLead() / time.Second)
	}
	wall := schedule.WallClock{Loc: settings.Zone}
	if opts.From.Day {
		c.from, _ = wall.Instant(plan.LocalDay(opts.From.At), 0)
	}
	if opts.Until.Day {
		c.until, _ = wall.Instant(plan.LocalDay(opts.Until.At), 0)
	}
	return c
}

// account finds or makes the account of a customer id.
func (s *sweep) account(id string) *account {
	if i := slices.IndexFunc(s.accounts, func(a *account) bool { return a.id == id }); i >= 0 {
		return s.accounts[i]
	}
	s.accounts = append(s.accounts, &account{id: id, days: map[int64]*Seconds{}})
	return s.accounts[len(s.accounts)-1]
}

// app finds or makes the node of an App ID. The limits are those of the first plan that uses it.
func (s *sweep) app(p *plan.Plan, settings *plan.Settings) *appNode {
	key := plan.AppKey(p, settings.App)
	if i := slices.IndexFunc(s.apps, func(a *appNode) bool { return a.out.Key == key }); i >= 0 {
		return s.apps[i]
	}
	a := &appNode{node: node{parent: &s.all, zone: settings.Zone}, out: AppForecast{App: settings.App, Key: key}}
	a.requests = newRequestCount(settings.Limits().RequestRate(), settings.Zone, &a.node)
	s.apps = append(s.apps, a)
	return a
}

// load finds or makes the node of a class of resolution.
func (s *sweep) load(app *appNode, settings *plan.Settings) *loadNode {
	i := slices.IndexFunc(app.places, func(p *placeNode) bool { return p.out.Region == settings.Region })
	if i < 0 {
		i = len(app.places)
		app.places = append(app.places, &placeNode{node: node{parent: &app.node, zone: app.zone}, out: PlaceForecast{Region: settings.Region}})
	}
	place := app.places[i]
	class := catalog.StreamClassOf(settings.Video.Width, settings.Video.Height)
	load := &place.loads[slices.Index(catalog.StreamClasses(), class)]
	if *load == nil {
		*load = &loadNode{
			node: node{parent: &place.node, zone: app.zone}, place: place,
			out: LoadForecast{StreamClass: class, Limit: settings.Limits().StreamLimit(settings.Region, class)},
		}
	}
	return *load
}

// class adds the events of a class.
func (s *sweep) class(k *schedule.Instance, counter int32) {
	c := &s.counters[counter]
	if k.Start < c.from || k.Start >= c.until {
		return
	}
	if s.out.Classes == 0 || k.Start < s.first {
		s.first, s.out.First = k.Start, time.Unix(k.Start, 0).In(c.settings.Zone)
	}
	if s.out.Classes == 0 || k.End > s.last {
		s.last, s.out.Last = k.End, time.Unix(k.End, 0).In(c.settings.Zone)
	}
	asked := k.RecordFrom - c.hold - s.lead // the first request at the latest, from which the service counts
	s.out.Classes += len(c.labelSets)
	c.classes++
	c.seconds += (k.RecordUntil - asked) * c.sessions
	c.account.charge(asked, k.RecordUntil, c.sessions*int64(len(c.labelSets)), c.billing)
	s.events = append(s.events,
		s.event(k.RecordFrom, eventRecord, counter), s.event(k.RecordUntil, eventStop, counter),
		s.event(k.Start, eventStart, counter), s.event(k.End, eventEnd, counter))
	if c.hold > 0 {
		s.events = append(s.events, s.event(k.Start, eventResume, counter))
	}
	c.requests.starts = append(c.requests.starts, s.event(k.RecordFrom-c.hold, uint64(min(c.sessions, 1<<kindBits-1)), counter))
	hours := plan.SessionHours(k.RecordUntil - asked)
	lost, cost := &c.load.out.FailedStop, int64(hours)*60*s.prices.of(c.billing)
	if hours > lost.Hours || cost > c.load.cost || hours == lost.Hours && cost == c.load.cost && k.Start < lost.Start.Unix() {
		c.load.cost = cost
		*lost = FailedStop{Recording: k.Timetable.Recording.ID, Start: time.Unix(k.Start, 0).In(c.settings.Zone), Hours: hours, CostUSD: dollars(cost)}
	}
}

// sum adds a counter to the forecast.
func (s *sweep) sum(c *counter) {
	load := &c.load.out
	n := len(c.labelSets)
	load.Classes += n * c.classes
	load.Sessions += n * c.classes * int(c.sessions)
	load.Seconds += int64(n) * c.seconds
	s.out.Sessions += n * c.classes * int(c.sessions)
	s.out.Seconds.add(c.billing, int64(n)*c.seconds)
	if c.classes == 0 {
		return
	}
	for _, labels := range c.labelSets {
		for key, value := range labels {
			l := s.labels[[2]string{key, value}]
			if l == nil {
				l = &LabelForecast{Key: key, Value: value}
				s.labels[[2]string{key, value}] = l
			}
			l.Classes += c.classes
			l.Seconds.add(c.billing, c.seconds)
		}
	}
}

// place adds the requests that begin recordings, placed as the runner places them: from the last start to the first, one for each
// recording that a counter stands for.
func (s *sweep) place(r *requestCount) {
	slices.Sort(r.starts)
	begun := 0
	for _, start := range r.starts {
		_, _, c := s.read(start)
		begun += len(c.labelSets)
	}
	s.events = slices.Grow(s.events, begun)
	p := schedule.NewPlacement(schedule.Spacing(r.out.QPS))
	for _, start := range slices.Backward(r.starts) {
		writing, _, c := s.read(start)
		for range c.labelSets {
			before := p.Advance(writing*int64(time.Second), c.sessions)
			if ahead := time.Duration(before - p.Lead); ahead > r.out.Ahead || ahead == r.out.Ahead && ahead > 0 {
				r.out.Ahead, r.out.AheadAt = ahead, time.Unix(writing, 0).In(r.zone)
			}
			s.events = append(s.events, s.event(writing-(before+int64(time.Second)-1)/int64(time.Second), eventBegin, int32(start&(1<<counterBits-1))))
		}
	}
}

// run counts the events in order. The starts are placed before, since each adds an event that may come earlier than its class.
func (s *sweep) run() {
	for _, a := range s.apps {
		s.place(&a.requests)
	}
	slices.Sort(s.events)
	week := weekCount{wall: schedule.WallClock{Loc: s.out.Zone}, most: &s.out.Week}
	first := 0 // of the events of one second and kind
	for i, e := range s.events {
		at, kind, c := s.read(e)
		n := int(c.sessions) * len(c.labelSets)
		switch kind {
		case eventRecord:
			week.add(at, s.all.now[0])
			c.load.add(0, n, at)
			c.requests.countPolls(at)
		case eventStop:
			c.requests.add(at, RequestStop, n)
			week.add(at, s.all.now[0])
			c.load.add(0, -n, at)
		case eventStart:
			c.load.add(1, n, at)
		case eventEnd:
			c.load.add(1, -n, at)
		case eventBegin:
			c.requests.add(at, RequestStart, schedule.RequestsPerStart*int(c.sessions)) // of one recording
		case eventResume:
			c.requests.add(at, RequestUpdate, n)
		}
		if i+1 < len(s.events) && s.events[i+1]>>counterBits == e>>counterBits {
			continue
		}
		if kind == eventRecord || kind == eventStart {
			for _, begun := range s.events[first : i+1] {
				_, _, c := s.read(begun)
				c.load.place.countMixed(int(kind-eventRecord)/(eventStart-eventRecord), at)
			}
		}
		first = i + 1
	}
	for _, a := range s.apps {
		a.requests.flush()
	}
}

// countMixed compares the total of several classes of resolution with their common limit, once everything that begins
// at an instant is counted. The limit of each class by itself is another rule's.
func (p *placeNode) countMixed(which int, at int64) {
	inUse, largest := 0, 0
	for _, l := range p.loads {
		if l != nil && l.now[which] > 0 {
			inUse++
			largest = max(largest, l.out.Limit)
		}
	}
	if inUse > 1 {
		p.out.Mixed[which].update(p.now[which], largest, at, p.zone)
	}
}

// update keeps the largest excess.
func (x *Excess) update(total, limit int, at int64, zone *time.Location) {
	if total-limit > x.Sessions-x.Limit {
		*x = Excess{total, limit, time.Unix(at, 0).In(zone)}
	}
}

// forecast gives the result.
func (s *sweep) forecast() *Forecast {
	f := &s.out
	f.Prices = s.prices
	for i := range s.counters {
		s.sum(&s.counters[i])
	}
	f.Peak = s.all.peaks()
	if f.Classes > 0 {
		f.Peak.Padded.At, f.Peak.Unpadded.At = f.Peak.Padded.At.In(f.First.Location()), f.Peak.Unpadded.At.In(f.First.Location())
	}
	for _, a := range s.apps {
		a.out.Peak, a.out.Requests = a.peaks(), a.requests.forecast()
		for _, p := range a.places {
			p.out.Peak = p.peaks()
			for _, l := range p.loads {
				if l != nil {
					l.out.Peak = l.peaks()
					p.out.Loads = append(p.out.Loads, l.out)
				}
			}
			a.out.Places = append(a.out.Places, p.out)
		}
		f.Apps = append(f.Apps, a.out)
	}
	for _, l := range s.labels {
		l.CostUSD = dollars(s.prices.share(l.Seconds))
		f.Labels = append(f.Labels, *l)
	}
	slices.SortFunc(f.Labels, func(a, b LabelForecast) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value)) })
	var total int64
	for _, a := range s.accounts {
		months, cost := a.bills(s.prices)
		f.Months, total = append(f.Months, months...), total+cost
	}
	slices.SortFunc(f.Months, func(a, b MonthForecast) int {
		order := func(id string) int { return slices.IndexFunc(s.accounts, func(a *account) bool { return a.id == id }) }
		return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month), cmp.Compare(order(a.Account), order(b.Account)))
	})
	f.CostUSD = dollars(total)
	return f
}
