package plan

import (
	"fmt"
	"strings"
	"testing"

	"rundown/agora"
)

// crowd is a plan of so many recordings at one bell, in one app.
func crowd(name string, n int, r agora.Region) *Plan {
	p := newPlan()
	p.Name = name
	app := &App{Name: "main", ID: must(newText("${APP}", Pos{}, textPlain)), Limits: Limits{QPS: 10, Concurrent: 200}}
	p.Apps = []*App{app}
	for i := range n {
		one := recording(fmt.Sprintf("%s-%d", name, i), "UTC", "2031-10-06 09:00-10:00")
		one.App, one.Region, one.Video = app, r, Video{Width: 1280, Height: 720}
		p.Recordings = append(p.Recordings, one)
	}
	return p
}

// severities are those of the findings of the rules about capacity, by rule.
func capacityFindings(p *Plan, beside ...*Plan) map[string]Severity {
	found := map[string]Severity{}
	for _, f := range Check(p, CheckOptions{Now: instant("2031-10-01"), Beside: beside}) {
		if f.Rule == "pcw-max" || strings.HasPrefix(f.Rule, "streams-") || strings.HasPrefix(f.Rule, "qps-") || f.Rule == "instance-unique" {
			found[f.Rule] = f.Severity
		}
	}
	return found
}

func TestDocumentedStreamLimitsAreThoseOfTheRegion(t *testing.T) {
	for region, id := range map[agora.Region]string{
		agora.RegionCN: "streams-max-mainland-china", agora.RegionEU: "streams-max-europe",
		agora.RegionNA: "streams-max-america", agora.RegionAP: "streams-max-asia",
	} {
		limit := agora.StreamLimit(region, agora.StreamHD)
		if found := capacityFindings(crowd("p", limit, region)); len(found) != 0 {
			t.Errorf("%s: %d at once are refused: %v", region, limit, found)
		}
		if found := capacityFindings(crowd("p", limit+1, region)); found[id] != SeverityError || len(found) != 1 {
			t.Errorf("%s: %d at once: %v, want an error of %s", region, limit+1, found, id)
		}
	}
	if found := capacityFindings(crowd("p", 31, "")); found["streams-max-europe"] != SeverityWarning {
		t.Errorf("without a region: %v, want a warning of the smallest limit", found)
	}
}

func TestPlansThatShareAnAppAreJudgedTogether(t *testing.T) {
	a, b := crowd("a", 101, agora.RegionAP), crowd("b", 100, agora.RegionNA)
	if found := capacityFindings(b); found["pcw-max"] != "" {
		t.Errorf("by itself: %v", found)
	}
	if found := capacityFindings(b, a); found["pcw-max"] != SeverityError {
		t.Errorf("together: %v", found)
	}
	a.Apps[0].ID = must(newText("${OTHER}", Pos{}, textPlain))
	if found := capacityFindings(b, a); found["pcw-max"] != "" {
		t.Errorf("with another App ID: %v", found)
	}
}

func TestOneNameForTwoPlansOfOneAppIsAClashOfInstances(t *testing.T) {
	a, b := crowd("term", 2, agora.RegionNA), crowd("term", 2, agora.RegionNA)
	if found := capacityFindings(a); len(found) != 0 {
		t.Errorf("one plan: %v", found)
	}
	if found := capacityFindings(a, b); found["instance-unique"] != SeverityError {
		t.Errorf("two plans of one name: %v", found)
	}
	b.Name = "other"
	if found := capacityFindings(a, b); found["instance-unique"] != "" {
		t.Errorf("two names: %v", found)
	}
}

func TestManyQueriesAndStopsAtOnceAreTold(t *testing.T) {
	p := crowd("p", 9, agora.RegionNA)
	p.Apps[0].Limits.QPS = 1
	if found := capacityFindings(p); len(found) != 0 {
		t.Errorf("within the budget: %v", found)
	}
	// Ten stops of the classes before fall into the second in which a start is due.
	for i := range 10 {
		r := recording(fmt.Sprintf("early-%d", i), "UTC", "2031-10-06 08:00-08:59:46")
		r.Settings, r.When = p.Recordings[0].Settings, []When{must(parseWhen("2031-10-06 08:00-08:59:46"))}
		p.Recordings = append(p.Recordings, r)
	}
	if found := capacityFindings(p); found["qps-monitor-budget"] != SeverityWarning {
		t.Errorf("ten stops before a start: %v", found)
	}
}
