package forecast

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
	"rundown/plan/schedule"
)

// drawApps gives the recordings of a plan apps, regions, sizes and labels.
func drawApps(t *rapid.T, p *plan.Plan) {
	p.Account.CustomerID = build.Must(plan.NewText("${ID}", plan.Pos{}, plan.TextPlain))
	for _, name := range []string{"a", "b"} {
		p.Apps = append(p.Apps, &plan.App{Name: name, ID: build.Must(plan.NewText("${"+name+"}", plan.Pos{}, plan.TextPlain)), Limits: plan.Limits{
			QPS: rapid.IntRange(1, 10).Draw(t, "qps"), Concurrent: 50,
			SD: rapid.IntRange(1, 3).Draw(t, "sd"), HD: rapid.IntRange(1, 3).Draw(t, "hd"), FHD: rapid.IntRange(1, 3).Draw(t, "fhd"),
		}})
	}
	for _, r := range p.Recordings {
		r.App = rapid.SampledFrom(p.Apps).Draw(t, "app")
		r.Region = rapid.SampledFrom([]catalog.Region{"", catalog.RegionEU, catalog.RegionNA}).Draw(t, "region")
		r.Video = rapid.SampledFrom([]plan.Video{{Width: 640, Height: 360}, {Width: 1280, Height: 720}, {Width: 1920, Height: 1080}}).Draw(t, "video")
		r.Redundancy = rapid.IntRange(1, 2).Draw(t, "redundancy")
		r.ExactStart = rapid.Bool().Draw(t, "exact start")
		r.Labels = map[string]string{"campus": rapid.SampledFrom([]string{"north", "south"}).Draw(t, "campus")}
	}
}

// brutePeak tries every beginning.
func brutePeak(list []plan.Occurrence, padded bool, of func(*plan.Occurrence) bool) Peak {
	span := func(o *plan.Occurrence) (time.Time, time.Time) {
		if padded {
			return o.RecordFrom, o.RecordUntil
		}
		return o.Start, o.End
	}
	var best Peak
	for i := range list {
		at, _ := span(&list[i])
		n := 0
		for j := range list {
			if from, until := span(&list[j]); of(&list[j]) && !list[j].Cancelled() && !from.After(at) && until.After(at) {
				n += list[j].Settings.Redundancy
			}
		}
		if n > best.Sessions || n > 0 && n == best.Sessions && at.Before(best.At) {
			best = Peak{n, at}
		}
	}
	return best
}

// bruteExcess tries every beginning for the total that is most above the largest limit of the classes of resolution in
// use or, strictly, above that of the highest.
func bruteExcess(list []plan.Occurrence, padded bool, place *PlaceForecast) (best Excess) {
	for i := range list {
		at := list[i].Start
		if padded {
			at = list[i].RecordFrom
		}
		total, limit, inUse := 0, 0, 0
		for _, load := range place.Loads {
			n := 0
			for j := range list {
				from, until := list[j].Start, list[j].End
				if padded {
					from, until = list[j].RecordFrom, list[j].RecordUntil
				}
				if v := list[j].Settings.Video; catalog.StreamClassOf(v.Width, v.Height) == load.StreamClass && !from.After(at) && until.After(at) {
					n += list[j].Settings.Redundancy
				}
			}
			if n > 0 {
				inUse++
				total += n
				limit = max(limit, load.Limit)
			}
		}
		over := total - limit
		if inUse > 1 && over > 0 && (over > best.Sessions-best.Limit || over == best.Sessions-best.Limit && at.Before(best.At)) {
			best = Excess{total, limit, at}
		}
	}
	return best
}

func samePeak(a, b Peak) bool { return a.Sessions == b.Sessions && a.At.Equal(b.At) }

func TestTheForecastIsThatOfEveryOccurrence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := build.DrawPlan(t)
		p.Recordings = append(p.Recordings, build.DrawCourses(t, build.Day("2031-10-18"))...)
		drawApps(t, p)
		from := build.Instant("2031-10-18").Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "from")) * time.Hour)
		until := from.Add(time.Duration(rapid.IntRange(1, 30*24).Draw(t, "hours")) * time.Hour)
		list := slices.DeleteFunc(schedule.Occurrences(p, from, until), func(o plan.Occurrence) bool { return o.Cancelled() })
		f := Of([]*plan.Plan{p}, Options{From: Bound{At: from}, Until: Bound{At: until}})
		if f.Classes != len(list) {
			t.Fatalf("%d classes, there are %d", f.Classes, len(list))
		}
		all := func(*plan.Occurrence) bool { return true }
		if want := brutePeak(list, true, all); !samePeak(f.Peak.Padded, want) {
			t.Fatalf("a peak of %v, want %v", f.Peak.Padded, want)
		}
		if want := brutePeak(list, false, all); !samePeak(f.Peak.Unpadded, want) {
			t.Fatalf("a bare peak of %v, want %v", f.Peak.Unpadded, want)
		}
		for _, a := range f.Apps {
			for _, place := range a.Places {
				here := slices.DeleteFunc(slices.Clone(list), func(o plan.Occurrence) bool {
					return o.Settings.App != a.App || o.Settings.Region != place.Region
				})
				for i, got := range place.Mixed {
					want := bruteExcess(here, i == 0, &place)
					if got.Sessions != want.Sessions || got.Limit != want.Limit || !got.At.Equal(want.At) {
						t.Fatalf("%s %s: %d of several classes: an excess of %v, want %v", a.App.Name, place.Region, i, got, want)
					}
				}
				for _, load := range place.Loads {
					of := func(o *plan.Occurrence) bool {
						return o.Settings.App == a.App && o.Settings.Region == place.Region &&
							catalog.StreamClassOf(o.Settings.Video.Width, o.Settings.Video.Height) == load.StreamClass
					}
					if want := brutePeak(list, true, of); !samePeak(load.Peak.Padded, want) {
						t.Fatalf("%s %s %s: a peak of %v, want %v", a.App.Name, place.Region, load.StreamClass, load.Peak.Padded, want)
					}
				}
			}
			var starts []schedule.Start
			worst := map[int64]int{} // requests by second
			for i := range list {
				o := &list[i]
				if o.Settings.App != a.App {
					continue
				}
				at := o.RecordFrom
				if o.Settings.ExactStart {
					at = o.Start.Add(-schedule.HoldLead())
					worst[o.Start.Unix()] += o.Settings.Redundancy
				}
				starts = append(starts, schedule.Start{Writing: at, Sessions: o.Settings.Redundancy})
				worst[o.RecordUntil.Unix()] += o.Settings.Redundancy
			}
			slices.SortStableFunc(starts, func(a, b schedule.Start) int { return cmp.Compare(b.Sessions, a.Sessions) })
			var ahead time.Duration
			for i, at := range schedule.Place(starts, schedule.Spacing(a.App.Limits.QPS)) {
				ahead = max(ahead, starts[i].Writing.Sub(at)-schedule.Lead())
				worst[at.Unix()] += schedule.RequestsPerStart * starts[i].Sessions
			}
			if a.Requests.Ahead != ahead {
				t.Fatalf("%s: starts are begun %v early, want %v", a.App.Name, a.Requests.Ahead, ahead)
			}
			most := 0
			for _, n := range worst {
				most = max(most, n)
			}
			if polls := int(math.Ceil(a.Requests.Most)); a.Requests.Worst < most || a.Requests.Worst > most+polls {
				t.Fatalf("%s: the worst second has %d requests, want %d and up to %d queries", a.App.Name, a.Requests.Worst, most, polls)
			}
		}
		wantSeconds(t, f, list)
		wantLost(t, f, list)
	})
}

// asked is when the first request of an occurrence is due, at the latest: what the service counts begins with it.
func asked(o *plan.Occurrence) time.Time {
	at := o.RecordFrom.Add(-schedule.Lead())
	if o.Settings.ExactStart {
		at = at.Add(-schedule.HoldLead())
	}
	return at
}

// wantLost is the most that a lost stop costs, by the hours that are asked for.
func wantLost(t *rapid.T, f *Forecast, list []plan.Occurrence) {
	want, got := 0, 0
	for i := range list {
		hours, _ := list[i].Hours(asked(&list[i]))
		want = max(want, hours)
	}
	for _, app := range f.Apps {
		for _, place := range app.Places {
			for _, load := range place.Loads {
				got = max(got, load.FailedStop.Hours)
			}
		}
	}
	if got != want {
		t.Fatalf("a lost stop lasts %d hours, the requests ask for %d", got, want)
	}
}

// wantSeconds adds up second by second what is billed, by month and by label.
func wantSeconds(t *rapid.T, f *Forecast, list []plan.Occurrence) {
	type key struct{ month, class, campus string }
	want, got := map[key]int64{}, map[key]int64{}
	for i := range list {
		o := &list[i]
		class := string(catalog.BillingClassOf(o.Settings.Video.Width, o.Settings.Video.Height))
		n := int64(o.Settings.Redundancy)
		add := func(at time.Time, seconds int64) {
			want[key{month: at.UTC().Format("2006-01"), class: class}] += seconds * n
			want[key{class: class, campus: o.Settings.Labels["campus"]}] += seconds * n
		}
		for at := asked(o); at.Before(o.RecordFrom); at = at.Add(time.Second) {
			add(at, 1)
		}
		// Nothing here begins or ends within a minute.
		for at := o.RecordFrom; at.Before(o.RecordUntil); at = at.Add(time.Minute) {
			add(at, 60)
		}
	}
	add := func(k key, s Seconds) {
		for class, n := range map[string]int64{"hd": s.HD, "full_hd": s.FullHD} {
			if k.class = class; n > 0 {
				got[k] += n
			}
		}
	}
	for _, m := range f.Months {
		add(key{month: fmt.Sprintf("%d-%02d", m.Year, m.Month)}, m.Seconds)
	}
	for _, l := range f.Labels {
		add(key{campus: l.Value}, l.Seconds)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("billed %v, want %v", got, want)
	}
}

func TestSecondsAreRoundedOnceAMonth(t *testing.T) {
	// The reference's example with the free minutes used up by 10 000 others: 67 min HD and 2 min Full HD.
	m, cost := DocumentedPrices().bill(Seconds{HD: 10_000*60 + 2000 + 1999 + 1, FullHD: 90})
	if cost != 994_000 || m.HD != 10_067 || m.FullHD != 2 || m.FreeHD != 10_000 || m.FreeFHD != 0 {
		t.Errorf("the example costs %d µ$: %+v", cost, m)
	}
	if m, cost := DocumentedPrices().bill(Seconds{HD: 9_999 * 60, FullHD: 2 * 60}); cost != 28_000 || m.FreeFHD != 1 {
		t.Errorf("free minutes are for HD first: %d µ$, %+v", cost, m)
	}
}

func TestTheDayOnWhichTheFreeMinutesAreUsedUpIsTold(t *testing.T) {
	// Ten hours a day, begun 13 s early and free up to 1500 minutes: the third day exceeds them, in October alone.
	p := build.NewPlan(build.Recording("r", "UTC", "2031-10-06 09:00:13-19:00", "2031-10-07 09:00:13-19:00", "2031-10-08 09:00:13-19:00", "2031-11-06 09:00:13-19:00"))
	f := Of([]*plan.Plan{p}, Options{Prices: &Prices{HD: 1000, Free: 1500}})
	var got []string
	for _, m := range f.Months {
		got = append(got, m.FreeUsedUp.Format(time.DateOnly))
	}
	if want := []string{"2031-10-08", "0001-01-01"}; !slices.Equal(got, want) {
		t.Errorf("used up on %v, want %v", got, want)
	}
}

func TestALostStopIsBoundedByTheHoursThatAreAskedFor(t *testing.T) {
	for _, tt := range []struct {
		class string
		exact bool
		hours int
	}{
		{"2031-10-06 09:00-09:59:47", false, 2}, // 13 s before, an hour in all
		{"2031-10-06 09:00-09:59:48", false, 3},
		{"2031-10-06 09:00-09:58:47", true, 2}, // opened on hold a minute before
		{"2031-10-06 09:00-09:58:48", true, 3},
	} {
		r := build.Recording("r", "UTC", tt.class)
		r.ExactStart = tt.exact
		p := build.NewPlan(r)
		f := Of([]*plan.Plan{p}, Options{})
		got := f.Apps[0].Places[0].Loads[0].FailedStop.Hours
		o := schedule.Occurrences(p, time.Date(2031, 10, 6, 0, 0, 0, 0, time.UTC), time.Date(2031, 10, 7, 0, 0, 0, 0, time.UTC))[0]
		if hours, _ := o.Hours(asked(&o)); got != tt.hours || hours != tt.hours {
			t.Errorf("%s: %d hours, the request asks for %d, want %d", tt.class, got, hours, tt.hours)
		}
	}
}

func TestAccountsShareTheirFreeMinutesAcrossPlans(t *testing.T) {
	make := func(name, account string) *plan.Plan {
		p := build.NewPlan(build.Recording("r", "UTC", "2031-10-06 00:00:13-23:00")) // begun 13 s early
		p.Name, p.Account.CustomerID = name, build.Must(plan.NewText(account, plan.Pos{}, plan.TextPlain))
		return p
	}
	prices := Prices{HD: 1000, Free: 1380}
	if f := Of([]*plan.Plan{make("a", "${ID}"), make("b", "${ID}")}, Options{Prices: &prices}); len(f.Months) != 1 || f.CostUSD != 1.38 {
		t.Errorf("one account: %v dollars, %+v", f.CostUSD, f.Months)
	}
	if f := Of([]*plan.Plan{make("a", "${ID}"), make("b", "${OTHER}")}, Options{Prices: &prices}); len(f.Months) != 2 || f.CostUSD != 0 {
		t.Errorf("two accounts: %v dollars, %+v", f.CostUSD, f.Months)
	}
}

func TestPricesAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]Prices{
		"hd=14,full_hd=28,free=10000": {14_000, 28_000, 10_000},
		"hd=13.5":                     {13_500, 28_000, 10_000},
		"free=0":                      {14_000, 28_000, 0},
	} {
		if got, err := ParsePrices(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "hd", "hd=-1", "hd=NaN", "sd=1", "hd=1,hd=2", "free=1.5", "hd=1e9"} {
		if got, err := ParsePrices(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestSixtyForecastsAreTheSame(t *testing.T) {
	t.Parallel()
	files := plantest.Texts{"plan.yaml": build.TermPlan(60, false) + "    changes: {2031-09-03: cancelled}\n"}
	var want string
	for i := range 60 {
		f := Of([]*plan.Plan{build.LoadTerm(t, files)}, Options{Now: build.TermDay})
		for j := range f.Apps {
			f.Apps[j].App = nil // an address
		}
		got := fmt.Sprintf("%+v", *f)
		if i == 0 {
			want = got
		}
		if got != want {
			t.Fatalf("once\n%s\nand once\n%s", want, got)
		}
	}
}

func TestTheWeekShowsTheMostOfEachHour(t *testing.T) {
	a := build.Recording("a", "Europe/Berlin", "2031-10-06 09:30-11:10")
	b := build.Recording("b", "Europe/Berlin", "2031-10-06 11:00-11:10", "2031-10-12 23:30-00:30")
	f := Of([]*plan.Plan{build.NewPlan(a, b)}, Options{})
	var want [7 * 24]int
	want[9], want[10], want[11], want[6*24+23], want[0] = 1, 1, 2, 1, 1
	if f.Week != want {
		t.Errorf("the week is %v", f.Week)
	}
}

// BenchmarkForecast counts the term of [build.TermPlan], and the same as a network of several sites would have it: in five
// zones, with two apps, all sizes, now and then two sessions or an exact start, and in every tenth recording a page that
// another one uses too, a page of its own for each day, or changes.
//
// The goal is 1,000,000 classes a second for the term. The sites are slower, since hardly any of their recordings are alike.
func BenchmarkForecast(b *testing.B) {
	term := build.LoadTerm(b, plantest.Texts{"plan.yaml": build.TermPlan(10_000, false)})
	sites := build.LoadTerm(b, plantest.Texts{"plan.yaml": build.TermPlan(10_000, false)})
	zones := []*time.Location{build.Zone("Europe/Madrid"), build.Zone("Atlantic/Canary"), build.Zone("America/New_York"), build.Zone("Asia/Tokyo"), build.Zone("Australia/Sydney")}
	sites.Apps = append(sites.Apps, &plan.App{Name: "second", ID: build.Must(plan.NewText("${SECOND_APP_ID}", plan.Pos{}, plan.TextPlain)), Limits: sites.Apps[0].Limits})
	for i, r := range sites.Recordings {
		r.Zone = zones[i%5]
		r.App = sites.Apps[i/5%2]
		r.Video = []plan.Video{{Width: 1920, Height: 1080}, {Width: 1280, Height: 720}, {Width: 640, Height: 360}}[i%3]
		r.Redundancy = 1 + i%7/6
		r.ExactStart = i%11 == 0
		switch i % 10 {
		case 3:
			r.URL = sites.Recordings[i-1].URL
		case 5:
			r.URL = build.Must(plan.NewText("https://rooms.lingua.example/{id}/{date}", plan.Pos{}, plan.TextURL))
		case 7:
			build.Change(r, "2031-09-01..2031-09-07", "cancelled")
			build.Change(r, "2031-11-03..2031-11-09", "07:00-07:45")
		}
	}
	for _, of := range []struct {
		name string
		plan *plan.Plan
	}{{"term", term}, {"sites", sites}} {
		b.Run(of.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n += Of([]*plan.Plan{of.plan}, Options{Now: build.TermDay}).Classes
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "occurrences/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
