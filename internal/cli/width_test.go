package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"rundown/docs"
	"rundown/internal/cli/render"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

// fits fails for each line that takes more than 80 columns without its URLs and paths.
func fits(t *testing.T, out string, args ...string) {
	t.Helper()
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if runewidth.StringWidth(line) <= render.UsualWidth {
			continue
		}
		rest := line
		for word := range strings.FieldsSeq(line) {
			if strings.Contains(word, "/") {
				rest = strings.Replace(rest, word, "", 1)
			}
		}
		if n := runewidth.StringWidth(rest); n > render.UsualWidth || n == runewidth.StringWidth(line) {
			t.Errorf("rundown %s: %d columns: %s", strings.Join(args, " "), runewidth.StringWidth(line), line)
		}
	}
}

// TestTextFits80Columns prints what ordinary plans and stores give.
func TestTextFits80Columns(t *testing.T) {
	t.Setenv("COLUMNS", "")
	shows := func(args ...string) {
		t.Helper()
		status, out, said := command(t, args...)
		if status == 2 || out == "" {
			t.Errorf("rundown %s: status %d: %s", strings.Join(args, " "), status, said)
		}
		fits(t, out, args...)
	}
	plans, err := filepath.Glob("../../examples/*.yaml")
	if err != nil || len(plans) < 4 {
		t.Fatalf("%v, %v", plans, err)
	}
	t.Chdir("../../examples")
	for i, path := range plans {
		name := filepath.Base(path)
		before := filepath.Base(plans[(i+1)%len(plans)])
		dsn := "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
		shows("validate", name, "--now", "2031-09-01")
		shows("list", name, "--now", "2031-09-01", "--until", "2031-12-31", "--cancelled")
		shows("forecast", name, "--now", "2031-09-01")
		shows("diff", before, name, "--now", "2031-09-01")
		shows("diff", name, before, "--now", "2031-09-01", "--prices", "hd=1400,full_hd=2800,free=0")
		if status, out, said := command(t, "apply", name, "--store", dsn); status != StatusOK {
			t.Fatal(said)
		} else {
			fits(t, out, "apply", name)
		}
		for hour := 0; hour < 9*24; hour += 5 { // each hour of the day comes up
			now := time.Date(2031, 9, 12, hour, 0, 0, 0, time.UTC)
			_, out, _ := commandAt(t, now, "status", "--store", dsn)
			fits(t, out, "status", name)
			if hour%24 >= 5 {
				continue // once a day
			}
			_, out, _ = commandAt(t, now, "list", name, "--until", now.Format(time.DateOnly), "--format", "csv")
			for line := range strings.Lines(out) {
				if id, _, _ := strings.Cut(line, ","); id != "id" {
					shows("show", id, name, "--store", "sqlite:none.db")
					break
				}
			}
		}
		shows("doctor", name, "--offline", "--store", dsn)
		shows("history", "--plans", "--store", dsn)
		shows("diff", before, "--store", dsn, "--now", "2031-09-01")
	}
}

// TestFindingsFit80Columns validates every plan that breaks a rule.
func TestFindingsFit80Columns(t *testing.T) {
	t.Setenv("COLUMNS", "")
	plans, err := filepath.Glob("../../plan/testdata/err/*.yaml")
	if err != nil || len(plans) < 50 {
		t.Fatalf("%d plans, %v", len(plans), err)
	}
	t.Chdir("../../plan/testdata/err")
	for _, path := range plans {
		_, out, _ := rundown(t, "validate", filepath.Base(path))
		fits(t, out, "validate", filepath.Base(path))
	}
}

// TestTextOfAStoreFits80Columns prints a store with all that can be said of classes, sessions and revisions.
func TestTextOfAStoreFits80Columns(t *testing.T) {
	t.Setenv("COLUMNS", "")
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
	s, err := store.Open(t.Context(), dsn, store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const reason = "recorded from 2031-09-17 13:59:25+02:00 (start reported by the service) to 2031-09-17 14:52:00+02:00; session 1: start went without an answer (request id 0123456789abcdef)"
	docs := []string{
		`{"timezone":"Europe/Madrid"}`,
		`{"timezone":"Europe/Madrid","absent":true,"until":"2031-09-17T12:52:00Z"}`,
		`{"timezone":"Europe/Madrid","earlier_sessions":1}`,
		`{"timezone":"Europe/Madrid","cancel":{"who":"the caretaker","reason":"the room is flooded and nobody can go in before Friday"}}`,
		`{"timezone":"Europe/Madrid","extended":{"until":"2031-09-17T13:15:00Z","who":"the caretaker","reason":"the exam takes longer than was planned"}}`,
	}
	var steps []storetest.Row
	for i, state := range []string{"planned", "starting", "recording", "stopping", "ended"} {
		for j, doc := range docs {
			start := noon.Add(-10 * time.Minute)
			name := fmt.Sprintf("mathematics-%d%d", i, j)
			o := store.Occurrence{
				ID: "school/" + name + "/" + start.Format(view.IdentityForm), Plan: "school", Recording: name, Day: "2031-09-17", Clock: "13:50", App: "app",
				URL: "https://school.example/" + name, Start: start, End: start.Add(time.Hour), State: state, Doc: []byte(doc),
			}
			if state == "ended" {
				o.Outcome, o.Reason = "partial", reason
			}
			steps = append(steps, storetest.Row{
				Occurrence: o,
				Sessions: []store.Session{{
					Attempt: 1, App: "app", Cname: name, UID: "2541276540", ResourceID: strings.Repeat("r", 60), SID: strings.Repeat("5", 32), State: "ended",
					Doc: []byte(`{"stopped_at":"2031-09-17T11:55:00Z"}`),
				}},
				Events: []store.Event{{Occurrence: o.ID, At: noon, Kind: "decision", Who: "the caretaker", Text: reason}},
			})
		}
	}
	failures, err := storetest.Write(t.Context(), s, "app", steps...)
	for _, one := range append(failures, err) {
		if one != nil {
			t.Fatal(one)
		}
	}
	for i, state := range []store.RevisionState{store.RevisionGiven, store.RevisionRefused, store.RevisionWaiting} {
		r := store.Revision{At: noon, Plan: "school", Path: "school.yaml", Hash: strings.Repeat(fmt.Sprint(i), 64), Commit: strings.Repeat("c", 40), Who: "caretaker", State: state, Note: reason}
		if _, err := s.AddRevision(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"status"}, {"history"}, {"history", "--plans"}, {"doctor", "--offline"}} {
			_, out, _ := rundown(t, append(args, "--store", dsn)...)
			fits(t, out, args...)
		}
	}
	for _, step := range steps {
		for _, command := range []string{"show", "history"} {
			status, out, said := rundown(t, command, step.Occurrence.ID, "--store", dsn)
			if status != StatusOK {
				t.Fatal(said)
			}
			fits(t, out, command, step.Occurrence.ID)
		}
	}
	status, out, said := rundown(t, "status", "--store", dsn)
	if status != StatusOK || strings.Contains(out, "school/") || !strings.Contains(out, " mathematics-00@2031-09-17 ") {
		t.Errorf("status names classes otherwise than list:\n%s%s", out, said)
	}
}

// outbox is a store with messages that were sent, dropped and are tried again.
func outbox(t *testing.T) (dsn string) {
	t.Helper()
	dsn, s := healthy(t)
	const result = "the target answers HTTP 503 (Service Unavailable), and says that it is being maintained until tomorrow morning"
	for i, state := range []store.MessageState{store.MessageSent, store.MessageWaiting, store.MessageDropped} {
		m := store.Message{
			ID: fmt.Sprintf("evt_%d", i), Target: "school/caretaker", Kind: "class.missed", Plan: "school", Subject: "school/mathematics-for-all/20310917T120000Z",
			Severity: "critical", At: noon, Due: noon, Tries: 3, State: state, Result: result, Body: []byte(`{}`),
		}
		if err := s.Post(t.Context(), store.Routed{Messages: []store.Message{m}}); err != nil {
			t.Fatal(err)
		}
	}
	return dsn
}

// farPlan is a plan in a folder with a long name.
func farPlan(t *testing.T) (path string) {
	t.Helper()
	text, err := os.ReadFile("../../examples/quickstart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "plan.yaml")
	write(t, path, string(text))
	return path
}

// TestAPipeGetsWholeLines prints what a terminal breaks at its width: a program that reads it finds each thing on one line.
func TestAPipeGetsWholeLines(t *testing.T) {
	t.Setenv("COLUMNS", "")
	dsn, plan := emptyStore(t), farPlan(t)
	prints := func(args ...string) string {
		t.Helper()
		status, out, said := command(t, args...)
		if status != StatusOK {
			t.Fatal(args, said)
		}
		return out
	}
	prints("apply", plan, "--store", dsn)
	for _, order := range [][]string{
		{"extend", "english-b2@2031-09-23", "15m", "--reason", "the exam takes longer than was planned"},
		{"extend", "english-b2@2031-09-23", "--undo"},
		{"cancel", "english-b2@2031-09-23", "--reason", "the heating failed in all of the rooms"},
	} {
		if out := prints(append(order, "--store", dsn)...); strings.Count(out, "\n") != 1 || len(out) < render.UsualWidth {
			t.Errorf("rundown %s: %s", strings.Join(order, " "), out)
		}
	}
	day := []string{"cancel", "--on", "2031-09-24", "--recording", "lingua/german-*", "--yes", "--store", dsn, "--reason", "the heating failed in all of the rooms"}
	prints(day...)
	if out := prints(append(day, "--undo")...); strings.Count(out, "\n") != 2 { // what ends, and that it has ended
		t.Errorf("the day: %s", out)
	}
	if out := prints("notify", "list", "--all", "--store", outbox(t)); strings.Count(out, "\n") != 6 {
		t.Errorf("the outbox: %s", out)
	}
	if out, want := prints("show", "german-a1@2031-09-17", plan, "--store", "sqlite:none.db"), "  "+plan+":17\n"; !strings.Contains(out, "?role=recorder ") || !strings.Contains(out, want) {
		t.Errorf("want %s%s", want, out)
	}
	list := prints("rules")
	for _, r := range allRules() {
		row := slices.IndexFunc(strings.Split(list, "\n"), func(line string) bool {
			return strings.HasPrefix(line, r.ID+" ") && strings.HasSuffix(line, r.Statement)
		})
		if section, _ := docs.Rule(r.ID); row < 0 || prints("rules", r.ID) != r.ID+"\n\n"+section {
			t.Errorf("%s is not on one line of the list, or its section is not that of the manual", r.ID)
		}
	}
}

// TestHelpFits80Columns reads the help of every command.
func TestHelpFits80Columns(t *testing.T) {
	t.Setenv("COLUMNS", "")
	var help func(cmd *cobra.Command, names []string)
	help = func(cmd *cobra.Command, names []string) {
		status, out, said := rundown(t, append(names, "--help")...)
		if status != StatusOK || !strings.Contains(out, "Examples:") {
			t.Errorf("rundown %s --help: status %d, %s%s", strings.Join(names, " "), status, out, said)
		}
		fits(t, out, append(names, "--help")...)
		for _, c := range cmd.Commands() {
			if c.Name() != "completion" && c.Name() != "help" { // cobra's own
				help(c, append(slices.Clone(names), c.Name()))
			}
		}
	}
	help(newRootCommand(newApp(Streams{})), nil)
}
