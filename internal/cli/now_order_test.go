package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

// atNoon is a command line for which it is noon.
func atNoon() *app {
	a := newApp(Streams{Out: io.Discard, Err: io.Discard})
	a.clock = func() time.Time { return noon }
	a.flags.logFormat, a.flags.logLevel = "text", "info"
	return a
}

// TestAClassThatItsPlanDoesNotHoldIsShownWithoutAnError has one that was recorded by now.
func TestAClassThatItsPlanDoesNotHoldIsShownWithoutAnError(t *testing.T) {
	dsn, s := healthy(t)
	path := filepath.Join(t.TempDir(), "school.yaml")
	write(t, path, strings.Replace(aroundNow, "name: today", "name: school", 1)+"  art: {when: 2031-09-18 13:00-14:00}\n")
	if status, _, said := rundown(t, "apply", path, "--store", dsn); status != StatusOK {
		t.Fatal(said)
	}
	start := noon.Add(-3 * time.Hour)
	put(t, s, store.Occurrence{Recording: "art", Start: start, State: "ended", Outcome: "recorded"})
	want := "note: the plan file " + path + " has no such class, so its settings are not shown\n"
	if status, out, said := rundown(t, "show", "school/art/"+start.Format(view.IdentityForm), "--store", dsn); status != StatusOK || said != want || !strings.Contains(out, "\nrecord\n") {
		t.Errorf("status %d, said %s%s", status, said, out)
	}
}

// TestNowNamesTheFileOfTheActivePlan gives a copy of the file that was applied.
func TestNowNamesTheFileOfTheActivePlan(t *testing.T) {
	dsn, s := healthy(t)
	folder := t.TempDir()
	applied, other := filepath.Join(folder, "school.yaml"), filepath.Join(folder, "copy.yaml")
	text := strings.Replace(aroundNow, "name: today", "name: school", 1) + "  art: {when: 2031-09-18 13:00-14:00}\n"
	write(t, applied, text)
	write(t, other, text)
	for _, name := range canaries {
		name, value, _ := strings.Cut(name, "=")
		t.Setenv(name, value)
	}
	if status, _, said := rundown(t, "apply", applied, "--store", dsn); status != StatusOK {
		t.Fatal(said)
	}
	if _, err := s.Heartbeat(t.Context(), time.Now(), []string{"0123456789abcdef0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	want := "which was applied from " + applied + ": give that file, or apply this one first (rundown apply " + other + ")\n"
	if status, _, said := command(t, "now", other, "art", "--for", "1s", "--store", dsn); status != StatusTrouble || !strings.HasSuffix(said, want) {
		t.Errorf("status %d, said %swant %s", status, said, want)
	}
	if err := errors.Join(os.Remove(applied), os.Symlink(applied, applied)); err != nil { // it is there and cannot be read
		t.Fatal(err)
	}
	if status, _, said := command(t, "now", other, "art", "--for", "1s", "--store", dsn); status != StatusTrouble || !strings.HasSuffix(said, want) {
		t.Errorf("without a look at the file: status %d, said %swant %s", status, said, want)
	}
	if err := os.Remove(applied); err != nil { // as where it was applied on another machine
		t.Fatal(err)
	}
	want = "which was applied from " + applied + ", a file that this machine does not have: apply this one first (rundown apply " + other + ")\n"
	if status, _, said := command(t, "now", other, "art", "--for", "1s", "--store", dsn); status != StatusTrouble || !strings.HasSuffix(said, want) {
		t.Errorf("without the file: status %d, said %swant %s", status, said, want)
	}
}

// TestNowRefusesAPageThatIsToBeRecordedNow asks for a page that was asked for before, and that no daemon has begun to record.
func TestNowRefusesAPageThatIsToBeRecordedNow(t *testing.T) {
	t.Parallel()
	a := atNoon()
	plans, err := a.soundPlans([]string{"../../examples/quickstart.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	p := plans[0].Plan
	ask := func(rows ...store.Occurrence) ([]string, error) {
		occurrences, _, err := a.occurrencesNow(p, p.Recordings[:1], time.Hour, nowMargin, rows)
		if err != nil {
			return nil, err
		}
		return []string{occurrences[0].ID, occurrences[0].URL.String()}, nil
	}
	first, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		origin, doc string
		end         time.Duration // from now
		refused     bool
	}{
		"asked for now":       {runner.OriginNow, "{}", time.Hour, true},
		"cancelled":           {runner.OriginNow, `{"cancel":{"who":"ops"}}`, time.Hour, false},
		"over":                {runner.OriginNow, "{}", 0, false},
		"a class ahead of us": {"", "{}", time.Hour, false},
	} {
		row := store.Occurrence{ID: first[0], URL: first[1], State: string(session.Planned), Start: noon, End: noon.Add(tt.end), Origin: tt.origin, Doc: []byte(tt.doc)}
		if _, err := ask(row); (err != nil) != tt.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnInterruptedNowCancelsOnceTheStoreTakesIt has the store fail when now is interrupted.
func TestAnInterruptedNowCancelsOnceTheStoreTakesIt(t *testing.T) {
	t.Parallel()
	dsn, id := extendedRow(t, "planned", noon, noon.Add(time.Hour), map[string]any{})
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := atNoon()
	run := a.newNowRun(nil)
	defer run.show.Close()
	run.open[id] = true
	f := &nowFollower{nowOrder: &nowOrder{a: a, s: s, ids: []string{id}}, run: run, told: map[string]session.Phase{}}
	run.by = f
	failing, fail := context.WithCancel(t.Context())
	fail()
	run.cancel(failing)
	if !run.open[id] {
		t.Error("the recording is not waited for any more")
	}
	for range 2 {
		if err := f.look(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if orders, err := s.OrdersFor(t.Context(), id); err != nil || len(orders) != 1 || orders[0].Kind != session.CommandCancel || !orders[0].CarriedOut() {
		t.Errorf("ordered %+v, %v", orders, err)
	}
}

// TestNowGoesByTheAppIDOfTheDaemon has a shell with a variable that is not that of the daemon.
func TestNowGoesByTheAppIDOfTheDaemon(t *testing.T) {
	t.Parallel()
	dsn := emptyStore(t)
	daemon, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer daemon.Close()
	if _, err := daemon.Heartbeat(t.Context(), noon, []string{"of-the-daemon"}); err != nil {
		t.Fatal(err)
	}
	a := atNoon()
	a.env = func(name string) (string, bool) { return "of-the-shell", name == "AGORA_APP_ID" }
	plans, err := a.soundPlans([]string{"../../examples/quickstart.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	recordings := plans[0].Plan.Recordings[:1]
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ask := func() (app string, served bool, err error) {
		n := &nowOrder{a: a, s: s, apps: map[*plan.App]string{}}
		if n.daemons, err = servedApps(t.Context(), s, noon); err != nil {
			t.Fatal(err)
		}
		if err := n.findApps(t.Context(), plans[0], recordings); err != nil {
			t.Fatal(err)
		}
		served, err = n.served(recordings)
		return n.apps[recordings[0].App], served, err
	}
	if app, served, err := ask(); err == nil || !strings.Contains(err.Error(), "does not work on the App ID of german-a1") {
		t.Errorf("an order for App ID %s, on which no daemon works: served %v, %v", app, served, err)
	}
	row := store.Occurrence{
		ID: "lingua/german-a1/20310917T170000Z", Plan: "lingua", Recording: "german-a1", App: "of-the-daemon", State: string(session.Planned),
		Start: noon.Add(time.Hour), End: noon.Add(2 * time.Hour), Doc: []byte(`{"app_name":"main"}`),
	}
	if results, err := storetest.Write(t.Context(), daemon, "of-the-daemon", storetest.Row{Occurrence: row}); err != nil || results[0] != nil {
		t.Fatal(results, err)
	}
	if app, served, err := ask(); err != nil || !served || app != "of-the-daemon" {
		t.Errorf("the order is for App ID %s, served %v, %v", app, served, err)
	}
}

// TestAShellWithAWrongClockSeesTheDaemons has the clock of a command be hours off that of the database.
func TestAShellWithAWrongClockSeesTheDaemons(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	daemon, err := store.Open(t.Context(), dsn, store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer daemon.Close()
	if err := daemon.SetHealth(t.Context(), time.Now(), []byte("[]")); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, off := range []time.Duration{-3 * time.Hour, 0, 3 * time.Hour} {
		if _, err := daemon.Heartbeat(t.Context(), time.Now(), []string{"app"}); err != nil {
			t.Fatal(err)
		}
		clock := time.Now().Add(off)
		if apps, err := servedApps(t.Context(), s, clock); err != nil || !apps["app"] {
			t.Errorf("%v off: daemons work on %v, %v", off, apps, err)
		}
		if nodes, err := view.ReadNodes(t.Context(), s, clock); err != nil || len(nodes) != 1 || !nodes[0].Alive {
			t.Errorf("%v off: the nodes are %+v, %v", off, nodes, err)
		}
		if reports, err := view.ReadReports(t.Context(), s, clock); err != nil || len(reports) != 1 {
			t.Errorf("%v off: the reports are %+v, %v", off, reports, err)
		}
		if d, err := view.ReadDaemon(t.Context(), s, clock); err != nil || !d.Running() {
			t.Errorf("%v off: the daemon is %s, %v", off, d.Text(), err)
		}
	}
}
