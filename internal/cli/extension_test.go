package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

// extendedRow stores one class, tomorrow, with what the runner says of it.
func extendedRow(t *testing.T, state string, start, end time.Time, doc map[string]any) (dsn, id string) {
	t.Helper()
	dsn = "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
	s, err := store.Open(t.Context(), dsn, store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	doc["timezone"], doc["start"], doc["end"] = "UTC", start, end
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	id = "school/german/" + start.Format(view.IdentityForm)
	row := store.Occurrence{ID: id, Plan: "school", Recording: "german", Day: start.Format(time.DateOnly), Clock: start.Format("15:04"), App: "app", Start: start, End: end, State: state, Doc: text}
	results, err := storetest.Write(t.Context(), s, "app", []storetest.Row{{Occurrence: row}}...)
	if err != nil || results[0] != nil {
		t.Fatal(results, err)
	}
	return dsn, id
}

// TestAnExtensionWithoutEffectIsNotShownAsInForce has the plan end a class later than an operator ordered, and move one.
func TestAnExtensionWithoutEffectIsNotShownAsInForce(t *testing.T) {
	start := noon.UTC().Truncate(time.Hour).Add(time.Hour)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	known := func(until int) session.Extension {
		return session.Extension{Until: at(until), Start: at(0), End: at(50), At: noon, Who: "ops", Reason: "the exam"}
	}
	moved := known(65)
	moved.Until, moved.Start, moved.End = moved.Until.AddDate(0, 0, -1), moved.Start.AddDate(0, 0, -1), moved.End.AddDate(0, 0, -1)
	unknown := known(65)
	unknown.Until, unknown.Start, unknown.End = at(-600), time.Time{}, time.Time{}
	for name, tt := range map[string]struct {
		extension session.Extension
		end       int
		planEnd   int       // 0: as the end
		until     time.Time // zero: without effect
	}{
		"in force":                         {known(65), 65, 50, at(65)},
		"in force, the plan's end moved":   {known(65), 65, 60, at(65)},
		"the plan ends later":              {known(65), 90, 0, time.Time{}},
		"the plan ends at the same time":   {known(65), 65, 0, time.Time{}},
		"moved with its class":             {moved, 65, 50, at(65)},
		"moved away from it":               {unknown, 50, 0, time.Time{}},
		"moved, and the plan ends it late": {moved, 90, 0, at(105)},
	} {
		t.Run(name, func(t *testing.T) {
			doc := map[string]any{"extended": tt.extension}
			end := at(tt.end)
			if tt.planEnd != 0 {
				doc["plan_end"] = at(tt.planEnd)
			}
			if !tt.until.IsZero() {
				end = tt.until
				if tt.planEnd == 0 {
					doc["plan_end"] = at(tt.end)
				}
			}
			dsn, id := extendedRow(t, "planned", start, end, doc)
			_, list, said := rundown(t, "status", "--store", dsn)
			_, show, _ := rundown(t, "show", id, "--store", dsn)
			_, text, _ := rundown(t, "status", "--store", dsn, "--format", "json")
			var v struct {
				Occurrences []struct {
					Extended *struct{ Until string }
				}
			}
			if err := json.Unmarshal([]byte(text), &v); err != nil || len(v.Occurrences) != 1 {
				t.Fatalf("%v: %s%s", err, text, said)
			}
			x, inForce := v.Occurrences[0].Extended, !tt.until.IsZero()
			if (x != nil) != inForce || x != nil && x.Until != tt.until.Format(time.RFC3339) && !strings.HasPrefix(x.Until, tt.until.Format("2006-01-02T15:04:05")) {
				t.Errorf("the JSON says %+v, want in force %v, to %v", x, inForce, tt.until)
			}
			if strings.Contains(list, "extended to") != inForce {
				t.Errorf("status says, in force %v:\n%s", inForce, list)
			}
			if !strings.Contains(show, "by ops: the exam") || strings.Contains(show, "without effect") == inForce {
				t.Errorf("show says, in force %v:\n%s", inForce, show)
			}
		})
	}
}

// TestAnExtensionOfOneClassIsTakenBack extends a class twice, takes that back, and asks for once more.
func TestAnExtensionOfOneClassIsTakenBack(t *testing.T) {
	start := noon.UTC().Truncate(time.Hour).Add(time.Hour)
	dsn, id := extendedRow(t, "planned", start, start.Add(50*time.Minute), map[string]any{})
	ends := func(minutes int) string {
		return "new end " + start.Add(time.Duration(minutes)*time.Minute).Format("15:04 ")
	}
	for i, step := range []struct {
		args []string
		want int
		says string
	}{
		{[]string{id, "15m"}, StatusOK, ends(65)},
		{[]string{id, "10m"}, StatusOK, ends(75)},
		{[]string{id, "--undo", "--reason", "a slip"}, StatusOK, "the extension is taken back, " + ends(65)},
		{[]string{id, "10m"}, StatusOK, ends(75)},
		{[]string{id, "--undo"}, StatusOK, ends(65)},
		{[]string{id, "--undo"}, StatusOK, ends(50)},
		{[]string{id, "--undo"}, StatusTrouble, "is not extended"},
		{[]string{id, "15m", "--undo"}, StatusTrouble, "unexpected argument"},
	} {
		status, out, said := rundownAt(t, append(append([]string{"extend"}, step.args...), "--store", dsn)...)
		if status != step.want || !strings.Contains(out+said, step.says) {
			t.Errorf("step %d, %v: status %d: %s%s; want %q", i, step.args, status, out, said, step.says)
		}
	}
}

// TestAMovedClassIsExtendedWhileItsEarlierSessionIsStopped orders an extension of a class whose plan has moved it and whose
// session of before is still being stopped.
func TestAMovedClassIsExtendedWhileItsEarlierSessionIsStopped(t *testing.T) {
	start := noon.UTC().Truncate(time.Hour).Add(3 * time.Hour)
	end := start.Add(50 * time.Minute)
	for name, tt := range map[string]struct {
		doc  map[string]any
		want int
		says string
	}{
		"moved":     {map[string]any{"earlier_sessions": 1}, StatusOK, "new end " + end.Add(15*time.Minute).Format("15:04 ")},
		"not moved": {map[string]any{}, StatusTrouble, "is being stopped already"},
	} {
		dsn, id := extendedRow(t, "stopping", start, end, tt.doc)
		if status, out, said := rundownAt(t, "extend", id, "15m", "--store", dsn); status != tt.want || !strings.Contains(out+said, tt.says) {
			t.Errorf("%s: status %d: %s%s", name, status, out, said)
		}
	}
}

// rundownAt runs a command that acts on the world as if it were noon.
func rundownAt(t *testing.T, args ...string) (status int, out, said string) {
	t.Helper()
	var o, e strings.Builder
	a := newApp(Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	a.clock = func() time.Time { return noon }
	root := newRootCommand(a)
	root.SetArgs(args)
	status = a.finish(root.ExecuteContext(t.Context()))
	return status, o.String(), e.String()
}
