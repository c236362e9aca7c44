package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	dto "github.com/prometheus/client_model/go"

	"rundown/agora"
	"rundown/runner"
	"rundown/runner/metrics"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

// promised are the metrics by which dashboards and alerts of others go. None of them is renamed, and no label is taken
// from them.
var promised = []string{
	"rundown_classes_total{outcome}", "rundown_class_seconds_lost_total", "rundown_start_lateness_seconds", "rundown_end_notice_seconds",
	"rundown_requests_total{endpoint,verdict}", "rundown_request_duration_seconds{endpoint}", "rundown_budget_wait_seconds",
	"rundown_sessions{state}", "rundown_orphans", "rundown_outbox_pending", "rundown_outbox_oldest_seconds",
	"rundown_store_commit_duration_seconds", "rundown_plan_revision{plan}", "rundown_plan_last_reload_successful{plan}",
	"rundown_plan_last_reload_success_timestamp_seconds{plan}", "rundown_next_start_timestamp_seconds", "rundown_health_issues{id}",
	"rundown_log_dropped_total", "rundown_build_info{version}", "rundown_up", "rundown_class_reasons_total{reason_code}",
	"rundown_heartbeat_age_seconds", "rundown_recent_classes{outcome}", "rundown_recent_class_lost_seconds",
	"rundown_last_class_ended_timestamp_seconds{outcome}", "rundown_store_free_bytes",
}

func signature(m metrics.Metric) string {
	var names []string
	for _, l := range m.Labels {
		names = append(names, l.Name)
	}
	if len(names) == 0 {
		return m.Name
	}
	return m.Name + "{" + strings.Join(names, ",") + "}"
}

func TestEveryPromisedMetricIsInTheContract(t *testing.T) {
	var have []string
	for _, m := range metrics.Contract {
		have = append(have, signature(m))
	}
	for _, want := range promised {
		if !slices.Contains(have, want) {
			t.Errorf("%s is not in the contract", want)
		}
	}
}

// idle is what metrics show that have seen one of everything, beside a store with one plan, one planned class and some that ended.
func idle(t *testing.T, m *metrics.Metrics, moves error, messages ...store.Message) families {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true, OnCommit: m.Commit})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.AddRevision(ctx, store.Revision{At: day, Plan: "school", Hash: "h1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddRevision(ctx, store.Revision{At: day.Add(time.Hour), Plan: "school", Hash: "h2", State: store.RevisionWaiting}); err != nil {
		t.Fatal(err)
	}
	class := func(state, outcome string, start time.Duration, doc string) storetest.Row {
		from := day.Add(start)
		return storetest.Row{Occurrence: store.Occurrence{
			ID: "school/room/" + from.Format("20060102T150405Z"), Plan: "school", Recording: "room", App: "app", State: state, Outcome: outcome,
			Start: from, End: from.Add(time.Hour), Doc: []byte(doc),
		}}
	}
	if _, err = storetest.Write(ctx, s, "app", class("planned", "", 32*time.Hour, "{}"),
		class("ended", "recorded", -2*time.Hour, `{"ended_at": "2031-09-14T23:00:00Z"}`),
		class("ended", "cancelled", -3*time.Hour, `{"ended_at": "2031-09-14T22:00:00Z", "gaps": [{"from": "2031-09-14T21:00:00Z", "until": "2031-09-14T22:00:00Z"}]}`),
		class("ended", "partial", -4*time.Hour, `{"ended_at": "2031-09-14T21:00:00Z", "gaps": [{"from": "2031-09-14T20:00:00Z", "until": "2031-09-14T20:00:20Z"}, {"from": "2031-09-14T20:30:00Z", "until": "2031-09-14T20:30:10Z"}]}`),
		class("ended", "missed", -72*time.Hour, `{"ended_at": "2031-09-14T23:59:00Z", "gaps": [{"from": "2031-09-12T00:00:00Z", "until": "2031-09-12T01:00:00Z"}]}`), // found three days later
		class("ended", "missed", -24*time.Hour, `{"ended_at": "2031-09-14T23:59:00Z", "gaps": [{"from": "2031-09-14T00:00:00Z", "until": "2031-09-14T01:00:00Z"}]}`),
		class("ended", "failed", -26*time.Hour, `{"ended_at": "2031-09-13T23:00:00Z", "gaps": [{"from": "2031-09-13T22:00:00Z", "until": "2031-09-13T23:00:00Z"}]}`), // too long ago
	); err != nil {
		t.Fatal(err)
	}
	if err := s.Post(ctx, store.Routed{Messages: messages}); err != nil {
		t.Fatal(err)
	}
	if err := s.Beat(ctx, day.Add(-7*time.Second)); err != nil {
		t.Fatal(err)
	}
	return scrape(t, m.Handler(metrics.Sources{
		Store: s, Now: func() time.Time { return day }, Moves: func() error { return moves }, LogDropped: func() int { return 0 },
		Issues:   func() []runner.Issue { return []runner.Issue{{ID: reason.IssueOrphan}, {ID: reason.IssueOrphan}} },
		Rejected: func() []string { return nil }, FreeBytes: func() (uint64, bool) { return 3 << 30, true },
		Targets: func() []string { return []string{"school/mail", "school/hook", "school/quiet"} },
	}))
}

// TestWhatWasLostBeforeThisProcessShows has a daemon start after classes were missed and found missed: its counters begin at 0.
func TestWhatWasLostBeforeThisProcessShows(t *testing.T) {
	got := idle(t, metrics.New("v1", func() time.Time { return day }), nil)
	for _, tt := range []struct {
		name, outcome string
		want          float64
	}{
		{"rundown_recent_classes", "missed", 2},
		{"rundown_recent_classes", "partial", 1},
		{"rundown_recent_classes", "failed", 0},
		{"rundown_last_class_ended_timestamp_seconds", "missed", float64(day.Add(-time.Minute).Unix())},
		{"rundown_last_class_ended_timestamp_seconds", "partial", float64(day.Add(-3 * time.Hour).Unix())},
	} {
		if v := got.sum(tt.name, "outcome", tt.outcome); v != tt.want {
			t.Errorf("%s is %v for %s, want %v", tt.name, v, tt.outcome, tt.want)
		}
	}
	if n := len(got.matching("rundown_last_class_ended_timestamp_seconds", nil)); n != 2 {
		t.Errorf("%d outcomes have a latest class", n)
	}
	if v := got.sum("rundown_recent_class_lost_seconds"); v != 7230 {
		t.Errorf("%v seconds are lost, want 7230", v)
	}
	if v := got.sum("rundown_store_free_bytes"); v != 3<<30 {
		t.Errorf("%v bytes are free", v)
	}
}

func ended(id string, outcome session.Outcome, code reason.Code) session.State {
	s := session.State{Status: session.Status{Phase: session.Ended, Outcome: outcome, ReasonCode: code, EndedAt: day.Add(2 * time.Hour)}}
	s.ID, s.Start, s.End = id, day, day.Add(time.Hour)
	return s
}

func TestTheExpositionIsThatOfTheContract(t *testing.T) {
	m := metrics.New("v1", func() time.Time { return day })
	m.Step(ended("a", session.Missed, reason.DaemonDown))
	m.Exchange(agora.Exchange{Op: agora.OpQuery, Verdict: agora.VerdictDone})
	got := idle(t, m, nil)
	for _, row := range metrics.Contract {
		family := got[row.Name]
		if family == nil {
			t.Errorf("%s is not shown", row.Name)
			continue
		}
		kind := strings.ToLower(family.GetType().String())
		labels := map[string]bool{}
		for _, l := range family.GetMetric()[0].GetLabel() {
			labels[l.GetName()] = true
		}
		for _, l := range row.Labels {
			if !labels[l.Name] {
				t.Errorf("%s has no label %s", row.Name, l.Name)
			}
		}
		if kind != row.Type || family.GetHelp() != row.Help || len(labels) != len(row.Labels) {
			t.Errorf("%s is a %s with labels %v: %s", row.Name, kind, labels, family.GetHelp())
		}
	}
	if age := got["rundown_heartbeat_age_seconds"].GetMetric()[0].GetGauge().GetValue(); age != 7 {
		t.Errorf("the heartbeat is %v seconds old", age)
	}
	for name := range got {
		known := slices.ContainsFunc(metrics.Contract, func(m metrics.Metric) bool { return m.Name == name })
		if !known && !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			t.Errorf("%s is not in the contract", name)
		}
	}
	var list []*dto.MetricFamily
	for _, family := range got {
		list = append(list, family)
	}
	problems, err := promlint.NewWithMetricFamilies(list).Lint()
	for _, p := range problems {
		t.Errorf("promlint: %s: %s", p.Metric, p.Text)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestWhatIsWrongShows(t *testing.T) {
	m := metrics.New("v1", func() time.Time { return day })
	message := func(id, target string, made, due time.Duration) store.Message {
		return store.Message{ID: id, Target: target, At: day.Add(made), Due: day.Add(due), State: store.MessageWaiting}
	}
	got := idle(t, m, errors.New("app hangs"), message("1", "school/mail", -time.Minute, -time.Minute), message("2", "school/mail", -time.Second, -time.Second),
		message("3", "school/hook", -30*time.Second, 0), message("4", "school/quiet", -time.Hour, time.Hour), // not before the quiet hours are over
		message("5", "school/removed", -2*time.Hour, -2*time.Hour)) // which no plan has any more
	for name, want := range map[string]float64{
		"rundown_up": 0, "rundown_orphans": 2, "rundown_health_issues": 2, "rundown_outbox_pending": 4, "rundown_outbox_oldest_seconds": 60,
		"rundown_plan_revision": 1, "rundown_plan_last_reload_successful": 0, "rundown_plan_last_reload_success_timestamp_seconds": float64(day.Unix()),
		"rundown_next_start_timestamp_seconds": float64(day.Add(32 * time.Hour).Unix()),
	} {
		if v := got.sum(name); len(got.matching(name, nil)) == 0 || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
}

// TestTheNumberOfSeriesDoesNotGrowWithTheTimetable has a thousand classes of a hundred App IDs come and go.
func TestTheNumberOfSeriesDoesNotGrowWithTheTimetable(t *testing.T) {
	m := metrics.New("v1", func() time.Time { return day })
	feed := func(classes int) int {
		for i := range classes {
			m.Exchange(agora.Exchange{App: fmt.Sprint(i), Host: fmt.Sprint("host-", i), Op: agora.OpQuery, Code: i, RequestID: fmt.Sprint(i), Verdict: agora.VerdictGone})
			m.Step(ended(fmt.Sprintf("school/room-%d/20310915T080000Z", i), session.Failed, reason.ServiceError))
		}
		n := 0
		for name, family := range idle(t, m, nil) {
			if strings.HasPrefix(name, "rundown_") {
				n += len(family.GetMetric())
			}
		}
		return n
	}
	if few, many := feed(1), feed(1000); few != many || few > 100 {
		t.Errorf("%d series, then %d", few, many)
	}
}

// TestWhatAnEarlierProcessCountedIsNotCountedAgain has a daemon start when a class has ended, and hear of its upload.
func TestWhatAnEarlierProcessCountedIsNotCountedAgain(t *testing.T) {
	m := metrics.New("v1", func() time.Time { return day.Add(3 * time.Hour) })
	before := ended("before", session.Partial, reason.SessionLost)
	before.Gaps = []session.Gap{{From: day, Until: day.Add(time.Minute)}}
	before.Sessions = []session.Session{{Attempt: 1, State: session.SessionLost, Evidence: session.Evidence{RecordingAt: day}, StopFacts: session.StopFacts{StoppedAt: day.Add(time.Minute)}}}
	m.Step(before)
	after := ended("after", session.Partial, reason.SessionLost)
	after.EndedAt, after.Gaps = day.Add(4*time.Hour), []session.Gap{{From: day, Until: day.Add(2 * time.Second)}}
	m.Step(after)
	m.Step(after)
	again := after // moved before its new end, and recorded again
	again.EndedAt, again.Outcome = day.Add(9*time.Hour), session.Recorded
	m.Step(again)
	got := idle(t, m, nil)
	if all, lost := got.sum("rundown_classes_total"), got.sum("rundown_class_seconds_lost_total"); all != 2 || lost != 2 {
		t.Errorf("%v classes with %v seconds lost, want 2 with 2", all, lost)
	}
	if n := got.count("rundown_end_notice_seconds") + got.count("rundown_start_lateness_seconds"); n != 0 {
		t.Errorf("%d observations of what was over", n)
	}
}
