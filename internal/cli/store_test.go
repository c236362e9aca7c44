package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

var noon = time.Date(2031, 9, 17, 12, 0, 0, 0, time.UTC)

// filledStore makes a store as a daemon would have left it at noon of 2031-09-17.
func filledStore(t *testing.T) (dsn string) {
	t.Helper()
	dsn = "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
	s, err := store.Open(t.Context(), dsn, store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	row := func(recording string, start time.Time, state, outcome string) storetest.Row {
		start = start.UTC()
		id := "lingua/" + recording + "/" + start.Format(view.IdentityForm)
		local := start.In(zone(t, "Europe/Madrid"))
		return storetest.Row{
			Occurrence: store.Occurrence{
				ID: id, Plan: "lingua", Recording: recording, Day: local.Format(time.DateOnly), Clock: local.Format("15:04"), App: "app",
				URL: "https://lingua.example/rooms/" + recording, Start: start, End: start.Add(time.Hour), State: state, Outcome: outcome,
			},
			Sessions: []store.Session{{Attempt: 1, App: "app", Cname: recording, UID: "1", State: state, Doc: []byte(`{}`)}},
			Events:   []store.Event{{Occurrence: id, At: start, Kind: "state", Text: "became " + state}},
		}
	}
	failures, err := storetest.Write(t.Context(), s, "app", []storetest.Row{
		row("last-month", noon.AddDate(0, -1, 0), "ended", "recorded"),
		row("stuck", noon.AddDate(0, 0, -3), "stopping", ""),
		row("yesterday", noon.Add(-24*time.Hour), "ended", "partial"),
		row("running", noon.Add(-10*time.Minute), "recording", ""),
		row("twice", noon.Add(time.Hour), "planned", ""),
		row("twice", noon.Add(3*time.Hour), "planned", ""),
		row("day-after", noon.Add(25*time.Hour), "planned", ""),
	}...)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range failures {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Beat(t.Context(), noon.Add(-5*time.Second)); err != nil {
		t.Fatal(err)
	}
	return dsn
}

func rundown(t *testing.T, args ...string) (status int, out, said string) {
	t.Helper()
	var o, e strings.Builder
	status = Main(t.Context(), append(args, "--now", noon.Format(time.RFC3339)), Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

func recordingsOf(t *testing.T, text string) string {
	t.Helper()
	var v struct {
		Occurrences []struct{ Recording string } `json:"occurrences"`
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	var names []string
	for _, o := range v.Occurrences {
		names = append(names, o.Recording)
	}
	return strings.Join(names, " ")
}

func TestStatusShowsADayAroundNowAndWhateverIsStillOpen(t *testing.T) {
	dsn := filledStore(t)
	status, out, said := rundown(t, "status", "--store", dsn, "--format", "json")
	if got := recordingsOf(t, out); status != StatusOK || got != "stuck yesterday running twice twice" {
		t.Errorf("status %d shows %q, said %q", status, got, said)
	}
	if !strings.Contains(out, `"start": "2031-09-17T13:50:00+02:00"`) {
		t.Errorf("no start with the zone's offset in %s", out)
	}
	_, out, _ = rundown(t, "status", "--store", dsn)
	if !strings.Contains(out, "daemon: not running (last seen 5s ago)\n") {
		t.Errorf("no beat in %s", out)
	}
}

func TestStatusSaysOfWhatIsOverdueThatNobodyWorksOnIt(t *testing.T) {
	dsn := filledStore(t)
	for _, one := range []struct {
		now  time.Time // the last heartbeat of a daemon, which has ended, came 5 s before noon
		want string
	}{
		{noon.Add(10 * time.Second), "stuck: its end has passed and no daemon is running, yesterday:, running: no daemon is running, twice:, twice:"},
		{noon.Add(55 * time.Minute), "stuck: its end has passed and no daemon is running, yesterday:, running: its end has passed and no daemon is running, twice:, twice:"},
		{noon.Add(60 * time.Minute), "stuck: its end has passed and no daemon is running, running: its end has passed and no daemon is running, " +
			"twice: its start has passed and no daemon is running, twice:"},
	} {
		status, out, _ := commandAt(t, one.now, "status", "--store", dsn, "--format", "json")
		var said []string
		for _, o := range decoded[statusJSON](t, out).Occurrences {
			said = append(said, strings.TrimSpace(o.Recording+": "+deref(o.Reason)))
		}
		if status != StatusOK {
			t.Errorf("status %d", status)
		}
		if got := strings.Join(said, ", "); got != one.want {
			t.Errorf("at %s it says %q, want %q, in\n%s", one.now.Format(time.TimeOnly), got, one.want, out)
		}
	}
}

func TestHistoryShowsWhatHasBegun(t *testing.T) {
	dsn := filledStore(t)
	_, out, _ := rundown(t, "history", "--store", dsn, "--format", "json")
	if got := recordingsOf(t, out); got != "last-month stuck yesterday running" {
		t.Errorf("history shows %q", got)
	}
	status, out, said := rundown(t, "history", "yesterday@2031-09-16", "--store", dsn)
	if status != StatusOK || !strings.Contains(out, "became ended") || !strings.Contains(out, "partial") {
		t.Errorf("status %d, %s%s", status, out, said)
	}
}

func TestCancelLeavesAnOrderForWhoeverWorksOnTheStore(t *testing.T) {
	dsn := filledStore(t)
	if status, _, said := rundown(t, "cancel", "running@2031-09-17", "--store", dsn, "--reason", "room flooded"); status != StatusOK {
		t.Fatal(said)
	}
	for _, args := range [][]string{{"status"}, {"history"}, {"history", "running"}, {"history", "running@2031-09-17"}, {"show", "running"}} {
		if _, out, _ := rundown(t, append(args, "--store", dsn)...); !strings.Contains(out, ": room flooded, which no daemon has carried out yet") {
			t.Errorf("%s does not tell of the order:\n%s", strings.Join(args, " "), out)
		}
	}
	if status, _, said := rundown(t, "cancel", "lingua/running/20310917T115000Z", "--store", dsn, "--undo"); status != StatusOK {
		t.Fatal(said)
	}
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	orders, err := s.Commands(t.Context())
	if err != nil || len(orders) != 2 {
		t.Fatalf("%d orders, %v", len(orders), err)
	}
	for i, kind := range []string{"cancel", "uncancel"} {
		o := orders[i]
		if o.Kind != kind || o.Occurrence != "lingua/running/20310917T115000Z" || o.Who == "" || o.At.IsZero() {
			t.Errorf("order %d: %+v", i, o)
		}
	}
	if orders[0].Reason != "room flooded" {
		t.Errorf("reason %q", orders[0].Reason)
	}
}

func TestOrdersThatNobodyCanCarryOutAreRefused(t *testing.T) {
	dsn := filledStore(t)
	for _, c := range []struct{ id, want string }{
		{"absent@2031-09-17", "no class absent@2031-09-17"},
		{"twice@2031-09-17", "matches 2 classes, name one of them: twice@2031-09-17T15:00, twice@2031-09-17T17:00"},
		{"yesterday@2031-09-16", "has ended already: partial"},
	} {
		status, _, said := rundown(t, "cancel", c.id, "--store", dsn)
		if status != StatusTrouble || !strings.Contains(said, c.want) {
			t.Errorf("cancel %s: status %d, said %q", c.id, status, said)
		}
	}
	for _, id := range []string{"twice@2031-09-17T1", "twice@2031-09-17T15:00:3"} {
		if status, _, said := rundown(t, "cancel", id, "--store", dsn); status != StatusTrouble || !strings.Contains(said, "write the time as in") {
			t.Errorf("a time that is cut off: status %d, said %q", status, said)
		}
	}
	if status, _, said := rundown(t, "cancel", "twice@2031-09-17T15:00", "--store", dsn); status != StatusOK {
		t.Errorf("the time tells two classes of a day apart: %s", said)
	}
}

func TestShowGoesFromTheStoreToThePlan(t *testing.T) {
	dsn := filledStore(t)
	path := filepath.Join(t.TempDir(), "plan.yaml")
	write(t, path, `version: 1
name: lingua
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {v: {vendor: s3, region: eu-central-1, bucket: b-lingua, access_key: "${A}", secret_key: "${S}"}}
recordings:
  running: {when: 2031-09-17 13:50-14:50, timezone: Europe/Madrid, url: "https://lingua.example/rooms/running"}
`)
	s, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddRevision(t.Context(), store.Revision{At: noon, Plan: "lingua", Path: path, Hash: "1"}); err != nil {
		t.Fatal(err)
	}
	s.Close()

	status, out, said := rundown(t, "show", "running@2031-09-17", "--store", dsn)
	for _, want := range []string{"Europe/Madrid", path + ":7", "record\n", "became recording"} {
		if status != StatusOK || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q in\n%s%s", status, want, out, said)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	status, out, said = rundown(t, "show", "running@2031-09-17", "--store", dsn)
	if status != StatusOK || !strings.Contains(out, "became recording") || !strings.Contains(said, "no longer exists") {
		t.Errorf("without its plan: status %d\n%s%s", status, out, said)
	}
}
