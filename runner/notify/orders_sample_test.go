package notify_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
	"rundown/runner"
	"rundown/runner/closure"
	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
)

// orderedPlan has the class of the samples, and others.
const orderedPlan = `version: 1
name: lingua
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {videos: {vendor: s3, region: EU_WEST_1, bucket: lingua-videos, access_key: "${KEY}", secret_key: "${SECRET}"}}
defaults: {timezone: Europe/Madrid, url: "https://school.example/rooms/{id}"}
recordings:
  german-a1: {labels: {campus: berlin}, when: ["2031-09-17 19:00-19:50", "2031-09-17 20:00-20:50"]}
  latin: {labels: {campus: madrid}, when: "2031-09-17 19:00-19:50"}
`

// TestTheSamplesOfOrdersAreWhatOrdersAnnounce gives orders as the commands do. The documents are written from what they announce.
func TestTheSamplesOfOrdersAreWhatOrdersAnnounce(t *testing.T) {
	s, err := store.Open(t.Context(), ":memory:", store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	now := time.Date(2031, 9, 17, 9, 0, 0, 0, time.UTC)
	p := build.Loaded(t, plantest.Texts{"plan.yaml": orderedPlan})
	r, err := runner.NewRevision(p, "/etc/rundown/lingua.yaml", p.Files)
	if err != nil {
		t.Fatal(err)
	}
	r.At, r.Who = now, "ops"
	if _, err := s.AddRevision(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	id, err := view.ParseID("lingua/german-a1/20310917T170000Z")
	if err != nil {
		t.Fatal(err)
	}
	give := func(order func(view.Class, operate.Operator) (operate.Answer, error), why string) {
		t.Helper()
		now = now.Add(time.Minute)
		class, err := view.NewFinder(s, now).Class(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := order(class, operate.Operator{Who: "ops", Why: why, Now: now}); err != nil {
			t.Fatal(err)
		}
	}
	give(func(c view.Class, by operate.Operator) (operate.Answer, error) {
		return operate.Extend(t.Context(), s, c, 15*time.Minute, by)
	}, "the guest is late")
	give(func(c view.Class, by operate.Operator) (operate.Answer, error) {
		return operate.Unextend(t.Context(), s, c, by)
	}, "")
	give(func(c view.Class, by operate.Operator) (operate.Answer, error) {
		return operate.Cancel(t.Context(), s, c, by)
	}, "room flooded")
	give(func(c view.Class, by operate.Operator) (operate.Answer, error) {
		return operate.Undo(t.Context(), s, c, by)
	}, "the room is dry")
	now = now.Add(time.Minute)
	snow := store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-17", Labels: map[string]string{"campus": "berlin"}, Who: "ops", Reason: "snow"}
	if snow, _, err = closure.Give(t.Context(), s, snow); err != nil {
		t.Fatal(err)
	}
	if _, err := closure.Undo(t.Context(), s, snow, operate.Operator{Who: "ops", Why: "it melts", Now: now.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	announced, err := s.Announcements(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var said []json.RawMessage
	for _, a := range announced {
		if a.Kind == "order.given" {
			said = append(said, a.Data)
		}
	}
	text, err := json.MarshalIndent(said, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	const path = "testdata/orders.json"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(path); err != nil || string(kept) != string(text) {
		t.Errorf("%s is not what orders announce (%v): go test ./runner/notify -run 'Samples' -update writes it, and then -run 'Document|Messages' -update", path, err)
	}
}
