package notify_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/plan"
	"rundown/runner/notify"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestARiskIsToldOfTheClassesThatItIsAbout has two classes of one plan with one storage.
func TestARiskIsToldOfTheClassesThatItIsAbout(t *testing.T) {
	for name, tt := range map[string]struct {
		issue  notify.Issue
		atRisk []string
		raised int
	}{
		"the quota of the account": {notify.Issue{ID: reason.IssueQuotaTaken, About: "app", Blocking: true}, []string{"algebra", "german-a1"}, 1},
		"another account's quota":  {notify.Issue{ID: reason.IssueQuotaTaken, About: "other", Blocking: true}, nil, 1},
		"the storage":              {notify.Issue{ID: reason.IssueStorageFailing, About: "school/videos"}, []string{"algebra", "german-a1"}, 1},
		"the storage's keys":       {notify.Issue{ID: reason.IssueCredentialsFailing, About: "school/videos"}, []string{"algebra", "german-a1"}, 1},
		"another storage":          {notify.Issue{ID: reason.IssueStorageFailing, About: "school/archive"}, nil, 1},
		"another plan's storage":   {notify.Issue{ID: reason.IssueStorageFailing, About: "other/videos"}, nil, 0},
		"a node without classes":   {notify.Issue{ID: reason.IssueServiceUnreachable, Blocking: true, Spares: func(app string) bool { return app == "app" }}, nil, 1},
		"the node that has them":   {notify.Issue{ID: reason.IssueServiceUnreachable, Blocking: true, Spares: func(app string) bool { return app != "app" }}, []string{"algebra", "german-a1"}, 1},
		"the page of one":          {notify.Issue{ID: reason.IssuePageFailing}, []string{"algebra"}, 0},
		"a doubt about a page":     {notify.Issue{ID: reason.IssuePageFailing, About: "school/algebra", Severity: plan.NotifyWarning}, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, oneHook)
				start := time.Now().Add(20 * time.Minute)
				for _, recording := range []string{"algebra", "german-a1"} {
					planned := class(recording, start, session.Planned)
					r.write(planned, planned, 0)
					if tt.issue.ID == reason.IssuePageFailing && tt.issue.About == "" && recording == "algebra" {
						tt.issue.About = planned.ID
					}
				}
				tt.issue.Severity = cmp.Or(tt.issue.Severity, plan.NotifyCritical)
				tt.issue.Since, tt.issue.Text = time.Now(), "it does not work"
				r.raise(tt.issue)
				pass(time.Minute)
				var atRisk []string
				for _, e := range r.receiver.events("class.at-risk") {
					atRisk = append(atRisk, e.Data.Occurrence.Recording)
				}
				slices.Sort(atRisk)
				if raised := len(r.receiver.events("health.raised")); !slices.Equal(atRisk, tt.atRisk) || raised != tt.raised {
					t.Errorf("told at risk: %v, want %v; raised %d times, want %d", atRisk, tt.atRisk, raised, tt.raised)
				}
				r.raise()
				pass(3 * time.Minute)
				if n := len(r.receiver.events("class.recovered")); n != len(tt.atRisk) {
					t.Errorf("%d are told as recovered", n)
				}
			})
		})
	}
}

// TestAMessageLeadsToThePage has a page whose address is known.
func TestAMessageLeadsToThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		r.close()
		r.link = func(occurrence string) string { return "https://rundown.school.example/class/" + occurrence }
		r.open()
		ended := r.ends("algebra", time.Now().Add(-time.Hour), session.Missed)
		r.raise(refused())
		pass(time.Minute)
		for kind, want := range map[string]string{"class.missed": r.link(ended.ID), "health.raised": r.link("")} {
			if got := r.receiver.events(kind); len(got) != 1 || got[0].Data.Link != want {
				t.Errorf("%s: %+v, want the link %s", kind, got, want)
			}
		}
	})
}

// TestAClosureIsToldOnceAndOfItsOwnClasses has a closure that cancels three classes, of which none was begun.
func TestAClosureIsToldOnceAndOfItsOwnClasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entry := func(name, more string) string {
			return fmt.Sprintf(`{name: %s, webhook: "http://127.0.0.1:1/%s", secret: "${HOOK_SECRET}"%s}`, name, name, more)
		}
		r := newRig(t, "notify: ["+strings.Join([]string{
			entry("default", ""), entry("all", ", severity: info"), entry("berlin", ", severity: info, labels: {campus: berlin}"),
			entry("owner", `, severity: info, for: "german-*"`), entry("latin", ", severity: info, for: latin"), entry("events", `, events: ["class.*"]`),
		}, ", ")+"]\n")
		err := r.store.Announce(t.Context(), nil, store.Announcement{ID: "evt_c", At: time.Now(), Kind: "order.given", Subject: "closure 3", Data: []byte(
			`{"order":"cancel","who":"ops","note":"snow","closing":{"closure":3,"covers":"all classes on Mon 2031-09-15 cancelled",
			"recordings":{"school/algebra":2,"school/german-a1":1,"other/art":5},"undo":"rundown cancel --on 2031-09-15 --undo"}}`)})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now().Add(time.Hour)
		for i, recording := range []string{"algebra", "algebra", "german-a1"} {
			s := class(recording, start.Add(time.Duration(i)*time.Hour), session.Ended)
			s.Outcome, s.EndedAt, s.Cancel = session.Cancelled, time.Now(), &session.Cancel{At: time.Now(), Who: "ops", Closure: 3}
			r.write(class(recording, s.Start, session.Planned), s, 0)
		}
		pass(time.Minute)
		got := map[string][]string{}
		for _, e := range r.receiver.events("") {
			if kind := strings.TrimPrefix(e.Type, "rundown."); kind == "order.given" {
				got[e.path[1:]] = append(got[e.path[1:]], e.Data.Text)
			} else if kind == "class.cancelled" {
				got[e.path[1:]] = append(got[e.path[1:]], kind)
			}
		}
		says := func(classes, of string) []string {
			return []string{"ops gave an order for many classes (closure 3): all classes on Mon 2031-09-15 cancelled: snow. It covers " + classes + " now, and those that a later plan adds. Classes of: " + of + "."}
		}
		want := map[string][]string{
			"all": says("3 classes", "algebra (2); german-a1 (1)"), "berlin": says("2 classes", "algebra (2)"), "owner": says("1 class", "german-a1 (1)"),
			"events": {"class.cancelled", "class.cancelled", "class.cancelled"},
		}
		if !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}
