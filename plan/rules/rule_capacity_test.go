package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/plantest/build"
)

// crowd is a plan of so many recordings at one bell, in one app.
func crowd(name string, n int, r catalog.Region) *plan.Plan {
	p := build.NewPlan()
	p.Name = name
	app := &plan.App{Name: "main", ID: build.Must(plan.NewText("${APP}", plan.Pos{}, plan.TextPlain)), Limits: plan.Limits{QPS: 10, Concurrent: 200}}
	p.Apps = []*plan.App{app}
	for i := range n {
		one := build.Recording(fmt.Sprintf("%s-%d", name, i), "UTC", "2031-10-06 09:00-10:00")
		one.App, one.Region, one.Video = app, r, plan.Video{Width: 1280, Height: 720}
		p.Recordings = append(p.Recordings, one)
	}
	return p
}

// severities are those of the findings of the rules about capacity, by rule.
func capacityFindings(p *plan.Plan, beside ...*plan.Plan) map[string]plan.Severity {
	found := map[string]plan.Severity{}
	for _, f := range Check(p, Options{Now: build.Instant("2031-10-01"), Beside: beside}) {
		if f.Rule == "pcw-max" || strings.HasPrefix(f.Rule, "streams-") || strings.HasPrefix(f.Rule, "qps-") || f.Rule == "instance-unique" {
			found[f.Rule] = f.Severity
		}
	}
	return found
}

// messageOf is the first message of a rule.
func messageOf(p *plan.Plan, id string, beside ...*plan.Plan) string {
	for _, f := range Check(p, Options{Now: build.Instant("2031-10-01"), Beside: beside}) {
		if f.Rule == id {
			return f.Message
		}
	}
	return ""
}

func TestDocumentedStreamLimitsAreThoseOfTheRegion(t *testing.T) {
	for region, id := range map[catalog.Region]string{
		catalog.RegionCN: "streams-max-mainland-china", catalog.RegionEU: "streams-max-europe",
		catalog.RegionNA: "streams-max-america", catalog.RegionAP: "streams-max-asia",
	} {
		limit := catalog.StreamLimit(region, catalog.StreamHD)
		within := limit
		if careful := catalog.CarefulStreamLimit(region, catalog.StreamHD); careful > 0 {
			within = careful
			if found := capacityFindings(crowd("p", careful+1, region)); found[id] != plan.SeverityWarning || len(found) != 1 {
				t.Errorf("%s: %d at once: %v, want a warning of %s, of which the documentation has two figures", region, careful+1, found, id)
			}
		}
		if found := capacityFindings(crowd("p", within, region)); len(found) != 0 {
			t.Errorf("%s: %d at once are refused: %v", region, within, found)
		}
		if found := capacityFindings(crowd("p", limit+1, region)); found[id] != plan.SeverityError || len(found) != 1 {
			t.Errorf("%s: %d at once: %v, want an error of %s", region, limit+1, found, id)
		}
	}
	if found := capacityFindings(crowd("p", 31, "")); found["streams-max-europe"] != plan.SeverityWarning {
		t.Errorf("without a region: %v, want a warning of the smallest limit", found)
	}
}

func TestConcurrencyAboveTheSmallerDocumentedFigureIsAWarning(t *testing.T) {
	for _, c := range []struct {
		recordings, stated int
		want               plan.Severity
		names              []string
	}{
		{50, 0, "", nil},
		{51, 0, plan.SeverityWarning, []string{"allows 200", "50 on another"}},
		{200, 0, plan.SeverityWarning, []string{"allows 200", "50 on another"}},
		{201, 0, plan.SeverityError, []string{"200 are allowed"}},
		{51, 50, plan.SeverityError, []string{"50 are allowed"}},
		{200, 200, "", nil},
		{201, 250, "", nil},
		{251, 250, plan.SeverityError, []string{"250 are allowed"}},
	} {
		p := crowd("p", c.recordings, catalog.RegionNA)
		p.Apps[0].Limits = plan.Limits{QPS: 1000, Concurrent: c.stated, HD: 1000}
		if found := capacityFindings(p); found["pcw-max"] != c.want {
			t.Errorf("%d recordings, %d stated: %v, want %q of pcw-max", c.recordings, c.stated, found, c.want)
		}
		for _, part := range c.names {
			if got := messageOf(p, "pcw-max"); !strings.Contains(got, part) {
				t.Errorf("%d recordings, %d stated: %q lacks %q", c.recordings, c.stated, got, part)
			}
		}
	}
}

func TestPlansThatShareAnAppAreJudgedTogether(t *testing.T) {
	a, b := crowd("a", 101, catalog.RegionAP), crowd("b", 100, catalog.RegionNA)
	if found := capacityFindings(b); found["pcw-max"] != "" {
		t.Errorf("by itself: %v", found)
	}
	if found := capacityFindings(b, a); found["pcw-max"] != plan.SeverityError {
		t.Errorf("together: %v", found)
	}
	few := crowd("c", 2, catalog.RegionEU)
	if got, want := messageOf(few, "pcw-max", a, b), "(c-0, c-1, a/a-0, 200 more)"; !strings.Contains(got, want) {
		t.Errorf("who runs then: %q, want %q", got, want)
	}
	a.Apps[0].ID = build.Must(plan.NewText("${OTHER}", plan.Pos{}, plan.TextPlain))
	if found := capacityFindings(b, a); found["pcw-max"] != "" {
		t.Errorf("with another App ID: %v", found)
	}
}

func TestOneNameForTwoPlansOfOneAppIsAClashOfInstances(t *testing.T) {
	a, b := crowd("term", 2, catalog.RegionNA), crowd("term", 2, catalog.RegionNA)
	if found := capacityFindings(a); len(found) != 0 {
		t.Errorf("one plan: %v", found)
	}
	if found := capacityFindings(a, b); found["instance-unique"] != plan.SeverityError {
		t.Errorf("two plans of one name: %v", found)
	}
	b.Recordings[0].Pos = plan.Pos{File: "second.yaml", Line: 7}
	if got, want := messageOf(a, "instance-unique", b), "of second.yaml, line 7, use the same App ID"; !strings.Contains(got, want) {
		t.Errorf("which one it clashes with: %q, want %q", got, want)
	}
	b.Name = "other"
	if found := capacityFindings(a, b); found["instance-unique"] != "" {
		t.Errorf("two names: %v", found)
	}
}

func TestManyQueriesAndStopsAtOnceAreTold(t *testing.T) {
	p := crowd("p", 9, catalog.RegionNA)
	p.Apps[0].Limits.QPS = 1
	if found := capacityFindings(p); len(found) != 0 {
		t.Errorf("within the budget: %v", found)
	}
	// Ten stops of the classes before fall into the second in which a start is due.
	for i := range 10 {
		r := build.Recording(fmt.Sprintf("early-%d", i), "UTC", "2031-10-06 08:00-08:59:46")
		r.Settings, r.When = p.Recordings[0].Settings, []plan.When{build.Must(load.ParseWhen("2031-10-06 08:00-08:59:46"))}
		p.Recordings = append(p.Recordings, r)
	}
	if found := capacityFindings(p); found["qps-monitor-budget"] != plan.SeverityWarning {
		t.Errorf("ten stops before a start: %v", found)
	}
}

// TestARequestBudgetThatIsTooSmallSaysWhatUsesIt has one cause for each message, with its numbers.
func TestARequestBudgetThatIsTooSmallSaysWhatUsesIt(t *testing.T) {
	for name, tt := range map[string]struct {
		when map[string]int // a time → so many recordings
		held bool
		want string
	}{
		"queries": {
			map[string]int{"2031-10-06 09:00-10:00": 31},
			false,
			"app main needs 0.3 queries a second on 2031-10-06 09:00:00 UTC (r-0, r-1, r-2, 28 more), one for each recording every 2m0s; 1 request a second is allowed, and starts leave 0.2 of them",
		},
		"starts": {
			map[string]int{"2031-10-06 09:00-10:00": 14},
			false,
			"app main has 14 starts in a row on 2031-10-06 09:00:00 UTC (r-0, r-1, r-2, 11 more); the first one begins 35s early and is billed from then. Each start takes 2 requests, and 1 request a second is allowed",
		},
		"stops": {
			map[string]int{"2031-10-06 08:00-08:59:46": 10, "2031-10-06 09:00-10:00": 1},
			false,
			"app main has a start that waits longer than 8s, the first on 2031-10-06 08:59:47 UTC: before it 10 requests of stops are due within 2s, and 1 request a second is allowed",
		},
		"updates": {
			map[string]int{"2031-10-06 08:59:00-10:00": 10, "2031-10-06 09:00:14-10:00": 1},
			true,
			"before it 10 requests of updates that end holds are due within 2s",
		},
		"stops and starts": {
			map[string]int{"2031-10-06 08:00-08:59:40": 6, "2031-10-06 08:00-08:59:43": 8, "2031-10-06 09:00-10:00": 3},
			false,
			"before it 14 requests of stops and 2 requests of other starts are due within 5s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := crowd("p", 0, catalog.RegionNA)
			p.Apps[0].Limits.QPS = 1
			settings := crowd("p", 1, catalog.RegionNA).Recordings[0].Settings
			settings.App, settings.ExactStart = p.Apps[0], tt.held
			for _, when := range slices.Sorted(maps.Keys(tt.when)) {
				for range tt.when[when] {
					r := build.Recording(fmt.Sprintf("r-%d", len(p.Recordings)), "UTC", when)
					r.Settings = settings
					p.Recordings = append(p.Recordings, r)
				}
			}
			var got []string
			for _, f := range Check(p, Options{Now: build.Instant("2031-10-01")}) {
				if f.Rule == "qps-monitor-budget" {
					got = append(got, f.Message)
				}
			}
			if !slices.ContainsFunc(got, func(m string) bool { return strings.Contains(m, tt.want) }) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}
