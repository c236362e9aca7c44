package plan

import (
	"slices"
	"testing"
	"time"
)

var sinkT time.Time

func sitesPlan(b *testing.B) *Plan {
	sites := loadTerm(b, texts{"plan.yaml": termPlan(10_000)})
	zones := []*time.Location{zone("Europe/Madrid"), zone("Atlantic/Canary"), zone("America/New_York"), zone("Asia/Tokyo"), zone("Australia/Sydney")}
	sites.Apps = append(sites.Apps, &App{Name: "second", ID: must(newText("${SECOND_APP_ID}", Pos{}, textPlain)), Limits: sites.Apps[0].Limits})
	for i, r := range sites.Recordings {
		r.Zone = zones[i%5]
		r.App = sites.Apps[i/5%2]
		r.Video = []Video{{Width: 1920, Height: 1080}, {Width: 1280, Height: 720}, {Width: 640, Height: 360}}[i%3]
		r.Redundancy = 1 + i%7/6
		r.ExactStart = i%11 == 0
		switch i % 10 {
		case 3:
			r.URL = sites.Recordings[i-1].URL
		case 5:
			r.URL = must(newText("https://rooms.lingua.example/{id}/{date}", Pos{}, textURL))
		case 7:
			r.change("2031-09-01..2031-09-07", "cancelled")
			r.change("2031-11-03..2031-11-09", "07:00-07:45")
		}
	}
	return sites
}

func BenchmarkWalks(b *testing.B) {
	for name, p := range map[string]*Plan{"term": loadTerm(b, texts{"plan.yaml": termPlan(10_000)}), "sites": sitesPlan(b)} {
		e := newExpansion(p)
		from, until := e.window(termDay)
		rate := func(b *testing.B, f func() int) {
			n := 0
			for b.Loop() {
				n += f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/class")
		}
		b.Run(name+"/expansion", func(b *testing.B) { rate(b, func() int { newExpansion(p); return 320000 }) })
		b.Run(name+"/ordered", func(b *testing.B) {
			rate(b, func() int {
				n := 0
				e := newExpansion(p)
				e.walk(from, until, func(c *class) bool { n++; return true })
				return n
			})
		})
		b.Run(name+"/orderedTimes", func(b *testing.B) {
			rate(b, func() int {
				n := 0
				e := newExpansion(p)
				e.walk(from, until, func(c *class) bool {
					n++
					z := c.settings().Zone
					for _, u := range []int64{c.planned, c.start, c.end, c.recordFrom, c.recordUntil} {
						sinkT = time.Unix(u, 0).In(z)
					}
					return true
				})
				return n
			})
		})
		b.Run(name+"/groups", func(b *testing.B) {
			rate(b, func() int {
				n := 0
				e := newExpansion(p)
				e.near(unixCeil(from))
				for _, g := range e.pageGroups() {
					w := e.walker(g, unixCeil(from), unixCeil(until))
					for _, ok := w.next(); ok; _, ok = w.next() {
						n++
					}
				}
				return n
			})
		})
		b.Run(name+"/cursors", func(b *testing.B) {
			rate(b, func() int {
				n := 0
				e := newExpansion(p)
				e.near(unixCeil(from))
				for _, s := range e.schedules {
					w := s.cursor(unixCeil(from), unixCeil(until))
					for _, ok := w.next(); ok; _, ok = w.next() {
						n++
					}
				}
				return n
			})
		})
		b.Run(name+"/sort", func(b *testing.B) {
			var keys []uint64
			for _, s := range e.schedules {
				w := s.cursor(unixCeil(from), unixCeil(until))
				for c, ok := w.next(); ok; c, ok = w.next() {
					for i, at := range []int64{c.start, c.end, c.recordFrom, c.recordUntil, c.recordFrom - 13} {
						keys = append(keys, uint64(at-from.Unix()+100000)<<23|uint64(i)<<20)
					}
				}
			}
			rate(b, func() int {
				k := slices.Clone(keys)
				slices.Sort(k)
				return len(k) / 5
			})
		})
	}
}
