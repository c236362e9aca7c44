package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// TestPeopleHearWhatAPlanChanges has a plan with twelve classes of tomorrow, of which one and then six more are left out.
func TestPeopleHearWhatAPlanChanges(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	hook := newReceiver(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	day := time.Now().UTC().AddDate(0, 0, 1)
	write := func(classes int) {
		t.Helper()
		var when []string
		for i := range classes {
			when = append(when, fmt.Sprintf("%s %02d:00-%02d:30", day.Format(time.DateOnly), 8+i, 8+i))
		}
		text := notified(", severity: info") + "  german: {title: German A1, when: [" + strings.Join(when, ", ") + "]}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(12)
	daemon := start(t, "stderr", hook.env(), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	hears := func(kind string, n int, want string) {
		t.Helper()
		eventually(t, paceNow().of(60*time.Second), fmt.Sprintf("%s is told %d times", kind, n), func() bool { return len(hook.events(kind)) == n })
		if text := hook.events(kind)[n-1].Data.Text; !strings.Contains(text, want) {
			t.Errorf("%s says %q, want %q", kind, text, want)
		}
	}
	first := day.Format("Mon 2 Jan 2006")
	hears("plan.applied", 1, " Of the classes of the next 366 days, 12 are added. The first of them is German A1 (german), "+first+" 08:00 to 08:30 UTC (added).")
	write(11)
	hears("plan.applied", 2, " Of the classes of the next 366 days, 1 is removed. The first of them is German A1 (german), "+first+" 19:00 to 19:30 UTC (removed).")
	write(5)
	hears("plan.waiting", 1, " Of the classes of the next 366 days, 6 would be removed. The first of them is German A1 (german), "+first+" 13:00 to 13:30 UTC (removed).")
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
}

// TestAClassThatRunsOrBeganSinceTheRevisionCounts removes classes of 8:00, 9:00, 10:00 and 11:00, of half an hour each.
func TestAClassThatRunsOrBeganSinceTheRevisionCounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "today.yaml")
	read := func(when string) *plan.Plan {
		t.Helper()
		if err := os.WriteFile(path, []byte(notified("")+"  german: {title: German A1, when: ["+when+"]}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := (&app{}).loadPlan(path)
		if err != nil {
			t.Fatal(err)
		}
		return c.Plan
	}
	const last = "2031-09-15 14:00-14:30"
	before := read("2031-09-15 08:00-08:30, 2031-09-15 09:00-09:30, 2031-09-15 10:00-10:30, 2031-09-15 11:00-11:30, " + last)
	after := read(last)
	for _, tt := range []struct {
		applied, now string
		state        store.RevisionState
		removed      int
	}{
		{"07:00", "07:00", "", 4},
		{"09:10", "09:10", "", 3},                      // one runs
		{"09:40", "10:35", "", 2},                      // one began, and was over, before anybody looked
		{"07:00", "10:10", store.RevisionConfirmed, 2}, // it waited
		{"11:30", "11:40", "", 0},
		{"12:00", "09:10", "", 3}, // by another clock
	} {
		at := func(clock string) time.Time {
			t.Helper()
			x, err := time.Parse(time.RFC3339, "2031-09-15T"+clock+":00Z")
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		if c := changeBetween("today", before, after, store.Revision{At: at(tt.applied), State: tt.state}, at(tt.now)); c.Removed != tt.removed || c.Added+c.Moved+c.Changed > 0 {
			t.Errorf("applied at %s, seen at %s: %+v, want %d removed", tt.applied, tt.now, c, tt.removed)
		}
	}
}

// TestPeopleHearWhatBecomesOfARunningClass has plans that cancel, cut, move and give another page to a class that began a minute ago. diff
// and apply tell of it before it happens, and the daemon, the history and the page of the class afterwards.
func TestPeopleHearWhatBecomesOfARunningClass(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, "--start-after", "10ms")
	hook, folder := newReceiver(t), t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	begun := time.Now().UTC().Add(-time.Minute).Truncate(time.Second)
	day, name := begun.Format(time.DateOnly), "running@"+begun.Format(time.DateOnly)
	clock := func(after time.Duration) string { return session.ClockOn(begun, begun.Add(after)) }
	plan := func(more string) string {
		return notified(", severity: info") + "  running: {when: " + dated(begun, 20*time.Minute) + more + "}\n" +
			"  later: {when: " + dated(begun.AddDate(0, 0, 60).Truncate(time.Hour), time.Hour/2) + "}\n"
	}
	change := func(text string) string { return ", changes: {" + day + ": " + text + "}" }
	write(t, path, plan(""))
	daemon := start(t, "stderr", append(hook.env(), "RUNDOWN_TEST_WATCH=50ms 500ms 1h"), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.await(1, "state=recording")

	edited := filepath.Join(folder, "edited.yaml")
	tomorrow := begun.AddDate(0, 0, 1)
	const page = ", url: \"https://school.example/another\""
	for _, tt := range []struct {
		name, more, head, says string
		effect                 runner.RunningKind
	}{
		{"cancelled", change("cancelled"), "0 added, 1 removed, 0 moved, 0 changed", "the plan cancels it: its recording stops", runner.RunningCancelled},
		{
			"cut", change("{to: \"" + begun.Format(time.TimeOnly) + "-" + begun.Add(15*time.Minute).Format(time.TimeOnly) + "\"}"), "0 added, 0 removed, 1 moved, 0 changed",
			"the plan ends it at " + clock(15*time.Minute) + " instead of " + clock(20*time.Minute) + ": it is recorded until " + clock(15*time.Minute+time.Second), runner.RunningRetimed,
		},
		{
			"cut to what is past", change("{to: \"" + begun.Format(time.TimeOnly) + "-" + begun.Add(20*time.Second).Format(time.TimeOnly) + "\"}"), "0 added, 0 removed, 1 moved, 0 changed",
			"the plan ends it at " + clock(20*time.Second) + ", which is past: that is refused, and it is recorded until " + clock(20*time.Minute+time.Second), runner.RunningEndPast,
		},
		{
			"moved", change("{to: " + dated(tomorrow, 20*time.Minute) + "}"), "0 added, 0 removed, 1 moved, 0 changed",
			"the plan moves it to " + tomorrow.Format("Mon 2006-01-02 15:04 MST") + ": its recording stops, and it is recorded again then", runner.RunningMoved,
		},
		{
			"another page", page, "0 added, 0 removed, 0 moved, 1 changed",
			"the plan gives it another page: it is recorded from the old page, and the new one is used from its next class on; " +
				"rundown cancel " + name + " and then rundown cancel --undo " + name + " begin a session with it now", runner.RunningNewPage,
		},
	} {
		write(t, edited, plan(tt.more))
		_, text, said := command(t, "diff", edited, "--store", dsn)
		if !strings.Contains(text, "\n"+tt.head+"\n1 running class changes:\n  "+name+": "+tt.says+"\n") {
			t.Errorf("%s: diff says\n%s%s", tt.name, text, said)
		}
		if _, text, _ = command(t, "diff", edited, "--store", dsn, "--format", "markdown"); !strings.Contains(text, "1 running class changes:\n\n- "+name+": "+tt.says+"\n") {
			t.Errorf("%s: the markdown says\n%s", tt.name, text)
		}
		_, text, _ = command(t, "diff", edited, "--store", dsn, "--format", "json")
		if d := decoded[differenceJSON](t, text); len(d.Running) != 1 || d.Running[0].Effect != tt.effect || len(d.Leaving) > 0 {
			t.Errorf("%s: the JSON says %+v", tt.name, d.Running)
		}
		if _, text, _ = command(t, "diff", path, edited); !strings.HasPrefix(text, tt.head+"\n") {
			t.Errorf("%s: of two files diff says\n%s", tt.name, text)
		}
	}

	if status, _, said := command(t, "extend", name, "10m", "--store", dsn); status != StatusOK {
		t.Fatal(said)
	}
	daemon.await(1, `msg="order taken"`)
	_, text, _ := command(t, "show", name, "--store", dsn)
	if want := " to " + begun.Add(30*time.Minute+time.Second).Format(view.TimeForm) + "\n"; !regexp.MustCompile(`(?m)^  to record .*` + regexp.QuoteMeta(want)).MatchString(text) {
		t.Errorf("show lacks what is recorded with the extension%s%s", want, text)
	}
	if _, text, _ = command(t, "status", "--store", dsn); !regexp.MustCompile(` recording +2\dm left, \dm missing`).MatchString(text) {
		t.Errorf("status does not say what is missing:\n%s", text)
	}

	write(t, edited, plan(page))
	_, text, said := command(t, "apply", edited, "--store", dsn)
	if !strings.Contains(text, "\n  1 class changed; rundown apply --revision 1 takes this back\n1 running class changes:\n  "+name+": the plan gives it another page") {
		t.Errorf("apply says\n%s%s", text, said)
	}
	daemon.await(1, "plan applied", "revision=2", "changed=1")
	for _, args := range [][]string{{"history", name}, {"show", name}} {
		_, text, _ = command(t, append(args, "--store", dsn)...)
		for _, want := range []string{" page +https://school.example/running\\?", " new page +https://school.example/another ", "revision 2 of the plan gives it another page"} {
			if !regexp.MustCompile(want).MatchString(strings.Join(strings.Fields(text), " ")) {
				t.Errorf("%v lacks %q:\n%s", args, want, text)
			}
		}
	}
	_, text, _ = command(t, "status", "--store", dsn, "--format", "json")
	if o := decoded[statusJSON](t, text).Occurrences; len(o) != 1 || !strings.HasPrefix(deref(o[0].Page), "https://school.example/running?") {
		t.Errorf("the page is another one than its session records: %s", text)
	}
	if _, text, _ = command(t, "diff", edited, "--store", dsn); !strings.Contains(text, "\nno classes differ\n\n") {
		t.Errorf("what is applied differs from itself:\n%s", text)
	}

	eventually(t, 20*time.Second, "people hear of the revision", func() bool { return len(hook.events("plan.applied")) == 2 })
	if heard := hook.events("plan.applied")[1].Data.Text; !strings.Contains(heard, " 1 is changed otherwise.") || !strings.Contains(heard, " 1 class is being recorded from the old page, ") {
		t.Errorf("plan.applied says %q", heard)
	}

	for _, order := range [][]string{{"cancel", name}, {"cancel", name, "--undo"}} { // as the hint says
		if status, _, said := command(t, append(order, "--store", dsn)...); status != StatusOK {
			t.Fatal(said)
		}
		if len(order) == 2 {
			daemon.await(1, "state=ended")
		}
	}
	daemon.await(1, "state=recording", "recorded_now=false")
	eventually(t, 20*time.Second, "a session records the new page", func() bool {
		sessions := readLedger(t, address).Sessions
		return len(sessions) == 2 && sessions[1].URL == "https://school.example/another"
	})
	eventually(t, 20*time.Second, "the page is the new one", func() bool {
		_, text, _ := command(t, "history", name, "--store", dsn)
		return !strings.Contains(text, "new page") && strings.Contains(text, "https://school.example/another\n")
	})

	write(t, edited, plan(page+change("cancelled")))
	if _, text, said = command(t, "apply", edited, "--store", dsn); !strings.Contains(text, "\n  1 class removed; rundown apply --revision 2 takes this back\n1 running class changes:\n  "+name+": the plan cancels it: its recording stops\n") {
		t.Errorf("apply says\n%s%s", text, said)
	}
	daemon.await(1, "plan applied", "revision=3", "removed=1", "changed=0", "stopped_running=1")
	if _, text, _ = command(t, "history", name, "--store", dsn); !strings.Contains(text, "revision 3 of the plan cancels it: its recording stops\n") {
		t.Errorf("the history has no line of the revision:\n%s", text)
	}
}
