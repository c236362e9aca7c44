package cli

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rundown/internal/planfile"
	"rundown/runner/view"
)

// growing is a plan with n recordings of a class tomorrow each; a plan that includes has them in what it includes.
func growing(n int, include string) (root, part string) {
	tomorrow := time.Now().UTC().Add(24 * time.Hour).Truncate(time.Hour)
	part = "recordings:\n"
	for i := range n {
		part += fmt.Sprintf("  r%d: {when: %s, url: \"https://school.example/%d\"}\n", i, dated(tomorrow, time.Hour/2), i)
	}
	root = strings.TrimSuffix(aroundNow, "recordings:\n")
	if include == "" {
		return root + part, ""
	}
	return strings.Replace(root, "apps:", "include: "+include+"\napps:", 1), part
}

// deployment is a way in which the files of a plan are put in place and replaced.
type deployment struct {
	root  string // of the plan, in the folder
	put   func(d *files, n int)
	again func(d *files, n int)
}

// files is the folder of a deployment.
type files struct {
	t      *testing.T
	folder string
}

func (d *files) path(name string) string { return filepath.Join(d.folder, name) }

// must ends the test for an error.
func (d *files) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// over writes a file in place.
func (d *files) over(name, text string) {
	d.t.Helper()
	d.must(os.MkdirAll(filepath.Dir(d.path(name)), 0o700))
	write(d.t, d.path(name), text)
}

// whole puts a file in the place of another at once, so that nobody reads a part of it.
func (d *files) whole(name, text string) {
	d.t.Helper()
	write(d.t, d.path(name+".tmp"), text)
	d.must(os.Rename(d.path(name+".tmp"), d.path(name)))
}

// swap puts a link in the place of another at once.
func (d *files) swap(name, target string) {
	d.t.Helper()
	d.must(os.Symlink(target, d.path(name+".tmp")))
	d.must(os.Rename(d.path(name+".tmp"), d.path(name)))
}

// plan writes a plan without include in place.
func (d *files) plan(name string, n int) {
	d.t.Helper()
	text, _ := growing(n, "")
	d.over(name, text)
}

var deployments = map[string]deployment{
	"a file written in place, as one that is mounted by itself": {
		root:  "plan.yaml",
		put:   func(d *files, n int) { d.plan("plan.yaml", n) },
		again: func(d *files, n int) { d.plan("plan.yaml", n) },
	},
	"a file without an extension that is replaced": {
		root: "plan",
		put:  func(d *files, n int) { d.plan("plan", n) },
		again: func(d *files, n int) {
			d.plan("plan~", n)
			d.must(os.Rename(d.path("plan~"), d.path("plan")))
		},
	},
	"a ConfigMap of Kubernetes": {
		root: "plan.yaml",
		put: func(d *files, n int) {
			d.plan("..v1/plan.yaml", n)
			link(d.t, "..v1", d.path("..data"))
			link(d.t, "..data/plan.yaml", d.path("plan.yaml"))
		},
		again: func(d *files, n int) {
			d.plan(fmt.Sprintf("..v%d/plan.yaml", n), n)
			d.swap("..data", fmt.Sprintf("..v%d", n))
		},
	},
	"a linked folder that is swapped while the old one is kept": {
		root: "current/plan",
		put: func(d *files, n int) {
			d.plan("releases/v1/plan", n)
			link(d.t, "releases/v1", d.path("current"))
		},
		again: func(d *files, n int) {
			d.plan(fmt.Sprintf("releases/v%d/plan", n), n)
			d.swap("current", fmt.Sprintf("releases/v%d", n))
		},
	},
	"a linked file whose target is edited": {
		root: "plan.yaml",
		put: func(d *files, n int) {
			d.plan("checkout/lingua", n)
			link(d.t, d.path("checkout/lingua"), d.path("between"))
			link(d.t, "between", d.path("plan.yaml"))
		},
		again: func(d *files, n int) { d.plan("checkout/lingua", n) },
	},
	"a folder that is renamed and made anew": {
		root: "plans/plan.yaml",
		put:  func(d *files, n int) { d.plan("plans/plan.yaml", n) },
		again: func(d *files, n int) {
			d.must(os.Rename(d.path("plans"), d.path(fmt.Sprintf("plans.%d", n))))
			d.plan("plans/plan.yaml", n)
		},
	},
	"a folder that is removed and put in place whole": {
		root: "plans/plan.yaml",
		put:  func(d *files, n int) { d.plan("plans/plan.yaml", n) },
		again: func(d *files, n int) {
			d.plan("next/plan.yaml", n)
			d.must(os.RemoveAll(d.path("plans")))
			d.must(os.Rename(d.path("next"), d.path("plans")))
		},
	},
	"a new folder where a glob looks": {
		root: "plan.yaml",
		put: func(d *files, n int) {
			root, part := growing(n, `["*/*/part"]`)
			d.over("schools/a/part", part)
			d.over("plan.yaml", root)
		},
		again: func(d *files, n int) {
			_, before := growing(n-1, "-")
			_, part := growing(n, "-")
			d.over(fmt.Sprintf("school-%d/b/part", n), "recordings:\n"+strings.TrimPrefix(part, before))
		},
	},
}

// TestEachDeploymentIsReadAgain has a daemon by which the files are replaced as deployments do, twice, with a SIGHUP
// between.
func TestEachDeploymentIsReadAgain(t *testing.T) {
	for name, form := range deployments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &files{t, plansIn(t, nil)}
			form.put(d, 1)
			daemon := start(t, "stderr", append(canaries, "RUNDOWN_TEST_WATCH=50ms 500ms 1h"), "run", d.path(form.root), "--simulate", "--listen", "127.0.0.1:0")
			daemon.await(1, "msg=running")
			form.again(d, 2)
			daemon.await(1, "plan applied", "added=1", "removed=0")
			d.must(daemon.cmd.Process.Signal(syscall.SIGHUP))
			daemon.await(1, "plan applied", "added=0", "removed=0")
			form.again(d, 3)
			daemon.await(1, "plan applied", "added=1", "removed=0")
			if status := daemon.end(syscall.SIGTERM); status != StatusOK {
				t.Errorf("status %d", status)
			}
		})
	}
}

// TestAChangeThatLeavesSizeAndTimeIsFound edits a file and sets its time back.
func TestAChangeThatLeavesSizeAndTimeIsFound(t *testing.T) {
	t.Parallel()
	d := &files{t, plansIn(t, nil)}
	text, _ := growing(2, "")
	d.over("plan.yaml", strings.Replace(text, "  r1:", "# r1:", 1))
	info, err := os.Stat(d.path("plan.yaml"))
	d.must(err)
	daemon := start(t, "stderr", append(canaries, "RUNDOWN_TEST_WATCH=50ms 500ms 100ms"), "run", d.path("plan.yaml"), "--simulate", "--listen", "127.0.0.1:0")
	daemon.await(1, "msg=running")
	d.over("plan.yaml.tmp", text)
	d.must(os.Chtimes(d.path("plan.yaml.tmp"), time.Time{}, info.ModTime()))
	d.must(os.Rename(d.path("plan.yaml.tmp"), d.path("plan.yaml")))
	daemon.await(1, "plan applied", "added=1", "removed=0")
}

// TestAPlanThatIsRefusedIsToldOfOnce compares again and again while the file is broken, and takes it over once it is
// mended.
func TestAPlanThatIsRefusedIsToldOfOnce(t *testing.T) {
	t.Parallel()
	d := &files{t, plansIn(t, nil)}
	d.plan("plan.yaml", 1)
	listen := freeAddress(t)
	daemon := start(t, "stderr", append(canaries, "RUNDOWN_TEST_WATCH=20ms 200ms 20ms"), "run", d.path("plan.yaml"), "--simulate", "--listen", listen)
	daemon.await(1, "msg=running")
	d.whole("plan.yaml", "version: 1\nname: today\n")
	daemon.await(1, "plan rejected")
	eventually(t, 10*time.Second, "/readyz tells of it, and is ready", func() bool {
		status, said := health(listen, "/readyz")
		return status == http.StatusOK && strings.HasPrefix(said, "ready\nplan-rejected: plan today was not reloaded from "+d.path("plan.yaml"))
	})
	d.must(os.Remove(d.path("plan.yaml")))
	daemon.await(1, "plan rejected", "no such file")
	two, _ := growing(2, "")
	d.whole("plan.yaml", two)
	daemon.await(1, "plan applied", "added=1")
	eventually(t, 10*time.Second, "/readyz has no issue", func() bool {
		_, said := health(listen, "/readyz")
		return said == "ready\n"
	})
	d.whole("plan.yaml", "version: 1\nname: today\n")
	daemon.await(1, "plan rejected")
	d.whole("plan.yaml", two) // as it was applied
	daemon.await(1, "plan file is fixed and equals the active plan", d.path("plan.yaml"))
	if n := strings.Count(daemon.output(), "plan rejected"); n != 3 {
		t.Errorf("refused %d times, want one for each text:\n%s", n, daemon.output())
	}
}

// TestFilesSettleBeforeTheyAreRead looks at files twice a second: the wait begins anew with each change, but has an end.
func TestFilesSettleBeforeTheyAreRead(t *testing.T) {
	t.Parallel()
	const look = 500 * time.Millisecond
	for _, tt := range []struct {
		name   string
		writes time.Duration // how long the writer goes on; it writes between any two looks
		want   []time.Duration
	}{
		{"nothing changes", 0, []time.Duration{30 * time.Second, time.Minute}},
		{"one change", look, []time.Duration{1500 * time.Millisecond, 31500 * time.Millisecond, 61500 * time.Millisecond}},
		{"a slow writer", 4 * time.Second, []time.Duration{5 * time.Second, 35 * time.Second}},
		{"a writer that never ends", time.Hour, []time.Duration{10500 * time.Millisecond, 21 * time.Second, 31500 * time.Millisecond, 42 * time.Second, 52500 * time.Millisecond}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			var w planfile.Watch
			w.Look("", begun, planfile.WatchTimes)
			var got []time.Duration
			for at := time.Duration(0); at <= 62*time.Second; at += look {
				stamp := strings.Repeat("x", int(min(at, tt.writes)/look))
				if w.Look(stamp, begun.Add(at), planfile.WatchTimes) {
					got = append(got, at)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("compared at %v, want %v", got, tt.want)
			}
		})
	}
}

// written is what a writer has put into a file, so long after the time before, and whether the plans are to be read then.
type written struct {
	text  string
	after time.Duration
	due   bool
}

// TestFilesAreReadOnceTheyHaveSettled writes over a file between the looks.
func TestFilesAreReadOnceTheyHaveSettled(t *testing.T) {
	t.Parallel()
	const look = 500 * time.Millisecond
	endless := []written{{"1", 0, false}, {"1", time.Second, false}}
	for i := range 20 {
		endless = append(endless, written{fmt.Sprint(i % 7), max(look, time.Duration(1-i)*31*time.Second), false})
	}
	endless = append(endless, written{"8", look, true})
	for _, tt := range []struct {
		name, file string
		timed      bool // the time of the file is that of its size, which is as if size and time told of a change; otherwise it stays
		steps      []written
	}{
		{"a file that was read", "plan.yaml", true, []written{
			{"one", 0, false},
			{"one", time.Second, false},
			{"one, tw", 31 * time.Second, false},
			{"one, two, th", look, false},
			{"one, two, three", look, false},
			{"one, two, three", look, false},
			{"one, two, three", look, true},
			{"one", time.Second, false}, // as it was read: nothing is to be done
			{"one", time.Second, false},
		}},
		{"a new file that a glob matches", "parts/new.yaml", true, []written{
			{"", 0, false}, // none
			{"", time.Second, false},
			{"one, tw", 31 * time.Second, false},
			{"one, two, th", look, false},
			{"one, two, three", look, false},
			{"one, two, three", look, false},
			{"one, two, three", look, true},
		}},
		{"a change that size and time do not tell of", "plan.yaml", false, []written{
			{"one", 0, false},
			{"one", time.Second, false},
			{"two", 31 * time.Second, false},
			{"six", look, false},
			{"ten", look, false},
			{"ten", look, false},
			{"ten", look, true},
		}},
		{"such a change that is taken back", "plan.yaml", false, []written{
			{"one", 0, false},
			{"one", time.Second, false},
			{"two", 31 * time.Second, false},
			{"one", look, false},
			{"one", look, false},
			{"one", look, false},
		}},
		{"such changes without end", "plan.yaml", false, endless},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := &files{t, plansIn(t, map[string]string{"plan.yaml": tt.steps[0].text})}
			d.must(os.Mkdir(d.path("parts"), 0o700))
			path := d.path("plan.yaml")
			stays := time.Unix(0, 0)
			d.must(os.Chtimes(path, stays, stays))
			read := planfile.NewFiles(nil, path)
			_, err := read.ReadFile(path)
			d.must(err)
			_, err = read.Glob(d.path("parts/*.yaml"))
			d.must(err)
			r := newReloader(&app{}, nil, nil, nil, []planfile.Checked{{Path: path, Files: read}})
			now := time.Now()
			for i, step := range tt.steps {
				if step.text != "" {
					d.over(tt.file, step.text)
					at := stays
					if tt.timed {
						at = time.Unix(int64(len(step.text)), 0)
					}
					d.must(os.Chtimes(d.path(tt.file), at, at))
				}
				now = now.Add(step.after)
				if due := r.due(now); due != step.due {
					t.Errorf("step %d, %q: due %v, want %v", i, step.text, due, step.due)
				}
			}
		})
	}
}

// TestWhatIsWrittenWhileItIsReadIsNotJudged has a writer that goes on whenever the files are read, with a plan that is refused: that is
// told once the writer is done, or after 10 s.
func TestWhatIsWrittenWhileItIsReadIsNotJudged(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		writes time.Duration // how long the writer goes on
		want   time.Duration // when the plan is refused
	}{
		{"a writer that ends", 4 * time.Second, 4500 * time.Millisecond},
		{"a writer that never ends", time.Hour, 10500 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			folder := plansIn(t, nil)
			synctest.Test(t, func(t *testing.T) {
				d := &files{t, folder}
				root, part := growing(1, "[part.yaml]")
				d.over("part.yaml", part)
				d.over("plan.yaml", root)
				c, err := planfile.Load(planfile.NewFiles(nil, d.path("plan.yaml")))
				d.must(err)
				r := newReloader(&app{clock: time.Now}, nil, nil, slog.New(slog.DiscardHandler), []planfile.Checked{c})
				r.due(time.Now())
				time.Sleep(time.Second) // virtual, as the other: the files settle, and are looked at as by the daemon
				r.due(time.Now())
				begun, reading, broken := time.Now(), false, "version: 1\nname: today\ninclude: [part.yaml]\n"
				r.reading = func(path string) {
					if reading && path == d.path("part.yaml") && time.Since(begun) <= tt.writes {
						broken += "# more\n"
						d.over("plan.yaml", broken)
					}
				}
				d.over("plan.yaml", broken)
				for len(r.rejected()) == 0 {
					if time.Since(begun) > time.Minute {
						t.Fatal("the plan is never refused")
					}
					time.Sleep(500 * time.Millisecond) // virtual: until the next look at the files
					if r.due(time.Now()) {
						reading = true
						r.reload(t.Context(), false)
						reading = false
					}
				}
				if got := time.Since(begun); got != tt.want {
					t.Errorf("refused after %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// shownEnds asks a command for the end and the extension of the occurrences that it knows, by identity.
func shownEnds(t *testing.T, dsn string, args ...string) map[string][2]string {
	t.Helper()
	status, out, said := command(t, append(args, "--store", dsn, "--format", "json")...)
	if status != StatusOK {
		t.Fatalf("%v: status %d: %s", args, status, said)
	}
	var answer struct {
		Occurrences []view.Occurrence
		Life        *view.Occurrence
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Life != nil {
		answer.Occurrences = append(answer.Occurrences, *answer.Life)
	}
	ends := map[string][2]string{}
	for _, o := range answer.Occurrences {
		until := ""
		if o.Extended != nil {
			until = deref(o.Extended.Until)
		}
		ends[o.ID] = [2]string{deref(o.End), until}
	}
	return ends
}

// TestAnExtensionSurvivesAPlanThatLosesTheClassForAMoment has show and status tell the same of it.
func TestAnExtensionSurvivesAPlanThatLosesTheClassForAMoment(t *testing.T) {
	t.Parallel()
	d := &files{t, plansIn(t, nil)}
	dsn, path := "sqlite:"+d.path("rundown.db"), d.path("plan.yaml")
	// Within the day that status looks ahead.
	soon := time.Now().UTC().Add(2 * time.Hour).Truncate(time.Hour)
	class := func(id string) string {
		return fmt.Sprintf("  %s: {when: %s, url: \"https://school.example/%s\"}\n", id, dated(soon, time.Hour/2), id)
	}
	d.over("plan.yaml", aroundNow+class("a")+class("b"))
	address, _ := serve(t)
	daemon := start(t, "stderr", append(canaries, "RUNDOWN_TEST_WATCH=50ms 500ms 100ms"), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.await(1, "msg=running")
	id := "today/a/" + soon.Format(view.IdentityForm)
	end, until := soon.Add(time.Hour/2).Format(time.RFC3339), soon.Add(3*time.Hour/4).Format(time.RFC3339)
	await := func(what string, want map[string][2]string) {
		t.Helper()
		eventually(t, 30*time.Second, fmt.Sprintf("%s: status shows %v", what, want[id]), func() bool { return shownEnds(t, dsn, "status")[id] == want[id] })
	}
	await("planned", map[string][2]string{id: {end, ""}})
	if status, _, said := command(t, "extend", id, "15m", "--store", dsn, "--reason", "the exam"); status != StatusOK {
		t.Fatal(said)
	}
	want := map[string][2]string{id: {until, until}}
	await("extended", want)
	d.over("plan.yaml", aroundNow+class("b"))
	daemon.await(1, "plan applied", "added=0", "removed=1")
	await("removed", nil)
	d.over("plan.yaml", aroundNow+class("a")+class("b"))
	daemon.await(1, "plan applied", "added=1", "removed=0")
	await("back", want)
	for _, args := range [][]string{{"show", id}, {"show", id, path}, {"history", id}} {
		if got := shownEnds(t, dsn, args...); got[id] != want[id] {
			t.Errorf("%v: %v, want %v as status says", args, got, want)
		}
	}
	for _, args := range [][]string{{"status"}, {"show", id}, {"show", id, path}, {"history", id}} {
		if _, out, _ := command(t, append(args, "--store", dsn)...); !strings.Contains(out, "the exam") || !strings.Contains(out, "extended") {
			t.Errorf("%v does not tell of the extension:\n%s", args, out)
		}
	}
}
