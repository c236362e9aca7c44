package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rundown/internal/host"
	"rundown/internal/planfile"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/reason"
)

// reloader reads the plan files of a daemon again and applies those that have changed. It belongs to one goroutine.
//
// Files are written by editors, by git and by mounts, in any number of steps. So a change is used only once all files of a plan
// have been still for a while, or have changed for too long (planfile.WatchTimes); what was read is used only where the files are
// still the same afterwards. A plan that cannot be used never changes what is active: it is logged once, reported as a health
// issue, and tried again where the reason may go away by itself, such as a variable's file that is missing.
type reloader struct {
	a      *app
	w      *environment
	engine *runner.Engine
	log    *slog.Logger
	plans  []planfile.Checked
	state  []readState // of each plan

	reading planfile.OnPath // hears of each file before it is read, and of "" when no file is being read

	watch  planfile.Watch // over the files of all plans
	silent bool           // what is waited for was found by what the files hold; size and time do not tell of it
	held   string         // what the files held at the last stamp while silent
}

// readState is what came of the last reading of a plan.
type readState struct {
	files   *planfile.Files // as they were read
	digest  string          // of their content
	refused string          // why the plan was not applied; "": it was
	code    reason.Code
	advice  string    // what to do about it; "": the reason says it
	since   time.Time // when it was refused
	retry   bool      // and the reason may go away without a change of the files
}

// newReloader begins with the plans as they were read at the start, so that files that have changed since are found.
func newReloader(a *app, w *environment, engine *runner.Engine, log *slog.Logger, plans []planfile.Checked) *reloader {
	r := &reloader{a: a, w: w, engine: engine, log: log, plans: slices.Clone(plans), state: make([]readState, len(plans))}
	for i, c := range plans {
		if c.Files != nil {
			r.state[i] = readState{files: c.Files, digest: c.Files.Digest()}
		}
	}
	return r
}

// due says whether the plans are to be read again now: the files have changed and settled, or what failed is worth another try.
func (r *reloader) due(now time.Time) bool {
	if len(r.plans) == 0 {
		return false
	}
	defer r.reading.At("")
	waited := r.watch.Waiting()
	r.silent = r.silent && waited
	if !r.watch.Look(r.stamp(), now, planfile.WatchTimes) {
		return false
	}
	changed, retry := false, false
	for i := range r.state {
		d, once := r.current(i)
		changed = changed || !once && d != r.state[i].digest
		retry = retry || r.state[i].retry
	}
	if !changed {
		return retry
	}
	r.silent = r.silent || !waited
	return r.watch.Settled(r.stamp(), now, planfile.WatchTimes)
}

// stamp stands for the state of the files of all plans, and for what they hold where size and time do not tell of a change.
func (r *reloader) stamp() string {
	stamp, held := "", ""
	for i := range r.plans {
		stamp += r.files(i).Stamp()
		if r.silent {
			d, _ := r.current(i)
			held += d
		}
	}
	if r.silent {
		r.held = held
	}
	return stamp + r.held // it stays afterwards: that nothing is waited for any more is no change
}

// files are those of a plan as they were read last.
func (r *reloader) files(i int) *planfile.Files {
	files := r.state[i].files
	if files == nil { // a revision of the store took the place of a broken file
		files = planfile.NewFiles(nil, r.plans[i].Path, r.a.flags.includeDirs...)
	}
	files.Reading = r.reading
	return files
}

// current is the digest of what the files of a plan hold now; once: they can be read only once.
func (r *reloader) current(i int) (digest string, once bool) {
	files := r.files(i)
	if r.plans[i].Path == planfile.StdinPath || files.Once && !files.RegularNow() {
		return "", true
	}
	return files.Again(r.a.flags.includeDirs, r.reading).Digest(), false
}

// load reads a plan.
func (r *reloader) load(path string) (planfile.Checked, error) {
	files := planfile.NewFiles(r.a.in, path, r.a.flags.includeDirs...)
	files.Reading = r.reading
	c, err := planfile.Load(files)
	r.reading.At("")
	return c, err
}

// rejected are the health issues of the plans whose files were not applied.
func (r *reloader) rejected() (issues []runner.Issue) {
	for i, s := range r.state {
		if s.refused != "" {
			issues = append(issues, runner.Issue{
				ID: reason.IssuePlanRejected, ReasonCode: s.code, Severity: runner.SeverityWarning, Since: s.since, About: r.plans[i].Plan.Name,
				Text:   fmt.Sprintf("plan %s was not reloaded from %s, and the active plan stays: %s", r.plans[i].Plan.Name, r.plans[i].Path, s.refused),
				Advice: s.advice,
			})
		}
	}
	return issues
}

// reload reads the plans again and applies those that have changed. A plan with errors changes nothing: the active one
// stays. What is written while it is read is left for when it has settled. force applies that, too, and what has not
// changed, and reads streams.
func (r *reloader) reload(ctx context.Context, force bool) {
	defer r.reading.At("")
	for i := range r.plans {
		old, state := r.plans[i], &r.state[i]
		d, once := r.current(i)
		if !force && (once || d == state.digest && !state.retry) {
			continue
		}
		c, err := r.load(old.Path)
		before := *state
		state.files = c.Files // also files that are included for the first time have to settle
		settled := force || c.Files.Once || r.watch.Settled(r.stamp(), time.Now(), planfile.WatchTimes)
		if ctx.Err() != nil || !settled { // it may have been read for long
			return
		}
		if err == nil {
			c.Check(rules.Options{Now: r.a.clock()})
		}
		*state = readState{files: c.Files, digest: c.Files.Digest()}
		unsound := err != nil || !c.Sound()
		changed, retry, err := r.apply(ctx, old, c, err, force)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err != nil:
			state.refused, state.retry, state.since = err.Error(), retry, r.a.clock()
			state.code = cmp.Or(reason.CodeOf(err), reason.IssuePlanRejected)
			switch path, failed := filepath.Abs(old.Path); {
			case unsound && failed == nil:
				state.advice = fmt.Sprintf("rundown validate %s lists its errors", path)
			case state.code == reason.IssueReferencesUnset:
				state.advice = setReferences
			}
			if before.refused == state.refused {
				state.since = before.since
			}
			if force || state.refused != before.refused || state.digest != before.digest {
				r.log.Error("plan rejected, the active plan stays", "plan", old.Plan.Name, "file", old.Path, "reason_code", state.code, "error", err)
			}
		case changed:
			r.plans[i] = c
		case before.refused != "": // who mended it wants to know
			r.log.Info("plan file is fixed and equals the active plan", "plan", old.Plan.Name, "file", old.Path)
		}
	}
}

// apply applies a plan that was read; retry says that the same files may be applied later.
func (r *reloader) apply(ctx context.Context, old, c planfile.Checked, unread error, force bool) (changed, retry bool, err error) {
	switch {
	case unread != nil:
		return false, false, unread
	case !c.Sound():
		return false, false, c.Unsound()
	case c.Plan.Name != old.Plan.Name:
		return false, false, fmt.Errorf("its name changed to %s, and the name is part of every class id; restart to change it", c.Plan.Name)
	case !force && planfile.SameFiles(old.Plan, c.Plan):
		return false, false, nil
	}
	r.reading.At(old.Path) // references may stand for files
	err = r.w.unresolved(c.Plan)
	r.reading.At("")
	if err != nil {
		return false, true, err
	}
	switch _, err := r.engine.Apply(ctx, c.Plan); {
	case errors.Is(err, runner.ErrNeedsConfirmation): // said already; the file has been read, and is not asked about again
	case err != nil:
		return false, true, err
	}
	return true, false, nil
}

// planReader reads a daemon's plan files again when they change or SIGHUP asks for it, and applies them. It has a
// goroutine of its own, which reads one plan at a time: a read of a dead network mount, or of a pipe that nobody writes
// to, may never end, and nothing else may wait for it.
//
// The fields are set by newPlanReader and begin. again belongs to the goroutine. Anyone may call issues.
type planReader struct {
	log   *slog.Logger
	again *reloader
	pace  *readingPace

	beat   *host.Supervised
	cancel context.CancelFunc
	done   chan struct{} // closed once the goroutine has ended

	mu       sync.Mutex
	rejected []runner.Issue // one for each plan that was; guarded by mu
}

// newPlanReader makes a reader that does nothing before begin; its health issues may be asked for before that.
func newPlanReader(d *daemon) *planReader {
	r := &planReader{log: d.log, pace: newReadingPace(planfile.WatchTimes.Slow, d.log), done: make(chan struct{})}
	r.again = newReloader(d.a, d.work, d.engine, d.log, d.plans)
	r.again.reading = r.pace.at
	return r
}

// begin starts the goroutine.
func (r *planReader) begin(ctx context.Context, beat *host.Supervised, hangup <-chan os.Signal) {
	r.beat = beat
	ctx, r.cancel = context.WithCancel(ctx)
	go r.loop(ctx, hangup)
}

// end ends the goroutine. It does not wait for a read that hangs: what that gives is not applied.
func (r *planReader) end() {
	r.cancel()
	select {
	case <-r.done:
	case <-time.After(host.LastWord):
		r.log.Warn("shut down while reading plan files; the next start applies their changes", "path", r.pace.reading())
	}
}

// loop is the goroutine. It looks twice in the time that files have to settle.
func (r *planReader) loop(ctx context.Context, hangup <-chan os.Signal) {
	defer close(r.done)
	look := time.NewTicker(planfile.WatchTimes.Settle / 2)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			if len(r.again.plans) == 0 {
				r.log.Info("no plan files to reload: use rundown apply to change the active plans")
			}
			r.reload(ctx, true)
		case <-look.C:
			if r.again.due(time.Now()) {
				r.reload(ctx, false)
			}
		}
	}
}

// reload reads the plans again, while the supervisor knows of it.
func (r *planReader) reload(ctx context.Context, force bool) {
	if ctx.Err() != nil {
		return
	}
	r.beat.Reloading()
	r.again.reload(ctx, force)
	if ctx.Err() == nil { // else the supervisor was told that it ends
		r.beat.Ready()
	}
	r.mu.Lock()
	r.rejected = r.again.rejected()
	r.mu.Unlock()
}

// issues are the health issues of the plan files.
func (r *planReader) issues() []runner.Issue {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(r.pace.issues(), r.rejected...)
}

// rejectedPlans names the plans whose files were read and not applied.
func (r *planReader) rejectedPlans() (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, issue := range r.rejected {
		names = append(names, issue.About)
	}
	return names
}

// readingPace knows which file is being read and since when, and warns once that takes long. It is safe for concurrent
// use.
type readingPace struct {
	slow time.Duration
	log  *slog.Logger

	mu     sync.Mutex // guards what follows
	path   string     // "": none
	since  time.Time
	warned bool
	timer  *time.Timer // calls check, on a goroutine of its own
}

// newReadingPace makes a pace with a timer that is stopped until a file is read.
func newReadingPace(slow time.Duration, log *slog.Logger) *readingPace {
	p := &readingPace{slow: slow, log: log}
	p.timer = time.AfterFunc(slow, p.check)
	p.timer.Stop()
	return p
}

// at says that the reading has come to a path; "": nothing is being read any more.
func (p *readingPace) at(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.warned {
		p.log.Info("plan file read", "path", p.path, "duration_ms", time.Since(p.since).Milliseconds())
	}
	p.path, p.since, p.warned = path, time.Now(), false
	p.timer.Stop()
	if path != "" {
		p.timer.Reset(p.slow)
	}
}

// check warns if the present path has taken too long.
func (p *readingPace) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.path == "" || p.warned || time.Since(p.since) < p.slow {
		return
	}
	p.warned = true
	p.log.Warn("reading a plan file is slow; plans are not reloaded until it ends, and the active plans stay",
		"reason_code", reason.IssuePlanRejected, "path", p.path, "duration_s", time.Since(p.since).Seconds())
}

// reading is what is being read; "": nothing.
func (p *readingPace) reading() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.path
}

// issues is the one of a read that has not ended for long.
func (p *readingPace) issues() []runner.Issue {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.warned {
		return nil
	}
	return []runner.Issue{{
		ID: reason.IssuePlanRejected, Severity: runner.SeverityWarning, Since: p.since,
		Text: fmt.Sprintf("reading %s has not ended since %s: plans are not reloaded until then, and the active plans stay",
			p.path, p.since.UTC().Format(time.RFC3339)),
		Advice: "check the file system, or what writes to the file; a restart ends the read, and recordings go on",
	}}
}
