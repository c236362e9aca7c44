package cli

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

// TestStatusShowsTheHealthOfARunningDaemon has an account that the service refuses and then a plan file with errors: status,
// --check, doctor, /readyz and the log tell of them, and stop once they are fixed.
func TestStatusShowsTheHealthOfARunningDaemon(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	faults := filepath.Join(folder, "faults.yaml")
	write(t, faults, "requests: [{endpoint: acquire, status: 401, times: 0}]\n")
	address, _ := serve(t, "--faults", faults)
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	whole := aroundNow + "  running: {title: Running water, when: " + dated(time.Now().UTC().Add(-time.Minute), 20*time.Minute) + "}\n"
	write(t, path, whole)
	listen := freeAddress(t)
	daemon := start(t, "stderr", append(canaries, "RUNDOWN_TEST_WATCH=20ms 200ms 20ms"), "run", path, "--store", dsn, "--api-url", address, "--listen", listen)
	daemon.await(1, "msg=running")

	shown := func(id reason.Code, want bool) func() bool {
		return func() bool {
			_, text, _ := command(t, "status", "--store", dsn)
			_, out, _ := command(t, "status", "--store", dsn, "--format", "json")
			status, problems, _ := command(t, "status", "--check", "--store", dsn)
			_, checks, _ := command(t, "doctor", "--offline", "--store", dsn)
			_, ready := health(listen, "/readyz")
			inJSON := false
			for _, issue := range decoded[statusJSON](t, out).Health {
				inJSON = inJSON || issue.ID == id
			}
			told := strings.Contains(text, "\nHEALTH\n") && strings.Contains(text, "  "+string(id)+" since ") && strings.Contains(problems, string(id)+": ") &&
				strings.Contains(checks, "health: "+string(id)) && strings.Contains(ready, string(id)+": ") && inJSON && status == StatusFindings
			silent := !strings.Contains(text+problems+checks+ready, string(id)) && !inJSON
			return want && told || !want && silent
		}
	}
	eventually(t, 30*time.Second, "the refused account is shown", shown(reason.IssueAccountRefused, true))
	if status, _ := health(listen, "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d while nothing can begin", status)
	}
	write(t, path, "version: 1\nname: today\n")
	eventually(t, 30*time.Second, "the plan with errors is shown", shown(reason.IssuePlanRejected, true))
	if _, text, _ := command(t, "status", "--check", "--store", dsn); !strings.Contains(text, "; rundown validate "+path+" lists its errors\n") {
		t.Errorf("of the plan with errors --check says\n%s", text)
	}
	write(t, path, whole)
	eventually(t, 30*time.Second, "the plan without errors is not", shown(reason.IssuePlanRejected, false))
	daemon.await(1, "level=ERROR", `msg="health issue raised" id=account-refused reason_code=account-refused about=`, "text=", "try=")
	daemon.end(syscall.SIGTERM)
	if n := strings.Count(daemon.output(), `msg="health issue raised" id=account-refused`); n != 1 {
		t.Errorf("the refused account is logged as raised %d times", n)
	}
	status, problems, _ := command(t, "status", "--check", "--store", dsn)
	if status != StatusFindings || !strings.HasPrefix(problems, "unattended: daemon: not running (last seen ") || strings.Contains(problems, "account-refused") {
		t.Errorf("without the daemon --check says, with status %d:\n%s", status, problems)
	}
}

// healthy is a store with a daemon that is seen, in which nothing is wrong.
func healthy(t *testing.T) (dsn string, s *store.Store) {
	t.Helper()
	dsn = emptyStore(t)
	s, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return dsn, s
}

// put writes classes of one App ID into a store: recording, start, state and outcome of each.
func put(t *testing.T, s *store.Store, classes ...store.Occurrence) {
	t.Helper()
	var steps []storetest.Row
	for _, o := range classes {
		o.ID, o.Plan, o.App, o.End = "school/"+o.Recording+"/"+o.Start.UTC().Format(view.IdentityForm), "school", "app", o.Start.Add(time.Hour)
		o.Day, o.Clock, o.Doc = o.Start.UTC().Format(time.DateOnly), o.Start.UTC().Format("15:04"), []byte(`{"timezone":"UTC"}`)
		steps = append(steps, storetest.Row{Occurrence: o})
	}
	failures, err := storetest.Write(t.Context(), s, "app", steps...)
	for _, one := range append(failures, err) {
		if one != nil {
			t.Fatal(one)
		}
	}
}

// TestStatusAnswersWhatAPersonAsksFirst has a class of each kind: the daemon comes first, then health, what runs, what is
// next, what ended badly, orders, plans; what ended well is counted.
func TestStatusAnswersWhatAPersonAsksFirst(t *testing.T) {
	dsn, s := healthy(t)
	classes := []store.Occurrence{
		{Recording: "art", Start: noon.Add(-20 * time.Minute), State: "recording"},
		{Recording: "biology", Start: noon.Add(-3 * time.Hour), State: "ended", Outcome: "recorded"},
		{Recording: "chemistry", Start: noon.Add(-4 * time.Hour), State: "ended", Outcome: "missed", Reason: "no daemon ran", ReasonCode: "unattended"},
	}
	for i := range 12 {
		classes = append(classes, store.Occurrence{Recording: fmt.Sprintf("next-%02d", i), Start: noon.Add(time.Duration(i+1) * time.Hour), State: "planned"})
	}
	put(t, s, classes...)
	if _, err := runner.Give(t.Context(), s, store.Command{At: noon, Occurrence: "school/art/20310917T114000Z", Kind: "cancel", Who: "duty", Reason: "fire drill"}, session.Interval{}); err != nil {
		t.Fatal(err)
	}
	waiting := store.Revision{At: noon, Plan: "school", Path: "school.yaml", Hash: strings.Repeat("1", 64), Who: "duty", State: store.RevisionWaiting, Note: "it removes 6 of the 12 classes"}
	if _, err := s.AddRevision(t.Context(), waiting); err != nil {
		t.Fatal(err)
	}
	report, err := view.HealthJSON([]runner.Issue{
		{ID: reason.IssueClockOff, Severity: runner.SeverityWarning, Since: noon, Text: "the clock is 7 s off", Advice: "synchronize it"},
		{ID: reason.IssueAccountRefused, Severity: runner.SeverityCritical, Since: noon, Text: "HTTP 401"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{s.Beat(t.Context(), noon), s.SetHealth(t.Context(), noon, report)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, out, said := rundown(t, "status", "--store", dsn)
	last := -1
	for _, part := range []string{
		"daemon: ", "\nHEALTH\n", "  account-refused since ", "  clock-off since ", "    try: synchronize it\n", "\nNOW\n", "art@2031-09-17", "40m left", "\nNEXT 24 HOURS\n", "next-00@2031-09-17", "in 1h00m",
		"next-09@2031-09-17", "  2 more within 24 h; ", "\nENDED BADLY\n", "chemistry@2031-09-17", "missed", "3h00m ago", "no daemon ran", "\nPENDING ORDERS\n", "cancel school/art/20310917T114000Z by duty: fire drill",
		"\nPLANS\n", "  plan school: revision 1 waits for a confirmation: it removes 6 of the 12 classes; rundown apply --confirm", "1 class recorded within 24 h",
	} {
		at := strings.Index(out, part)
		if at <= last {
			t.Fatalf("no %q, or not in its place, in\n%s%s", part, out, said)
		}
		last = at
	}
	if strings.Contains(out, "next-10") || strings.Contains(out, "biology") || strings.Contains(out, "\x1b") {
		t.Errorf("too much is shown:\n%s", out)
	}
	if _, out, _ := rundown(t, "status", "--all", "--store", dsn); !strings.Contains(out, "next-11@2031-09-18") || !strings.Contains(out, "biology@2031-09-17") {
		t.Errorf("--all leaves something out:\n%s", out)
	}
	_, out, _ = rundown(t, "status", "--store", dsn, "--format", "json")
	if st := decoded[statusJSON](t, out); len(st.Health) != 2 || len(st.Orders) != 1 || len(st.Occurrences) != len(classes) {
		t.Errorf("JSON has %d issues, %d orders, %d classes", len(st.Health), len(st.Orders), len(st.Occurrences))
	}
	status, out, _ := rundown(t, "status", "--check", "--store", dsn)
	want := "account-refused: HTTP 401\nclock-off: the clock is 7 s off; synchronize it\n" +
		"plan-waiting: plan school: revision 1 waits for a confirmation: it removes 6 of the 12 classes; rundown apply --confirm applies it\n" +
		"unattended: chemistry@2031-09-17: missed: no daemon ran\n"
	if status != StatusFindings || out != want {
		t.Errorf("--check ends with %d and says\n%swant\n%s", status, out, want)
	}
}

func TestCheckIsSilentWhereNothingNeedsAPerson(t *testing.T) {
	dsn, s := healthy(t)
	put(t, s, store.Occurrence{Recording: "art", Start: noon.Add(-20 * time.Minute), State: "recording"},
		store.Occurrence{Recording: "biology", Start: noon.Add(-3 * time.Hour), State: "ended", Outcome: "cancelled"})
	if err := s.Beat(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	if status, out, said := rundown(t, "status", "--check", "--store", dsn); status != StatusOK || out+said != "" {
		t.Errorf("status %d, said %s%s", status, out, said)
	}
	put(t, s, store.Occurrence{Recording: "civics", Start: noon.Add(-29 * time.Second), State: "planned"}, store.Occurrence{Recording: "drama", Start: noon.Add(-30 * time.Second), State: "planned"},
		store.Occurrence{Recording: "english", Start: noon.Add(-2 * time.Minute), State: "starting"})
	want := "english@2031-09-17: nothing of it is recorded yet, 2m after its start\ndrama@2031-09-17: nothing of it is recorded yet, 30s after its start\n"
	if status, out, _ := rundown(t, "status", "--check", "--store", dsn); status != StatusFindings || out != want {
		t.Errorf("of classes that are late --check says, with status %d:\n%swant\n%s", status, out, want)
	}
	if status, out, _ := rundown(t, "status", "--check", "--store", "sqlite:none.db"); status != StatusTrouble || out != "" {
		t.Errorf("without a store: status %d", status)
	}
}

// TestCheckTellsOfAClassThatLostItsRecording has one that was recorded until some time before noon, and one that another session records.
func TestCheckTellsOfAClassThatLostItsRecording(t *testing.T) {
	for _, tt := range []struct {
		name  string
		state session.SessionState
		ago   time.Duration
		want  string
	}{
		{"lost", session.SessionLost, 5 * time.Minute, "ended-by-service: art@2031-09-17: not recorded since 11:55:00 UTC: session 1 ended: the recording stopped; " +
			"rundown history art@2031-09-17 shows what was tried; record the rest of the class by other means\n"},
		{"lost, and being replaced", session.SessionLost, 30 * time.Second, ""},
		{"not seen, as in a failover", session.SessionSuspect, 2 * time.Minute, ""},
		{"not seen for longer", session.SessionSuspect, 5 * time.Minute, "art@2031-09-17: not recorded since 11:55:00 UTC: the service does not show session 1 running; " +
			"rundown history art@2031-09-17 shows what was tried; record the rest of the class by other means\n"},
		{"recorded", session.SessionRunning, 2 * time.Minute, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dsn, s := healthy(t)
			start := noon.Add(-20 * time.Minute)
			x := session.Session{Attempt: 1, State: tt.state}
			x.RecordingAt, x.LastGood = start, noon.Add(-tt.ago)
			if tt.state == session.SessionLost {
				x.StoppedAt, x.Reason, x.ReasonCode = x.LastGood, "the recording stopped", reason.EndedByService
			}
			doc, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			failures, err := storetest.Write(t.Context(), s, "app", storetest.Row{
				Occurrence: store.Occurrence{
					ID: "school/art/" + start.UTC().Format(view.IdentityForm), Plan: "school", Recording: "art", App: "app", Start: start, End: start.Add(time.Hour),
					Day: start.UTC().Format(time.DateOnly), Clock: start.UTC().Format("15:04"), State: string(session.Recording), Doc: []byte(`{"timezone":"UTC"}`),
				},
				Sessions: []store.Session{{Attempt: 1, App: "app", Cname: "c", UID: "1", State: string(tt.state), Doc: doc}},
			})
			for _, one := range append(failures, err, s.Beat(t.Context(), noon)) {
				if one != nil {
					t.Fatal(one)
				}
			}
			want := StatusOK
			if tt.want != "" {
				want = StatusFindings
			}
			if status, out, said := rundown(t, "status", "--check", "--store", dsn); status != want || out != tt.want {
				t.Errorf("status %d, said %q%s, want %q", status, out, said, tt.want)
			}
		})
	}
}

// TestASecondDaemonIsToldOfItsStoreToo: another address alone would not help it.
func TestASecondDaemonIsToldOfItsStoreToo(t *testing.T) {
	dsn, _ := healthy(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	want := fmt.Sprintf("--listen selects another address; the store %s is in use by process %d, too\n", strings.TrimPrefix(dsn, "sqlite:"), os.Getpid())
	if status, _, said := rundown(t, "run", "--store", dsn, "--listen", taken.Addr().String()); status != StatusTrouble || !strings.HasSuffix(said, want) {
		t.Errorf("status %d, said %swant %s", status, said, want)
	}
	if _, _, said := rundown(t, "run", "--store", emptyStore(t), "--listen", taken.Addr().String()); !strings.HasSuffix(said, "another address\n") {
		t.Errorf("of a store that nobody uses it says %s", said)
	}
}

// TestTitlesTakeTheWidthThatIsLeft shows one class in terminals of several widths.
func TestTitlesTakeTheWidthThatIsLeft(t *testing.T) {
	dsn, path := emptyStore(t), filepath.Join(t.TempDir(), "school.yaml")
	write(t, path, strings.Replace(aroundNow, "name: today", "name: school", 1)+"  art: {title: The history of art from the caves to the screen, when: 2031-09-17 13:00-14:00}\n")
	if status, _, said := rundown(t, "apply", path, "--store", dsn); status != StatusOK {
		t.Fatal(said)
	}
	for columns, want := range map[string]string{
		"60":  "13:00-14:00 UTC  art@2031-09-17  planned  in 1h00m\n",
		"70":  "13:00-14:00 UTC  art@2031-09-17  planned  in 1h00m  The history of ar…\n",
		"200": "13:00-14:00 UTC  art@2031-09-17  planned  in 1h00m  The history of art from the caves to the screen\n",
	} {
		t.Setenv("COLUMNS", columns)
		if _, out, _ := rundown(t, "status", "--store", dsn); !strings.Contains(out, "\n"+want) {
			t.Errorf("in %s columns no %q in\n%s", columns, want, out)
		}
	}
}

func TestStatusIsWatchedUntilCtrlC(t *testing.T) {
	t.Parallel()
	dsn := emptyStore(t)
	watch := start(t, "stdout", nil, "status", "--watch", "--store", dsn)
	watch.await(2, "daemon: not running")
	if status := watch.end(syscall.SIGINT); status != StatusOK || strings.Contains(watch.output(), "\x1b") {
		t.Errorf("status %d:\n%s", status, watch.output())
	}
	if status, _, said := rundown(t, "status", "--watch", "--check", "--store", dsn); status != StatusTrouble || !strings.Contains(said, "--watch and --check cannot be combined") {
		t.Errorf("status %d, said %s", status, said)
	}
}

// TestADaemonThatHasNotLookedSaysNothing: one that starts, ends or hangs answers without any issue, and the store knows more.
func TestADaemonThatHasNotLookedSaysNothing(t *testing.T) {
	dsn, s := healthy(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"ready":false,"reason":"the worker of app a has not moved","issues":[]}`)
	}))
	defer server.Close()
	report, err := view.HealthJSON([]runner.Issue{{ID: reason.IssueAccountRefused, Severity: runner.SeverityCritical, Since: noon, Text: "HTTP 401"}})
	for _, err := range []error{err, s.SetSetting(t.Context(), listenSetting, server.URL), s.Beat(t.Context(), noon), s.SetHealth(t.Context(), noon, report)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if status, out, said := rundown(t, "status", "--check", "--store", dsn); status != StatusFindings || !strings.Contains(out, "HTTP 401") {
		t.Errorf("status %d, said %q%s, want the issue that the store has", status, out, said)
	}
}

// TestTheLogTellsOfEachOfTwoIssuesAboutOneThing has two issues of one id about one storage, in either order.
func TestTheLogTellsOfEachOfTwoIssuesAboutOneThing(t *testing.T) {
	var said strings.Builder
	log := issueLog{log: slog.New(slog.NewTextHandler(&said, nil))}
	noon := time.Date(2031, 9, 17, 12, 0, 0, 0, time.UTC)
	issue := func(severity runner.Severity, minutes int) runner.Issue {
		return runner.Issue{ID: reason.IssueCredentialsFailing, Severity: severity, About: "school/videos", Since: noon.Add(time.Duration(minutes) * time.Minute)}
	}
	warning, critical := issue(runner.SeverityWarning, 0), issue(runner.SeverityCritical, 1)
	for _, issues := range [][]runner.Issue{{warning}, {warning, critical}, {critical, warning}, {warning, critical}, {critical, warning}, {warning}, {}} {
		log.note(issues)
	}
	for want, n := range map[string]int{`level=WARN msg="health issue raised"`: 2, `level=ERROR msg="health issue raised"`: 1, "health issue cleared": 2} {
		if got := strings.Count(said.String(), want); got != n {
			t.Errorf("%q is logged %d times, want %d:\n%s", want, got, n, said.String())
		}
	}
}
