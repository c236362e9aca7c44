package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/rules"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/operate"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// emptyStore makes a store that nobody has worked on yet.
func emptyStore(t *testing.T) (dsn string) {
	t.Helper()
	dsn = "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
	s, err := store.Open(t.Context(), dsn, store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dsn
}

// command runs the command line in this process, at the real time.
func command(t *testing.T, args ...string) (status int, out, said string) {
	t.Helper()
	var o, e strings.Builder
	status = Main(t.Context(), args, Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

// tomorrows writes a plan with so many classes tomorrow.
func tomorrows(t *testing.T, path string, classes int) {
	t.Helper()
	day := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	var when []string
	for i := range classes {
		when = append(when, fmt.Sprintf("%s %02d:00-%02d:30", day, 8+i, 8+i))
	}
	text := aroundNow + "  german: {when: [" + strings.Join(when, ", ") + "]}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestConfirmEndsWhereItCannotTell confirms two plans while nothing can be written to stdout: the second is left for a call that can tell of it.
func TestConfirmEndsWhereItCannotTell(t *testing.T) {
	dsn, folder := emptyStore(t), t.TempDir()
	for _, name := range []string{"first", "second"} {
		path := filepath.Join(folder, name+".yaml")
		for _, classes := range []int{12, 2} {
			tomorrows(t, path, classes)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(text), "name: today", "name: "+name, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			if status, out, said := command(t, "apply", "--store", dsn, path); status != StatusOK {
				t.Fatalf("status %d: %s%s", status, out, said)
			}
		}
	}
	for i, want := range []int{1, 0} {
		var said strings.Builder
		if status := Main(t.Context(), []string{"apply", "--store", dsn, "--confirm"}, Streams{In: strings.NewReader(""), Out: fullDisk{}, Err: &said}); status != StatusTrouble {
			t.Errorf("call %d: status %d: %s", i, status, said.String())
		}
		if _, out, _ := command(t, "status", "--store", dsn); strings.Count(out, "waits for a confirmation") != want {
			t.Errorf("call %d: want %d plans that wait:\n%s", i, want, out)
		}
	}
}

func TestApplyHoldsAPlanThatRemovesMuchAndGoesBackToARevision(t *testing.T) {
	dsn, path := emptyStore(t), filepath.Join(t.TempDir(), "plan.yaml")
	steps := []struct {
		classes int // 0: the file is not named
		args    []string
		want    string
		list    string // of history --plans, newest first
	}{
		{12, nil, "plan today: revision 1 applied; no daemon is running", "at work"},
		{6, []string{"--reason", "half a day"}, "plan today: revision 2 waits for a confirmation: it removes 6 of the 12 classes of the next seven days", "waiting, at work"},
		{0, []string{"--confirm", "--reason", "meant so"}, "plan today: revision 2 is confirmed", "at work, replaced"},
		{0, []string{"--confirm"}, "no plan is waiting for a confirmation", "at work, replaced"},
		{0, []string{"--revision", "1"}, "plan today: revision 3 applied; no daemon is running\n  6 classes added; rundown apply --revision 2 takes this back\n", "at work, replaced, replaced"},
		{6, []string{"--confirm"}, "plan today: revision 4 applied; no daemon is running\n  6 classes removed; rundown apply --revision 3 takes this back\n", "at work, replaced, replaced, replaced"},
		{6, nil, "plan today: revision 4 is applied already; no daemon is running", "at work, replaced, replaced, replaced"},
		{0, []string{"--revision", "2"}, "plan today: revision 4 is applied already; no daemon is running", "at work, replaced, replaced, replaced"}, // it holds the same
		{0, []string{"--revision", "1"}, "plan today: revision 5 applied; no daemon is running", "at work, replaced, replaced, replaced, replaced"},
	}
	for i, step := range steps {
		args := append([]string{"apply", "--store", dsn}, step.args...)
		if step.classes > 0 {
			tomorrows(t, path, step.classes)
			args = append(args, path)
		}
		status, out, said := command(t, args...)
		if status != StatusOK || !strings.Contains(out, step.want) {
			t.Fatalf("step %d: status %d, %s%s, want %q", i, status, out, said, step.want)
		}
		_, out, _ = command(t, "history", "--plans", "--store", dsn, "--format", "json")
		var doc struct{ Revisions []view.Revision }
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatal(err)
		}
		var states []string
		for _, r := range doc.Revisions {
			states = append(states, r.State)
		}
		if got := strings.Join(states, ", "); got != step.list {
			t.Errorf("step %d: revisions are %s, want %s", i, got, step.list)
		}
		_, out, _ = command(t, "status", "--store", dsn)
		if waits := strings.Contains(out, "revision 2 waits for a confirmation"); waits != (i == 1) {
			t.Errorf("step %d: status says %s", i, out)
		}
	}
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	events, err := s.Events(t.Context(), "", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	for _, e := range events {
		if e.Who == "" {
			t.Errorf("nobody did %q", e.Text)
		}
		log = append(log, e.Text)
	}
	if text := strings.Join(log, "\n"); !strings.Contains(text, "revision 2: given, waiting: half a day") || !strings.Contains(text, "revision 2: confirmed: meant so") ||
		!strings.Contains(text, "revision 3: revision 1") {
		t.Errorf("the log holds\n%s", text)
	}
}

func TestWhatTheStoreKeepsOfAPlanHoldsNoSecretAndCanBeReadAgain(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	read := func(path string) *plan.Plan {
		p, findings, err := load.Load(planfile.NewFiles(nil, path), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Severity == plan.SeverityError && f.Rule != "secret-in-plain-text" {
				t.Fatal(f)
			}
		}
		return p
	}
	const rest = `
include: [more.yaml]
apps: {main: {id: app}} # CANARY was the secret key
defaults: {timezone: UTC, url: "https://school.example/{id}#top", storage: videos} # a comment
recordings: {german: {when: 2031-09-15 09:00-09:50}}
`
	write("more.yaml", "recordings: {french: {when: 2031-09-16 09:00-09:50}}\n")
	good := read(write("good.yaml", `version: 1
name: school
account: {customer_id: c, customer_secret: "${S}"} # put aside: CANARY
storage: {videos: {vendor: s3, region: eu-central-1, bucket: b, access_key: "${A}", secret_key: "${B}"}}
cdn: {live: "rtmps://ingest.example/app/${STREAM}"}`+rest))
	r, err := planfile.Revision(good)
	if err != nil || strings.Contains(string(r.Text), "put aside") || !strings.Contains(string(r.Text), "${STREAM}") {
		t.Fatalf("%v in %s", err, r.Text)
	}
	again, err := runner.LoadRevision(r, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)
	if a, b := schedule.Occurrences(good, first, first.AddDate(0, 1, 0)), schedule.Occurrences(again, first, first.AddDate(0, 1, 0)); len(a) != 2 || len(b) != 2 ||
		a[0].ID != b[0].ID || a[1].ID != b[1].ID || a[0].URL.String() != b[0].URL.String() {
		t.Errorf("read again it holds %v, want %v", b, a)
	}
	broken := r
	broken.Text = regexp.MustCompile(`2031-09-1[56] 09:00-09:50`).ReplaceAll(r.Text, []byte("never"))
	if _, err := runner.LoadRevision(broken, rules.Options{}); err == nil || !strings.HasSuffix(err.Error(), "[when-syntax] and 1 more") {
		t.Errorf("with two mistakes it is read with %v", err)
	}

	bad := read(write("bad.yaml", `version: 1
name: school
account: {customer_id: c, customer_secret: CANARY-1}
storage:
  videos: {vendor: s3, region: eu-central-1, bucket: b, access_key: 'CANARY-2', secret_key: "CANARY-3"}
  other:
    vendor: s3
    region: eu-central-1
    bucket: b
    access_key: >-
      CANARY-4
      CANARY-5
    secret_key: "${B}"
cdn: {live: "rtmps://ingest.example/app/CANARY-6", two: "rtmp://user:CANARY-7@ingest.example/a"}`+rest))
	r, err = planfile.Revision(bad)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if canary := fmt.Sprintf("CANARY-%d", i); strings.Contains(string(r.Text), canary) {
			t.Errorf("the store would hold %s:\n%s", canary, r.Text)
		}
	}
	if _, err := runner.LoadRevision(r, rules.Options{}); err == nil || !strings.Contains(err.Error(), "the store does not hold its text") {
		t.Errorf("read again with %v", err)
	}
}

func TestTheCommitOfAPlanIsReadFromGitsFiles(t *testing.T) {
	const one, two = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no repository", nil, ""},
		{"a branch", map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": one + "\n"}, one},
		{"a commit", map[string]string{".git/HEAD": two + "\n"}, two},
		{"packed", map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": "# pack-refs with: peeled\n" + one + " refs/heads/other\n" + two + " refs/heads/main\n"}, two},
		{"a worktree", map[string]string{
			".git": "gitdir: elsewhere/worktrees/w\n", "elsewhere/worktrees/w/HEAD": "ref: refs/heads/w\n",
			"elsewhere/worktrees/w/commondir": "../..\n", "elsewhere/refs/heads/w": one + "\n",
		}, one},
		{"nothing committed yet", map[string]string{".git/HEAD": "ref: refs/heads/main\n"}, ""},
		{"garbage", map[string]string{".git/HEAD": "ref: ../../secret\n"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			for name, text := range tt.files {
				path := filepath.Join(folder, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			plans := filepath.Join(folder, "plans", "deep")
			if err := os.MkdirAll(plans, 0o700); err != nil {
				t.Fatal(err)
			}
			if got := planfile.GitCommit(plans); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestExtendAddsUpAndIsRefusedWhenPast(t *testing.T) {
	dsn := filledStore(t)
	now := noon
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	class := func(id string, waiting ...store.Command) view.Class {
		t.Helper()
		c, err := classNamed(t, s, now, id)
		if err != nil {
			t.Fatal(err)
		}
		for i := range waiting {
			waiting[i].Occurrence, waiting[i].Generation = c.Row.ID, 1<<40
		}
		if len(waiting) > 0 { // a row of the store tells of its orders itself
			c.Row.Generation, c.Row.Version = 0, 0
		}
		c.Row = view.WithOrders(c.Row, waiting)
		return c
	}
	running := class("running@2031-09-17")
	end, err := operate.Extendable(running, 15*time.Minute, now)
	if err != nil || !end.Equal(running.Row.End.Add(15*time.Minute)) {
		t.Fatalf("%v, %v", end, err)
	}
	text, err := json.Marshal(session.ExtendArgs{Until: end})
	if err != nil {
		t.Fatal(err)
	}
	cancel, undo := store.Command{Kind: session.CommandCancel, Who: "ops"}, store.Command{Kind: session.CommandUncancel}
	again, err := operate.Extendable(class("running", store.Command{Kind: session.CommandExtend, Args: text}), 5*time.Minute, now)
	if err != nil || !again.Equal(end.Add(5*time.Minute)) {
		t.Errorf("on top of one that waits: %v, %v", again, err)
	}
	text, err = json.Marshal(session.ExtendArgs{Until: end.Add(-time.Hour), Start: running.Row.Start.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := operate.Extendable(class("running", store.Command{Kind: session.CommandExtend, Args: text}), 5*time.Minute, now)
	if err != nil || !moved.Equal(end.Add(5*time.Minute)) {
		t.Errorf("on top of one that waits since before the class was moved by an hour: %v, %v", moved, err)
	}
	if _, err := operate.Extendable(class("running", cancel, undo), time.Minute, now); err != nil {
		t.Errorf("after a cancel that was taken back: %v", err)
	}
	if err := operate.Cancellable(class("running", cancel), true, now); err != nil {
		t.Errorf("a cancel that waits is not taken back: %v", err)
	}
	_, past := operate.Extendable(running, time.Minute, now.Add(10*time.Hour))
	_, ended := operate.Extendable(class("yesterday@2031-09-16"), time.Minute, now)
	_, stopping := operate.Extendable(class("stuck@2031-09-14"), time.Minute, now)
	_, cancelled := operate.Extendable(class("running", cancel), time.Minute, now)
	for want, tt := range map[string]struct {
		err  error
		code reason.Code
	}{
		"is in the past":            {past, reason.EndPassed},
		"has ended already":         {ended, reason.HasEnded},
		"being stopped already":     {stopping, reason.IsStopping},
		"--undo undoes that":        {cancelled, reason.IsCancelled},
		"ended on":                  {operate.Cancellable(class("stuck@2031-09-14", cancel), true, now), reason.EndPassed},
		"is cancelled already, by ": {operate.Cancellable(class("running", cancel), false, now), reason.IsCancelled},
		"is not cancelled":          {operate.Cancellable(class("running"), true, now), reason.NotCancelled},
		"it ended partial":          {operate.Cancellable(class("yesterday@2031-09-16", undo), true, now.Add(-24*time.Hour)), reason.NotCancelled},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), want) || reason.CodeOf(tt.err) != tt.code {
			t.Errorf("got %v (%s), want %s (%s)", tt.err, reason.CodeOf(tt.err), want, tt.code)
		}
	}
	cancel.Who = runner.PlanWho // an operator may go by that name
	if err := operate.Cancellable(class("running", cancel), true, now); err != nil {
		t.Errorf("a cancel by an operator of the plan's name is not taken back: %v", err)
	}
}

// classNamed finds a class as the commands do.
func classNamed(t *testing.T, s *store.Store, now time.Time, words ...string) (view.Class, error) {
	t.Helper()
	id, err := view.ParseID(words...)
	if err != nil {
		return view.Class{}, err
	}
	return view.NewFinder(s, now).Class(t.Context(), id)
}

// TestOperatorsWorkOnARunningDaemon runs in real time, on a simulator that is a process of its own.
func TestOperatorsWorkOnARunningDaemon(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	begun := time.Now().UTC().Truncate(time.Second).Add(-5 * time.Minute)
	write := func(path string, length time.Duration) {
		t.Helper()
		text := aroundNow + "  german: {when: " + dated(begun, length) + "}\n  french: {when: 2091-09-15 09:00-09:50}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(path, 40*time.Minute)
	socket := filepath.Join(folder, "notify")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	told, fed := make(chan string, 64), make(chan string, 1)
	go func() {
		buffer := make([]byte, 256)
		for {
			n, err := listener.Read(buffer)
			if err != nil {
				close(told)
				return
			}
			state := string(buffer[:n])
			if state != "WATCHDOG=1" {
				told <- state
				continue
			}
			select { // it comes again and again, and must never fill the socket
			case fed <- state:
			default:
			}
		}
	}()
	hear := func(want string) {
		t.Helper()
		over, stop := patience(time.Minute)
		defer stop()
		for {
			select {
			case state := <-told:
				if state == want {
					return
				}
			case state := <-fed:
				if state == want {
					return
				}
			case <-over:
				t.Fatalf("the supervisor never heard %s", want)
			}
		}
	}
	env := append([]string{"NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=300000"}, canaries...)
	daemon := start(t, "stderr", env, "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0", "--keep", "400d")
	hear("READY=1")
	daemon.await(1, "state=recording")
	hear("WATCHDOG=1")

	// A file that the daemon does not watch, so that it hears of the plan through the store alone.
	edited := filepath.Join(t.TempDir(), "edited.yaml")
	write(edited, 45*time.Minute)
	if status, out, said := command(t, "apply", edited, "--store", dsn); status != StatusOK || !strings.Contains(out, "revision 2") {
		t.Fatalf("apply: %s%s", out, said)
	}
	daemon.await(1, "plan applied", "revision=2")
	if status, out, said := command(t, "apply", "--revision", "1", "--store", dsn); status != StatusOK || !strings.Contains(out, "revision 3") {
		t.Fatalf("apply --revision: %s%s", out, said)
	}
	daemon.await(1, "plan applied", "revision=3")

	status, out, said := command(t, "run", "--stop-all", "--store", dsn, "--api-url", address)
	if status != StatusOK || !strings.Contains(out, ": cancelled: ended early by ") || !strings.Contains(said, "is using the store and carries out the orders; waiting for it") ||
		!strings.Contains(said, "the daemon goes on with the classes that are planned") {
		t.Fatalf("stop-all: %s%s", out, said)
	}
	daemon.await(1, "state=ended", "run --stop-all")
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("status %d", status)
	}
	hear("STOPPING=1")
	ledger := readLedger(t, address)
	if len(ledger.Sessions) != 1 || ledger.Sessions[0].StoppedAt == nil {
		t.Errorf("%+v, want one session that was stopped", ledger.Sessions)
	}
	if _, out, _ := command(t, "history", outcomesOf(t, dsn)["german"].ID, "--store", dsn); !strings.Contains(out, "order to stop: run --stop-all") ||
		!strings.Contains(out, "request id") || !strings.Contains(out, "the class is being recorded") {
		t.Errorf("its story is\n%s", out)
	}
}

// TestStopAllStopsWhatADeadDaemonLeft kills a daemon in the middle of a class and breaks its plan and its environment. A
// new start takes up what runs all the same, and what that leaves in its turn is stopped from the store.
func TestStopAllStopsWhatADeadDaemonLeft(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	begun := time.Now().UTC().Truncate(time.Second).Add(-5 * time.Minute)
	text := strings.ReplaceAll(aroundNow, "${ACCESS}", "${file:access.key}") + "  german: {when: " + dated(begun, 40*time.Minute) + "}\n  french: {when: " + dated(begun.Add(10*time.Minute), 40*time.Minute) + "}\n"
	key := filepath.Join(folder, "access.key")
	for file, content := range map[string]string{path: text, key: "CANARY-access-key"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	daemon := start(t, "stderr", canaries, "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.await(1, "state=recording")
	daemon.end(syscall.SIGKILL)

	if err := os.WriteFile(path, []byte(text+"  latin: {whem: "), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	again := start(t, "stderr", canaries, "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	again.await(1, "[yaml-syntax]")
	again.await(1, "revision 1 of plan today, applied from "+path+", stays active until the file is fixed")
	again.await(1, "started to finish running classes", "not set: ${file:access.key}")
	listen := again.awaitListen()
	adopted := regexp.MustCompile(`msg="occurrence adopted" .*german`) // before or after "running"
	eventually(t, 90*time.Second, "the class is adopted", func() bool { return adopted.MatchString(again.output()) })
	if status, said := health(listen, "/readyz"); status != http.StatusServiceUnavailable || !strings.HasPrefix(said, "not ready\nreferences-unset: plan ") || !strings.Contains(said, "not set: ${file:access.key}") {
		t.Errorf("/readyz: %d %q", status, said)
	}
	if err := os.WriteFile(key, []byte("CANARY-access-key"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "a file that is written is read", func() bool {
		_, said := health(listen, "/readyz")
		return !strings.Contains(said, "references-unset")
	})
	again.end(syscall.SIGKILL)

	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	stopper := start(t, "stdout", canaries, "run", path, "--stop-all", "--store", dsn, "--api-url", address)
	stopper.await(1, "german", "cancelled", "run --stop-all")
	for range stopper.lines {
	}
	<-stopper.ended
	if status := stopper.cmd.ProcessState.ExitCode(); status != StatusOK {
		t.Errorf("status %d", status)
	}
	ledger := readLedger(t, address)
	if len(ledger.Sessions) != 1 || ledger.Sessions[0].StoppedAt == nil {
		t.Errorf("%+v, want one session that was stopped", ledger.Sessions)
	}
	if _, out, _ := command(t, "status", "--store", dsn); !strings.Contains(out, "planned") {
		t.Errorf("the class to come is gone:\n%s", out)
	}
}

// TestOnlyThePlanAtWorkMissesReferences kills a daemon in the middle of a class. A start whose file names another variable for the
// storage has all that its plan needs, whatever the revision before refers to. A start that lacks something finishes the class, and says
// so until the plan is withdrawn.
func TestOnlyThePlanAtWorkMissesReferences(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	begun := time.Now().UTC().Truncate(time.Second).Add(-5 * time.Minute)
	text := aroundNow + "  german: {when: " + dated(begun, 40*time.Minute) + "}\n  french: {when: 2091-09-15 09:00-09:50}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := []string{"run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0"}
	daemon := start(t, "stderr", canaries, run...)
	daemon.await(1, "state=recording")
	daemon.end(syscall.SIGKILL)

	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "${ACCESS}", "${STORAGE_KEY}")), 0o600); err != nil {
		t.Fatal(err)
	}
	without := slices.DeleteFunc(slices.Clone(canaries), func(v string) bool { return strings.HasPrefix(v, "ACCESS=") })
	renamed := start(t, "stderr", append(slices.Clone(without), "STORAGE_KEY=CANARY-access-key"), run...)
	listen := renamed.awaitListen()
	if _, said := health(listen, "/readyz"); strings.Contains(said, "references-unset") || strings.Contains(renamed.output(), "references-unset") {
		t.Errorf("/readyz: %q; the log says\n%s", said, renamed.output())
	}
	renamed.end(syscall.SIGKILL)

	lacks := start(t, "stderr", without, run...)
	lacks.await(1, "started to finish running classes", "not set: ${STORAGE_KEY}")
	listen = lacks.awaitListen()
	if status, said := health(listen, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(said, "references-unset: plan ") {
		t.Errorf("/readyz: %d %q", status, said)
	}
	if status, _, said := command(t, "withdraw", "today", "--yes", "--store", dsn); status != StatusOK {
		t.Fatalf("withdraw: %s", said)
	}
	lacks.await(1, "plan withdrawn")
	eventually(t, time.Minute, "what a withdrawn plan refers to is not missed", func() bool {
		_, said := health(listen, "/readyz")
		return !strings.Contains(said, "references-unset")
	})
	lacks.end(syscall.SIGKILL)
}

func TestKeepIsDaysOrADuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"400d": 400 * 24 * time.Hour, "9600h": 400 * 24 * time.Hour, "9d": 9 * 24 * time.Hour} {
		if length, err := parseKeep(text); err != nil || length != want {
			t.Errorf("%s: %v, %v", text, length, err)
		}
	}
	for _, text := range []string{"", "8d", "-400d", "400", "9999999999d", "1.5d", "0s"} {
		if length, err := parseKeep(text); err == nil || length != 0 {
			t.Errorf("%q is taken for %v", text, length)
		}
	}
}
