package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

// TestARunningClassThatLeavesThePlanIsShown takes a class that is being recorded out of the plan: diff and apply tell of it
// before, the daemon's log warns, and status, show and history have it until it ends.
func TestARunningClassThatLeavesThePlanIsShown(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, "--start-after", "10ms")
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	begun := time.Now().UTC().Add(-time.Minute)
	later := "  later: {when: " + dated(begun.AddDate(0, 0, 60).Truncate(time.Hour), time.Hour/2) + "}\n"
	write(t, path, aroundNow+"  running: {when: "+dated(begun, 20*time.Minute)+"}\n"+later)
	daemon := start(t, "stderr", append(canaries, "RUNDOWN_TEST_WATCH=50ms 500ms 1h"), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.await(1, "state=recording")

	name := "running@" + begun.Format(time.DateOnly)
	until := begun.Add(20*time.Minute + time.Second).Format("15:04:05 MST")
	edited := filepath.Join(folder, "edited.yaml")
	write(t, edited, aroundNow+later)
	const head = "1 running class is no longer in the plan:\n"
	if _, out, said := command(t, "diff", edited, "--store", dsn); !strings.Contains(out, head+"  "+name+" is recorded until "+until+"; rundown cancel "+name+" stops it\n") {
		t.Errorf("diff does not tell:\n%s%s", out, said)
	}
	_, out, _ := command(t, "diff", edited, "--store", dsn, "--format", "json")
	if diff := decoded[differenceJSON](t, out); len(diff.Leaving) != 1 || !strings.HasPrefix(diff.Leaving[0].ID, "today/running/") {
		t.Errorf("diff: %+v", diff.Leaving)
	}
	if _, out, _ := command(t, "diff", path, "--store", dsn); strings.Contains(out, "running class") {
		t.Errorf("diff of the same plan:\n%s", out)
	}
	if _, out, said := command(t, "apply", edited, "--store", dsn); !strings.Contains(out, head) {
		t.Errorf("apply does not tell:\n%s%s", out, said)
	}
	daemon.await(1, "level=WARN", "no longer in the plan", "rundown cancel today/running/")
	eventually(t, 10*time.Second, "status marks the class", func() bool {
		_, out, _ := command(t, "status", "--store", dsn)
		return strings.Contains(out, "not in the active plan")
	})
	for _, args := range [][]string{{"status"}, {"show", name}, {"history", name}, {"history"}} {
		if _, out, said := command(t, append(args, "--store", dsn)...); !strings.Contains(out, "not in the active plan; recorded until "+until+"; rundown cancel ") {
			t.Errorf("%v does not tell:\n%s%s", args, out, said)
		}
	}
	_, out, _ = command(t, "status", "--store", dsn, "--format", "json")
	if st := decoded[statusJSON](t, out); len(st.Occurrences) != 1 || st.Occurrences[0].LeftPlan == nil || !st.Daemon.Running {
		t.Errorf("status: %s", out)
	}
	if _, out, said := command(t, "cancel", name, "--store", dsn); !strings.Contains(out, "will be cancelled") {
		t.Errorf("cancel: %s%s", out, said)
	}
	daemon.await(1, "state=ended")
	if _, out, _ := command(t, "status", "--store", dsn); strings.Contains(out, "not in the active plan") {
		t.Errorf("it has ended:\n%s", out)
	}
}

// statusJSON is what the tests read of status.
type statusJSON struct {
	Occurrences []view.Occurrence   `json:"occurrences"`
	Daemon      view.Daemon         `json:"daemon"`
	Health      []runner.Issue      `json:"health"`
	Problems    []view.Alert        `json:"problems"`
	Orders      []view.PendingOrder `json:"orders"`
}

func decoded[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// TestStatusSaysWhetherTheDaemonRuns asks before the first daemon, beside it, after it was killed and after one that ended.
func TestStatusSaysWhetherTheDaemonRuns(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	tomorrows(t, path, 1)
	says := func(want string, running bool) view.Daemon {
		t.Helper()
		if _, out, said := command(t, "status", "--store", dsn); !strings.Contains(out, "daemon: "+want) {
			t.Errorf("no %q in\n%s%s", want, out, said)
		}
		if _, out, _ := command(t, "doctor", "--offline", "--store", dsn); !strings.Contains(out, "  daemon: "+want) {
			t.Errorf("doctor: no %q in\n%s", want, out)
		}
		_, out, _ := command(t, "status", "--store", dsn, "--format", "json")
		st := decoded[statusJSON](t, out)
		if st.Daemon.Running != running || (st.Daemon.PID != nil) != running || (st.Daemon.Since != nil) != running {
			t.Errorf("%q: %+v", want, st.Daemon)
		}
		return st.Daemon
	}
	if status, _, said := command(t, "apply", path, "--store", dsn); status != StatusOK {
		t.Fatal(said)
	}
	says("not running (no daemon has used this store)", false)
	begin := func() *process {
		daemon := start(t, "stderr", canaries, "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
		daemon.await(1, "msg=running")
		if d := says(fmt.Sprintf("running (pid %d, since 20", daemon.cmd.Process.Pid), true); d.PID == nil || *d.PID != daemon.cmd.Process.Pid {
			t.Errorf("%+v", d)
		}
		return daemon
	}
	begin().end(syscall.SIGKILL)
	if d := says("not running (last seen ", false); d.LastSeen == nil {
		t.Errorf("%+v", d)
	}
	begin().end(syscall.SIGTERM)
	says("not running (last seen ", false)
}

// TestADaemonThatIsNotVisibleIsRunningWhileItGivesHeartbeats holds a store under a process number that nobody here has, as
// in a container that has the host name of its machine.
func TestADaemonThatIsNotVisibleIsRunningWhileItGivesHeartbeats(t *testing.T) {
	dsn := filledStore(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	s, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Beat(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".lock", []byte("2147483646\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		age     time.Duration
		running bool
		text    string
	}{
		{10 * time.Second, true, "running (pid 2147483646, not visible here, last seen 10s ago)"},
		{10 * time.Minute, false, "not running (last seen 10m0s ago; another process, pid 2147483646, not visible here, is using the store)"},
	} {
		_, out, _ := commandAt(t, noon.Add(tt.age), "status", "--store", dsn)
		if !strings.Contains(out, "daemon: "+tt.text+"\n") {
			t.Errorf("no %q in\n%s", tt.text, out)
		}
		_, out, _ = commandAt(t, noon.Add(tt.age), "status", "--store", dsn, "--format", "json")
		if d := decoded[statusJSON](t, out).Daemon; d.Running != tt.running || d.PID != nil {
			t.Errorf("%s: %s", tt.text, out)
		}
	}
}

// TestStatusShowsWhatIsDueByThePlanBeforeADaemonHasPlannedIt applies a plan to a new store: what is due comes from the plan,
// also after it is changed; what operators order is laid over it.
func TestStatusShowsWhatIsDueByThePlanBeforeADaemonHasPlannedIt(t *testing.T) {
	dsn, path := "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"), filepath.Join(t.TempDir(), "school.yaml")
	apply := func(recordings string) {
		t.Helper()
		write(t, path, strings.Replace(aroundNow, "name: today", "name: school", 1)+recordings)
		if status, _, said := rundown(t, "apply", path, "--store", dsn); status != StatusOK {
			t.Fatal(said)
		}
	}
	shows := func(want string) string {
		t.Helper()
		status, out, said := rundown(t, "status", "--store", dsn, "--format", "json")
		if status != StatusOK {
			t.Fatal(said)
		}
		var got []string
		for _, o := range decoded[statusJSON](t, out).Occurrences {
			got = append(got, o.Recording+" "+deref(o.Start)[11:16]+" "+deref(o.State))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("status shows %q, want %q", got, want)
		}
		_, out, _ = rundown(t, "status", "--store", dsn)
		return out
	}
	apply("  over: {when: 2031-09-17 10:00-11:00}\n  on: {when: 2031-09-17 11:30-12:30}\n  soon: {when: 2031-09-17 15:00-16:00}\n  far: {when: 2031-09-19 15:00-16:00}\n")
	out := shows("on 11:30 planned, soon 15:00 planned")
	for _, part := range []string{"  on@2031-09-17  planned  30m late\n", "  soon@2031-09-17  planned  in 3h00m\n", "its start has passed and no daemon is running", "no daemon has used this store"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	apply("  on: {when: 2031-09-17 11:30-12:30}\n  soon: {when: 2031-09-17 15:00-16:00, changes: {2031-09-17: {to: 16:00-17:00}}}\n  far: {when: 2031-09-19 15:00-16:00}\n")
	shows("on 11:30 planned, soon 16:00 planned")
	if status, _, said := rundown(t, "cancel", "soon@2031-09-17", "--store", dsn, "--reason", "room flooded"); status != StatusOK {
		t.Fatal(said)
	}
	if out := shows("on 11:30 planned, soon 16:00 planned"); !strings.Contains(out, "room flooded") {
		t.Errorf("the order is not shown:\n%s", out)
	}
}

// TestStatusOfADaemonThatIsDeadFollowsThePlanThatWasAppliedSince has a row that a daemon planned before it died.
func TestStatusOfADaemonThatIsDeadFollowsThePlanThatWasAppliedSince(t *testing.T) {
	dsn, path := filledStore(t), filepath.Join(t.TempDir(), "lingua.yaml")
	plan := strings.Replace(aroundNow, "name: today", "name: lingua", 1)
	write(t, path, plan+"  twice: {when: 2031-09-17 18:00-19:00}\n")
	if status, _, said := rundown(t, "apply", path, "--store", dsn); status != StatusOK {
		t.Fatal(said)
	}
	a := func(now time.Time) string {
		_, out, _ := commandAt(t, now, "status", "--store", dsn, "--format", "json")
		return recordingsOf(t, out)
	}
	daemon, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := a(noon.Add(10 * time.Second)); got != "stuck yesterday running twice twice twice" {
		t.Errorf("while a daemon is there: %s", got)
	}
	if err := daemon.Close(); err != nil {
		t.Fatal(err)
	}
	if got := a(noon.Add(10 * time.Second)); got != "stuck yesterday running twice" {
		t.Errorf("without a daemon: %s", got)
	}
}

// TestStatusOfADaemonThatIsDeadKeepsAnExtension has the row that a daemon leaves of a planned class that was extended, and
// the same class where no daemon had planned it yet.
func TestStatusOfADaemonThatIsDeadKeepsAnExtension(t *testing.T) {
	address, _ := serve(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	begins := time.Now().UTC().Add(2 * time.Hour).Truncate(time.Hour)
	if begins.Hour() > 20 { // the day of the end is the same
		begins = begins.Add(6 * time.Hour)
	}
	write(t, path, aroundNow+"  later: {when: "+dated(begins, time.Hour)+"}\n")
	daemon := start(t, "stderr", canaries, "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.await(1, "msg=running")
	if status, _, said := command(t, "extend", "later", "20m", "--store", dsn); status != StatusOK {
		t.Fatal(said)
	}
	daemon.await(1, `msg="order taken"`)
	daemon.end(syscall.SIGKILL)
	_, out, said := command(t, "status", "--store", dsn)
	if want := "extended to " + begins.Add(80*time.Minute).Format("Mon 2006-01-02 15:04:05 MST") + " by "; !strings.Contains(out, want) {
		t.Errorf("no %q in\n%s%s", want, out, said)
	}
	write(t, path, aroundNow+"  later: {when: "+dated(begins, time.Hour)+", changes: {"+begins.Format(time.DateOnly)+": {to: \""+
		begins.Add(15*time.Minute).Format("15:04")+"-"+begins.Add(75*time.Minute).Format("15:04")+"\"}}}\n")
	if status, _, said := command(t, "apply", path, "--store", dsn); status != StatusOK {
		t.Fatal(said)
	}
	_, out, said = command(t, "status", "--store", dsn)
	if want := "extended to " + begins.Add(95*time.Minute).Format("Mon 2006-01-02 15:04:05 MST") + " by "; !strings.Contains(out, want) {
		t.Errorf("after it was moved: no %q in\n%s%s", want, out, said)
	}
}

// commandAt runs the command line in this process at an instant, by its clock.
func commandAt(t *testing.T, now time.Time, args ...string) (status int, out, said string) {
	t.Helper()
	return command(t, append(args, "--now", now.Format(time.RFC3339))...)
}

// TestAClassIsFollowedByOneThatOverlapsIt has a class that is being recorded, and the plan has another one of the same
// recording in its place: in a part of its time, or at its end, where only padding overlaps.
func TestAClassIsFollowedByOneThatOverlapsIt(t *testing.T) {
	dsn, path := emptyStore(t), filepath.Join(t.TempDir(), "school.yaml")
	s, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	start := noon.Add(-30 * time.Minute)
	row := storetest.Row{Occurrence: store.Occurrence{
		ID: "school/german/" + start.UTC().Format(view.IdentityForm), Plan: "school", Recording: "german", Day: "2031-09-17", Clock: start.UTC().Format("15:04"),
		App: "app", Start: start, End: start.Add(time.Hour), State: "recording",
		Doc: []byte(`{"timezone":"UTC","until":"` + start.Add(time.Hour+time.Second).UTC().Format(time.RFC3339) + `"}`),
	}}
	if failures, err := storetest.Write(t.Context(), s, "app", row); err != nil || failures[0] != nil {
		t.Fatal(err, failures)
	}
	for _, step := range []struct {
		next time.Time
		told bool
	}{{noon.Add(20 * time.Minute), false}, {noon.Add(30 * time.Minute), true}} {
		write(t, path, strings.Replace(aroundNow, "name: today", "name: school", 1)+"  german: {when: "+dated(step.next.UTC(), time.Hour)+"}\n")
		if _, out, said := rundown(t, "diff", path, "--store", dsn); strings.Contains(out, "1 running class is no longer in the plan") != step.told {
			t.Errorf("with a class at %v it is to be told of: %v\n%s%s", step.next, step.told, out, said)
		}
	}
}

// TestAClassThatWasMovedWhileItWasRecordedIsShown has the rows that the runner leaves of one.
func TestAClassThatWasMovedWhileItWasRecordedIsShown(t *testing.T) {
	dsn := emptyStore(t)
	s, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id := "school/german/20310917T113000Z"
	start := noon.Add(4 * time.Hour)
	failures, err := storetest.Write(t.Context(), s, "app", []storetest.Row{{
		Occurrence: store.Occurrence{
			ID: id, Plan: "school", Recording: "german", Day: "2031-09-17", Clock: "11:30", App: "app", Start: start, End: start.Add(time.Hour),
			State: "planned", Doc: []byte(`{"timezone":"UTC","earlier_sessions":1}`),
		},
		Sessions: []store.Session{{Attempt: 1, App: "app", Cname: "german", UID: "1", State: "ended", Doc: []byte(`{"stopped_at":"2031-09-17T11:50:00Z"}`)}},
	}}...)
	for _, one := range append(failures, err) {
		if one != nil {
			t.Fatal(one)
		}
	}
	const want = "moved after its recording had begun: the earlier session stopped at Wed 2031-09-17 11:50:00 UTC, the class is planned again for Wed 2031-09-17 16:00 UTC"
	name := "german@2031-09-17"
	for _, args := range [][]string{{"status"}, {"history", "german"}, {"show", name}, {"history", name}} {
		if _, out, said := rundown(t, append(args, "--store", dsn)...); !strings.Contains(out, want) {
			t.Errorf("%v does not tell:\n%s%s", args, out, said)
		}
	}
	_, out, _ := rundown(t, "status", "--store", dsn, "--format", "json")
	if o := decoded[statusJSON](t, out).Occurrences[0]; o.Moved == nil || o.Moved.Sessions != 1 || deref(o.Moved.StoppedAt) != "2031-09-17T11:50:00.000Z" {
		t.Errorf("%+v", o.Moved)
	}
}

// TestStatusSaysThatADaemonIsSimulated for the store of a simulator alone: its classes look recorded, and no recording is anywhere.
func TestStatusSaysThatADaemonIsSimulated(t *testing.T) {
	t.Parallel()
	for service, simulated := range map[string]bool{"": false, "agora": false, "http://127.0.0.1:8090": false, "simulator": true} {
		dsn := emptyStore(t)
		s, err := store.Open(t.Context(), dsn, store.Options{Work: true, Service: service})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_, out, _ := command(t, "status", "--store", dsn)
		if got := strings.HasPrefix(out, "simulation: nothing is recorded at Agora\n"); got != simulated || !simulated && strings.Contains(out, "simulat") {
			t.Errorf("service %q: the first line is a simulation: %v\n%s", service, got, out)
		}
		_, out, _ = command(t, "status", "--store", dsn, "--format", "json")
		if got, has := decoded[map[string]any](t, out)["simulated"].(bool); !has || got != simulated {
			t.Errorf("service %q: simulated is %v, %v", service, got, has)
		}
	}
}
