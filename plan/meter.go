package plan

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"time"

	"rundown/agora"
)

// meter counts what classes come to, a span of days after the other, so that its memory does not grow with the
// window: classes are turned into events, which are sorted by their second and swept. Recordings that can have no
// page in common with another are counted each by itself, without a common order.
type meter struct {
	from, until int64 // of the starts, widened for windows of days
	window      [2]time.Time
	opts        ForecastOptions
	prices      Prices

	profiles []profile
	feeds    []feed
	next     []int64 // start of the next class of each feed
	accounts []string
	labels   []LabelForecast

	all    gauges
	apps   []appMeter
	places []placeMeter
	loads  []loadMeter
	week   weekMeter
	bill   monthMeter

	base    int64 // of the events' offsets, Unix seconds
	events  []uint64
	spare   []uint64 // for sorting
	first   int64
	last    int64
	firstIn *time.Location
	lastIn  *time.Location
	classes int
}

// feed gives classes that are counted together.
type feed struct {
	walker   *walker
	class    *class
	profiles map[*schedule]int32 // of each schedule's own settings; those of its changes follow
	lone     int32               // where there is one schedule; else -1
}

// profile is what the classes of the same settings come to.
type profile struct {
	app, place, load int32 // load is -1 without an app
	account          int32
	sessions         int64
	class            agora.StreamClass
	billing          agora.BillingClass
	hold             int64 // s before the start at which the page is opened on hold
	from, until      int64 // the window in the recording's zone
	zone             *time.Location
	labels           []int32
	recording        *Recording

	classes int
	seconds int64 // of all sessions
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

const (
	profileBits = 28
	kindBits    = 4
	offsetShift = profileBits + kindBits
)

func (m *meter) event(at int64, kind int, profile int32) {
	m.events = append(m.events, uint64(max(at-m.base, 0))<<offsetShift|uint64(kind)<<profileBits|uint64(profile))
}

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
	begun  [2]int64 // the second in which something began that is not compared yet, as it is when something ends; 0 for none
}

type loadMeter struct {
	place  int32
	class  agora.StreamClass
	limit  int
	gauges gauges
	lost   LostStop
	cost   int64
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
	index := profileIndex{meter: m, apps: map[string]int32{}, accounts: map[string]int32{}, labels: map[[2]string]int32{}}
	for _, e := range expansions {
		m.week.countZones(e.schedules)
		for _, group := range e.pageGroups() {
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
				s.class = c
				m.feeds = append(m.feeds, s)
				m.next = append(m.next, c.start)
			}
		}
	}
	m.base = m.from
	if len(m.next) > 0 {
		m.base = slices.Min(m.next)
	}
	m.base -= int64(Lead()/time.Second) + daySeconds
	m.bill = newMonthMeter(m.base, len(m.accounts))
	return m
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

// profileIndex finds the profiles of settings, and the apps, accounts and labels that they name.
type profileIndex struct {
	meter    *meter
	apps     map[string]int32
	accounts map[string]int32
	labels   map[[2]string]int32
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
	m := x.meter
	out := profile{
		sessions: int64(max(s.Redundancy, 1)), zone: s.Zone, recording: r,
		class: agora.StreamClassOf(s.Video.Width, s.Video.Height), billing: agora.BillingClassOf(s.Video.Width, s.Video.Height),
	}
	if s.ExactStart {
		out.hold = int64(HoldLead() / time.Second)
	}
	out.from, out.until = m.from, m.until
	wall := wallClock{loc: s.Zone}
	if m.opts.From.Day {
		out.from, _ = wall.instant(localDay(m.opts.From.At), 0)
	}
	if m.opts.Until.Day {
		out.until, _ = wall.instant(localDay(m.opts.Until.At), 0)
	}
	out.app, out.place, out.load = x.load(p, s, out.class)
	out.account = intern(x.accounts, p.Account.CustomerID.String(), func(key string) { m.accounts = append(m.accounts, key) })
	for _, key := range slices.Sorted(maps.Keys(s.Labels)) {
		value := s.Labels[key]
		out.labels = append(out.labels, intern(x.labels, [2]string{key, value}, func([2]string) {
			m.labels = append(m.labels, LabelForecast{Key: key, Value: value})
		}))
	}
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
	if len(m.next) == 0 {
		return
	}
	m.gather(m.spanEnd(slices.Min(m.next)))
	margin := m.margin()
	for start, ok := m.earliest(); ok; start, ok = m.earliest() {
		m.gather(m.spanEnd(start))
		m.settle(start - margin)
	}
	m.settle(lastInstant * 2)
	for i := range m.apps {
		m.apps[i].requests.flush()
	}
}

// margin is how long before its start a class may have events: its padding and its request.
func (m *meter) margin() int64 {
	margin := int64(0)
	for i := range m.feeds {
		margin = max(margin, m.feeds[i].walker.maxBefore)
	}
	return margin + int64((Lead()+HoldLead())/time.Second) + 1
}

func (m *meter) spanEnd(start int64) int64 { return start + spanDays*daySeconds }

func (m *meter) earliest() (start int64, ok bool) {
	start = int64(1) << 62
	for _, at := range m.next {
		start = min(start, at)
	}
	return start, start < 1<<62
}

// gather turns the classes that start before the instant into events.
func (m *meter) gather(until int64) {
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
			if !s.class.cancelled() {
				m.count(s.class, first+int32(s.class.change+1))
			}
			s.class, _ = s.walker.next()
		}
		m.next[i] = 1 << 62
		if s.class != nil {
			m.next[i] = s.class.start
		}
	}
}

// count adds a class.
func (m *meter) count(k *class, index int32) {
	p := &m.profiles[index]
	if k.start < p.from || k.start >= p.until {
		return
	}
	if m.classes == 0 || k.start < m.first {
		m.first, m.firstIn = k.start, p.zone
	}
	if m.classes == 0 || k.end > m.last {
		m.last, m.lastIn = k.end, p.zone
	}
	m.classes++
	p.classes++
	p.seconds += (k.recordUntil - k.recordFrom) * p.sessions
	m.bill.add(k.recordFrom, k.recordUntil, p)
	m.event(k.recordFrom, eventRecord, index)
	m.event(k.recordUntil, eventStop, index)
	m.event(k.start, eventStart, index)
	m.event(k.end, eventEnd, index)
	if p.hold > 0 {
		m.event(k.start, eventResume, index)
	}
	writing := k.recordFrom - p.hold
	requests := &m.apps[p.app].requests
	requests.starts = append(requests.starts, uint64(max(writing-m.base, 0))<<offsetShift|uint64(index))

	hours := sessionHours(k.recordUntil - k.recordFrom + requests.lead)
	load := &m.loads[p.load]
	if cost := int64(hours) * 60 * m.prices.of(p.billing); hours > load.lost.Hours || cost > load.cost {
		load.cost = cost
		load.lost = LostStop{Recording: p.recording.ID, Start: time.Unix(k.start, 0).In(p.zone), Hours: hours, CostUSD: dollars(cost)}
	}
}

// settle counts the events before the instant; no class is to come that has any.
func (m *meter) settle(until int64) {
	limit := uint64(max(until-m.base, 0))
	for i := range m.apps {
		m.apps[i].requests.place(m, limit)
	}
	m.spare = sortEvents(m.events, m.spare)
	n := sort.Search(len(m.events), func(i int) bool { return m.events[i]>>offsetShift >= limit })
	for _, e := range m.events[:n] {
		m.apply(m.base+int64(e>>offsetShift), int(e>>profileBits)&(1<<kindBits-1), &m.profiles[e&(1<<profileBits-1)])
	}
	rest := copy(m.events, m.events[n:])
	m.events = m.events[:rest]
	m.rebase(until)
}

// rebase keeps the offsets of events small.
func (m *meter) rebase(base int64) {
	if base > lastInstant || base <= m.base {
		return
	}
	shift := uint64(base-m.base) << offsetShift
	for i := range m.events {
		m.events[i] -= shift
	}
	for i := range m.apps {
		starts := m.apps[i].requests.starts
		for j := range starts {
			starts[j] -= min(shift, starts[j]>>offsetShift<<offsetShift)
		}
	}
	m.base = base
}

// apply counts one event.
func (m *meter) apply(at int64, kind int, p *profile) {
	app := &m.apps[p.app]
	switch kind {
	case eventRecord, eventStop:
		n := p.sessions
		if kind == eventStop {
			n = -n
			app.requests.add(at, app.gauges[0].now, requestStop, p.sessions)
		}
		m.week.pass(at, m.all[0].now)
		m.add(0, n, at, p)
	case eventStart:
		m.add(1, p.sessions, at, p)
	case eventEnd:
		m.add(1, -p.sessions, at, p)
	case eventBegin:
		app.requests.add(at, app.gauges[0].now, requestStart, requestsPerStart*p.sessions)
	case eventResume:
		app.requests.add(at, app.gauges[0].now, requestUpdate, p.sessions)
	}
}

// add counts sessions, with padding (0) or without (1).
func (m *meter) add(which int, n, at int64, p *profile) {
	m.all[which].add(n, at)
	m.apps[p.app].gauges[which].add(n, at)
	place := &m.places[p.place]
	if begun := place.begun[which]; begun != 0 && begun != at {
		m.mix(place, which, begun)
	}
	place.gauges[which].add(n, at)
	m.loads[p.load].gauges[which].add(n, at)
	if which == 0 {
		m.apps[p.app].requests.load(at, m.apps[p.app].gauges[0].now)
	}
	if n > 0 {
		place.begun[which] = at
	}
}

// mix compares the total of several classes of resolution at once with their common limit. The limit of a class
// alone is another matter. It looks at a second as a whole, since a class that begins may raise the limit for others
// that begin with it.
func (m *meter) mix(place *placeMeter, which int, at int64) {
	place.begun[which] = 0
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
	loads := make([]LoadForecast, len(m.loads))
	recordings := make(map[*Recording]bool)
	for i := range m.profiles {
		p := &m.profiles[i]
		recordings[p.recording] = true
		f.Sessions += p.classes * int(p.sessions)
		load := &loads[p.load]
		load.Classes += p.classes
		load.Sessions += p.classes * int(p.sessions)
		load.Seconds += p.seconds
		var s Seconds
		if p.billing == agora.BillingHD {
			s.HD = p.seconds
		} else {
			s.FullHD = p.seconds
		}
		f.Seconds.HD += s.HD
		f.Seconds.FullHD += s.FullHD
		for _, l := range p.labels {
			label := &m.labels[l]
			label.Classes += p.classes
			label.Seconds.HD += s.HD
			label.Seconds.FullHD += s.FullHD
		}
	}
	f.Recordings = len(recordings)
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
