package plan

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"rundown/agora"
)

// meter counts what classes come to, a span of days after the other, so that its memory does not grow with the
// window: classes are turned into events, which are sorted by their second and swept. Recordings that can have no
// page in common with another are counted without a common order: by a feed each or, where nothing of theirs depends
// on who they are, together by the weekly times that they have in common.
type meter struct {
	from, until int64 // of the starts, widened for windows of days
	window      [2]time.Time
	opts        ForecastOptions
	prices      Prices

	counters []counter
	profiles []profile
	feeds    []feed
	next     []int64 // start of the next class of each feed
	slots    []slot
	accounts []string
	labels   []LabelForecast

	all    gauges
	apps   []appMeter
	places []placeMeter
	loads  []loadMeter
	week   weekMeter
	bill   monthMeter

	base       int64 // of the events' offsets, Unix seconds
	events     []event
	spare      []event // for sorting
	span       int64   // that is gathered
	maxBefore  int64   // s, the longest padding before a class
	first      int64
	last       int64
	firstTurn  turn
	lastTurn   turn
	firstIn    *time.Location
	lastIn     *time.Location
	recordings int
	classes    int
}

// turn is when a class is counted: its span, and within it the document's order of recordings, those that share a
// page being in the place of the first of them. Of classes that are equal, the first in turn is told.
type turn struct{ span, order int64 }

func (t turn) before(other turn) bool {
	return t.span < other.span || t.span == other.span && t.order < other.order
}

// feed gives classes that are counted together.
type feed struct {
	walker   *walker
	class    *class
	profiles map[*schedule]int32 // of each schedule's own settings; those of its changes follow
	lone     int32               // where there is one schedule; else -1
}

// counter is what the classes of recordings with like settings are counted by.
type counter struct {
	app, place, load int32
	account          int32
	sessions         int64
	class            agora.StreamClass
	billing          agora.BillingClass
	hold             int64 // s before the start at which the page is opened on hold
	from, until      int64 // the window in the recordings' zone
	zone             *time.Location
}

// profile is what the classes of a recording under the same settings come to, or those of all that share a slot.
type profile struct {
	counter    int32
	recordings int64      // that it is of
	labels     []int32    // of all of them
	recording  *Recording // the first
	order      int64

	classes int   // of one recording
	seconds int64 // of all sessions of one recording
}

// The kinds of events, in the order in which those of one second are counted: what ends at an instant does not count
// beside what begins at it.
const (
	eventStop   = iota // the recording with its padding ends, and is stopped
	eventEnd           // the class ends
	eventRecord        // the recording with its padding begins
	eventStart         // the class begins
	eventBegin         // acquire and start are sent
	eventResume        // the update that ends the hold
)

const kindBits = 4

// event is what happens to so many recordings at an instant.
type event struct {
	key     uint64 // what it is sorted by: seconds from the base, and the kind
	counter int32
	n       int32
}

func (m *meter) event(at int64, kind uint64, counter int32, n int64) event {
	return event{uint64(max(at-m.base, 0))<<kindBits | kind, counter, int32(n)}
}

// at is the instant of an event.
func (m *meter) at(e *event) int64 { return m.base + int64(e.key>>kindBits) }

// gauge counts sessions at once and keeps the most.
type gauge struct {
	now, most int64
	at        int64
}

func (g *gauge) add(n, at int64) {
	if g.now += n; g.now > g.most {
		g.most, g.at = g.now, at
	}
}

// gauges are with padding and without.
type gauges [2]gauge

func (g *gauges) peaks(zone *time.Location) Peaks {
	of := func(g gauge) Peak {
		if g.most == 0 {
			return Peak{}
		}
		return Peak{int(g.most), time.Unix(g.at, 0).In(zone)}
	}
	return Peaks{of(g[0]), of(g[1])}
}

type appMeter struct {
	app      *App
	key      string
	zone     *time.Location
	gauges   gauges
	requests requestMeter
}

type placeMeter struct {
	app    int32
	region agora.Region
	gauges gauges
	loads  [3]int32 // by class of resolution; -1 for none
	mixed  [2]Excess
	strict [2]Excess
}

type loadMeter struct {
	place  int32
	class  agora.StreamClass
	limit  int
	gauges gauges
	lost   LostStop
	cost   int64 // of lost, and when it is and was counted
	lostAt int64
	turn   turn
}

// newMeter makes plans ready for counting.
func newMeter(plans []*Plan, opts ForecastOptions) *meter {
	m := &meter{opts: opts, prices: DocumentedPrices()}
	if opts.Prices != nil {
		m.prices = *opts.Prices
	}
	plans = slices.DeleteFunc(slices.Clone(plans), func(p *Plan) bool { return p == nil })
	expansions := make([]*expansion, len(plans))
	for i, p := range plans {
		expansions[i] = newExpansion(p)
	}
	m.setWindow(expansions)
	index := newProfileIndex(m)
	for _, e := range expansions {
		m.week.countZones(e.schedules)
		m.recordings += len(e.schedules)
		timetable := newTimetable(e)
		for _, group := range e.pageGroups() {
			if len(group) == 1 && m.take(timetable, group[0], index) {
				continue
			}
			m.feed(e, group, index)
		}
	}
	m.base = m.from
	if start, ok := m.earliest(); ok {
		m.base = start
	}
	m.base -= int64(Lead()/time.Second) + daySeconds
	m.bill = newMonthMeter(m.base, len(m.accounts))
	return m
}

// feed counts the classes of schedules that may share a page.
func (m *meter) feed(e *expansion, group []*schedule, index *profileIndex) {
	index.order++
	s := feed{lone: -1, walker: e.walker(group, m.from, m.until)}
	for _, one := range group {
		first := index.add(e.plan, one)
		if len(group) == 1 {
			s.lone = first
			if one.onePage() {
				s.walker.lone = newPage("")
			}
			continue
		}
		if s.profiles == nil {
			s.profiles = make(map[*schedule]int32, len(group))
		}
		s.profiles[one] = first
	}
	if c, ok := s.walker.next(); ok {
		m.maxBefore = max(m.maxBefore, e.maxBefore)
		s.class = c
		m.feeds = append(m.feeds, s)
		m.next = append(m.next, c.start)
	}
}

// setWindow takes the bounds that were asked for, or those of validate for all plans together.
func (m *meter) setWindow(expansions []*expansion) {
	var from, until time.Time
	if m.opts.From.At.IsZero() || m.opts.Until.At.IsZero() {
		now := m.opts.Now
		if !m.opts.From.At.IsZero() {
			now = m.opts.From.At
		}
		for _, e := range expansions {
			f, u := e.window(now)
			if from.IsZero() || f.Before(from) {
				from = f
			}
			if u.After(until) {
				until = u
			}
		}
	}
	m.window = [2]time.Time{from, until}
	if !m.opts.From.At.IsZero() {
		m.window[0] = m.opts.From.At
	}
	if !m.opts.Until.At.IsZero() {
		m.window[1] = m.opts.Until.At
	}
	m.from, m.until = unixCeil(m.window[0]), unixCeil(m.window[1])
	for _, e := range expansions {
		e.near(m.from)
	}
	if m.opts.From.Day {
		m.from -= offsetReach
	}
	if m.opts.Until.Day {
		m.until += offsetReach
	}
}

// profileIndex makes profiles, and finds the counters, apps, accounts and labels that they name.
type profileIndex struct {
	meter    *meter
	counters map[counterKey]int32
	apps     map[string]int32
	accounts map[string]int32
	labels   map[[2]string]int32
	order    int64 // of the recordings that are being added
}

// counterKey is what a counter follows from.
type counterKey struct {
	plan          *Plan
	app           *App
	zone          string
	region        agora.Region
	width, height int
	redundancy    int
	exact         bool
}

func newProfileIndex(m *meter) *profileIndex {
	return &profileIndex{
		meter: m, counters: make(map[counterKey]int32), apps: make(map[string]int32), accounts: make(map[string]int32),
		labels: make(map[[2]string]int32),
	}
}

// add makes the profiles of a schedule, its own and then those of its changes, and returns the first.
func (x *profileIndex) add(p *Plan, s *schedule) int32 {
	first := int32(len(x.meter.profiles))
	x.meter.profiles = append(x.meter.profiles, x.profile(p, s.recording, &s.recording.Settings))
	for _, changed := range s.changed {
		x.meter.profiles = append(x.meter.profiles, x.profile(p, s.recording, changed))
	}
	return first
}

func (x *profileIndex) profile(p *Plan, r *Recording, s *Settings) profile {
	key := counterKey{p, s.App, s.Zone.String(), s.Region, s.Video.Width, s.Video.Height, s.Redundancy, s.ExactStart}
	out := profile{recording: r, recordings: 1, order: x.order}
	out.counter = intern(x.counters, key, func(counterKey) { x.meter.counters = append(x.meter.counters, x.counter(p, s)) })
	out.labels = make([]int32, 0, len(s.Labels))
	for key, value := range s.Labels {
		out.labels = append(out.labels, intern(x.labels, [2]string{key, value}, func([2]string) {
			x.meter.labels = append(x.meter.labels, LabelForecast{Key: key, Value: value})
		}))
	}
	return out
}

func (x *profileIndex) counter(p *Plan, s *Settings) counter {
	m := x.meter
	out := counter{
		sessions: int64(max(s.Redundancy, 1)), zone: s.Zone, from: m.from, until: m.until,
		class: agora.StreamClassOf(s.Video.Width, s.Video.Height), billing: agora.BillingClassOf(s.Video.Width, s.Video.Height),
	}
	if s.ExactStart {
		out.hold = int64(HoldLead() / time.Second)
	}
	wall := wallClock{loc: s.Zone}
	if m.opts.From.Day {
		out.from, _ = wall.instant(localDay(m.opts.From.At), 0)
	}
	if m.opts.Until.Day {
		out.until, _ = wall.instant(localDay(m.opts.Until.At), 0)
	}
	out.app, out.place, out.load = x.load(p, s, out.class)
	out.account = intern(x.accounts, p.Account.CustomerID.String(), func(key string) { m.accounts = append(m.accounts, key) })
	return out
}

func intern[K comparable](known map[K]int32, key K, add func(K)) int32 {
	i, ok := known[key]
	if !ok {
		i = int32(len(known))
		known[key] = i
		add(key)
	}
	return i
}

// appKey tells App IDs apart: by what plans write.
func appKey(p *Plan, a *App) string {
	switch {
	case a == nil:
		return ""
	case a.ID.IsZero():
		return p.Name + "/" + a.Name // reported where it is missing
	default:
		return a.ID.String()
	}
}

// load finds the counters of an app, a region and a class of resolution.
func (x *profileIndex) load(p *Plan, s *Settings, class agora.StreamClass) (app, place, load int32) {
	m := x.meter
	app = intern(x.apps, appKey(p, s.App), func(key string) {
		var limits Limits
		if s.App != nil {
			limits = s.App.Limits
		}
		m.apps = append(m.apps, appMeter{app: s.App, key: key, zone: s.Zone, requests: newRequestMeter(limits.QPS)})
	})
	place = int32(slices.IndexFunc(m.places, func(p placeMeter) bool { return p.app == app && p.region == s.Region }))
	if place < 0 {
		place = int32(len(m.places))
		m.places = append(m.places, placeMeter{app: app, region: s.Region, loads: [3]int32{-1, -1, -1}})
	}
	at := &m.places[place].loads[slices.Index(agora.StreamClasses(), class)]
	if *at < 0 {
		*at = int32(len(m.loads))
		m.loads = append(m.loads, loadMeter{place: place, class: class, limit: streamLimit(s.App, s.Region, class)})
	}
	return app, place, *at
}

// Streams is how many recordings of a class of resolution may run at once in a region: what Agora has granted, or else
// what it documents; 0 where there is neither, as where no region is known.
func (l Limits) Streams(r agora.Region, c agora.StreamClass) int {
	a := App{Limits: l}
	switch {
	case c == "" || r == "" && a.granted(c) == 0:
		return 0
	default:
		return streamLimit(&a, r, c)
	}
}

// streamLimit is what Agora has granted to the app, or else what it documents for the region.
func streamLimit(a *App, r agora.Region, c agora.StreamClass) int {
	granted := 0
	if a != nil {
		granted = a.granted(c)
	}
	return cmp.Or(granted, agora.StreamLimit(r, c))
}

// spanDays is how many days are counted at a time. What is placed backwards, the starts, is known for certain when
// those of the span after are: a backlog of more than a span is beyond any budget.
const spanDays = 7

// run counts everything.
func (m *meter) run() {
	start, ok := m.earliest()
	if !ok {
		return
	}
	m.gather(start + spanDays*daySeconds)
	// So long before its start a class may have events: its padding and its request.
	margin := m.maxBefore + int64((Lead()+HoldLead())/time.Second) + 1
	for start, ok = m.earliest(); ok; start, ok = m.earliest() {
		m.gather(start + spanDays*daySeconds)
		m.settle(start - margin)
	}
	m.settle(lastInstant * 2)
	for i := range m.apps {
		m.apps[i].requests.flush()
	}
}

// never is a start that is not to come.
const never = int64(1) << 62

// earliest is the next start of all.
func (m *meter) earliest() (start int64, ok bool) {
	start = never
	for _, at := range m.next {
		start = min(start, at)
	}
	for i := range m.slots {
		start = min(start, m.slots[i].start)
	}
	return start, start < never
}

// gather turns the classes that start before the instant into events.
func (m *meter) gather(until int64) {
	m.span++
	for i := range m.slots {
		s := &m.slots[i]
		for s.start < until {
			m.count(s.start, s.start+s.length, s.start-s.before, s.start+s.length+s.after, s.profile)
			s.advance(m.from, m.until)
		}
	}
	for i := range m.feeds {
		if m.next[i] >= until {
			continue
		}
		s := &m.feeds[i]
		for s.class != nil && s.class.start < until {
			first := s.lone
			if first < 0 {
				first = s.profiles[s.class.schedule]
			}
			if k := s.class; !k.cancelled() {
				m.count(k.start, k.end, k.recordFrom, k.recordUntil, first+int32(k.change+1))
			}
			s.class, _ = s.walker.next()
		}
		m.next[i] = never
		if s.class != nil {
			m.next[i] = s.class.start
		}
	}
}

// count adds a class, of each recording that the profile is of.
func (m *meter) count(start, end, recordFrom, recordUntil int64, index int32) {
	p := &m.profiles[index]
	c := &m.counters[p.counter]
	if start < c.from || start >= c.until {
		return
	}
	now := turn{m.span, p.order}
	if m.classes == 0 || start < m.first || start == m.first && now.before(m.firstTurn) {
		m.first, m.firstTurn, m.firstIn = start, now, c.zone
	}
	if m.classes == 0 || end > m.last || end == m.last && now.before(m.lastTurn) {
		m.last, m.lastTurn, m.lastIn = end, now, c.zone
	}
	n := p.recordings
	m.classes += int(n)
	p.classes++
	requests := &m.apps[c.app].requests
	asked := recordFrom - c.hold - requests.lead // the first request at the latest, from which the service counts
	p.seconds += (recordUntil - asked) * c.sessions
	m.bill.add(asked, recordUntil, n, c)
	m.events = append(m.events,
		m.event(recordFrom, eventRecord, p.counter, n), m.event(recordUntil, eventStop, p.counter, n),
		m.event(start, eventStart, p.counter, n), m.event(end, eventEnd, p.counter, n))
	if c.hold > 0 {
		m.events = append(m.events, m.event(start, eventResume, p.counter, n))
	}
	requests.starts = append(requests.starts, m.event(recordFrom-c.hold, uint64(min(c.sessions, 1<<kindBits-1)), p.counter, n))

	hours := sessionHours(recordUntil - asked)
	load := &m.loads[c.load]
	cost := int64(hours) * 60 * m.prices.of(c.billing)
	if same := hours == load.lost.Hours && cost == load.cost; hours > load.lost.Hours || cost > load.cost ||
		same && (now.before(load.turn) || now == load.turn && start < load.lostAt) {
		load.cost, load.turn, load.lostAt = cost, now, start
		load.lost = LostStop{Recording: p.recording.ID, Start: time.Unix(start, 0).In(c.zone), Hours: hours, CostUSD: dollars(cost)}
	}
}

// settle counts the events before the instant; no class is to come that has any.
func (m *meter) settle(until int64) {
	limit := uint64(max(until-m.base, 0))
	for i := range m.apps {
		m.apps[i].requests.place(m, limit)
	}
	m.spare = sortEvents(m.events, m.spare)
	n := sort.Search(len(m.events), func(i int) bool { return m.events[i].key>>kindBits >= limit })
	for i := 0; i < n; {
		key, first := m.events[i].key, i
		for ; i < n && m.events[i].key == key; i++ {
			m.apply(&m.events[i], key&(1<<kindBits-1))
		}
		if kind := key & (1<<kindBits - 1); kind == eventRecord || kind == eventStart {
			m.mix(m.events[first:i], kind)
		}
	}
	rest := copy(m.events, m.events[n:])
	m.events = m.events[:rest]
	m.rebase(until)
}

// rebase keeps the keys of events small.
func (m *meter) rebase(base int64) {
	if base > lastInstant || base <= m.base {
		return
	}
	shift := uint64(base-m.base) << kindBits
	for i := range m.events {
		m.events[i].key -= shift
	}
	for i := range m.apps {
		starts := m.apps[i].requests.starts
		for j := range starts {
			starts[j].key -= min(shift, starts[j].key)
		}
	}
	m.base = base
}

// apply counts one event.
func (m *meter) apply(e *event, kind uint64) {
	at, c := m.at(e), &m.counters[e.counter]
	app := &m.apps[c.app]
	sessions := c.sessions * int64(e.n)
	switch kind {
	case eventRecord:
		m.week.pass(at, m.all[0].now)
		m.add(0, sessions, at, c)
	case eventStop:
		app.requests.add(at, app.gauges[0].now, requestStop, e.n, sessions)
		m.week.pass(at, m.all[0].now)
		m.add(0, -sessions, at, c)
	case eventStart:
		m.add(1, sessions, at, c)
	case eventEnd:
		m.add(1, -sessions, at, c)
	case eventBegin:
		app.requests.add(at, app.gauges[0].now, requestStart, e.n, requestsPerStart*sessions)
	case eventResume:
		app.requests.add(at, app.gauges[0].now, requestUpdate, e.n, sessions)
	}
}

// add counts sessions, with padding (0) or without (1).
func (m *meter) add(which int, n, at int64, c *counter) {
	m.all[which].add(n, at)
	m.apps[c.app].gauges[which].add(n, at)
	place := &m.places[c.place]
	place.gauges[which].add(n, at)
	m.loads[c.load].gauges[which].add(n, at)
	if which == 0 {
		m.apps[c.app].requests.load(at, m.apps[c.app].gauges[0].now)
	}
}

// mix compares the totals of several classes of resolution at once with their common limits, when all that begins at an
// instant has. The limit of a class alone is another matter.
func (m *meter) mix(begun []event, kind uint64) {
	which := 0
	if kind == eventStart {
		which = 1
	}
	for i := range begun {
		m.places[m.counters[begun[i].counter].place].mix(m, which, m.at(&begun[i]))
	}
}

func (place *placeMeter) mix(m *meter, which int, at int64) {
	inUse, largest, highest := 0, 0, 0
	for _, i := range place.loads {
		if i < 0 || m.loads[i].gauges[which].now == 0 {
			continue
		}
		inUse++
		largest = max(largest, m.loads[i].limit)
		highest = m.loads[i].limit
	}
	if inUse < 2 {
		return
	}
	total := int(place.gauges[which].now)
	zone := m.apps[place.app].zone
	place.mixed[which].over(total, largest, at, zone)
	place.strict[which].over(total, highest, at, zone)
}

func (x *Excess) over(total, limit int, at int64, zone *time.Location) {
	if total-limit > x.Sessions-x.Limit {
		*x = Excess{total, limit, time.Unix(at, 0).In(zone)}
	}
}

// forecast tells what was counted.
func (m *meter) forecast() *Forecast {
	f := &Forecast{From: m.window[0], Until: m.window[1], Classes: m.classes, Prices: m.prices, Zone: m.week.zone, Week: m.week.most}
	if m.classes > 0 {
		f.First, f.Last = time.Unix(m.first, 0).In(m.firstIn), time.Unix(m.last, 0).In(m.lastIn)
		f.Peak = m.all.peaks(m.firstIn)
	}
	f.Recordings = m.recordings
	loads := make([]LoadForecast, len(m.loads))
	for i := range m.profiles {
		p := &m.profiles[i]
		c := &m.counters[p.counter]
		classes, seconds := p.classes*int(p.recordings), p.seconds*p.recordings
		f.Sessions += classes * int(c.sessions)
		load := &loads[c.load]
		load.Classes += classes
		load.Sessions += classes * int(c.sessions)
		load.Seconds += seconds
		if c.billing == agora.BillingHD {
			f.Seconds.HD += seconds
		} else {
			f.Seconds.FullHD += seconds
		}
		for _, l := range p.labels {
			label := &m.labels[l]
			label.Classes += p.classes
			if c.billing == agora.BillingHD {
				label.Seconds.HD += p.seconds
			} else {
				label.Seconds.FullHD += p.seconds
			}
		}
	}
	for i := range m.labels {
		m.labels[i].CostUSD = dollars(m.prices.share(m.labels[i].Seconds))
	}
	slices.SortFunc(m.labels, func(a, b LabelForecast) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value)) })
	f.Labels = slices.DeleteFunc(m.labels, func(l LabelForecast) bool { return l.Classes == 0 })
	for i := range m.apps {
		a := &m.apps[i]
		f.Apps = append(f.Apps, AppForecast{App: a.app, Peak: a.gauges.peaks(a.zone), key: a.key, Requests: a.requests.forecast(a.zone)})
	}
	for i := range m.places {
		place := &m.places[i]
		a := &f.Apps[place.app]
		out := PlaceForecast{Region: place.region, Peak: place.gauges.peaks(m.apps[place.app].zone), Mixed: place.mixed, Strict: place.strict}
		for _, l := range place.loads {
			if l < 0 {
				continue
			}
			load := &loads[l]
			load.Class, load.Limit, load.Lost = m.loads[l].class, m.loads[l].limit, m.loads[l].lost
			load.Peak = m.loads[l].gauges.peaks(m.apps[place.app].zone)
			out.Loads = append(out.Loads, *load)
		}
		a.Places = append(a.Places, out)
	}
	var total int64
	f.Months, total = m.bill.months(m.accounts, m.prices)
	f.CostUSD = dollars(total)
	return f
}
