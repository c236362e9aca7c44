package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"rundown/internal/planfile"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/reason"
)

// reloader reads the plan files of a daemon again and applies those that have changed. It belongs to one goroutine.
type reloader struct {
	a      *app
	w      *environment
	engine *runner.Engine
	log    *slog.Logger
	plans  []planfile.Checked
	state  []readState // of each plan

	reading planfile.OnPath  // hears of each file before it is read, and of "" when no file is being read
	unset   *unsetReferences // to be cleared for a plan that is applied

	seen      string // the content found at the last tick, which may be half-written
	seenSince time.Time
}

// readState is what came of the last reading of a plan.
type readState struct {
	files   *planfile.Files // as they were read
	digest  string          // of their content
	refused string          // why the plan was not applied; "": it was
	code    reason.Code
	since   time.Time // when it was refused
	retry   bool      // and the reason may go away without a change of the files
}

func newReloader(a *app, w *environment, engine *runner.Engine, log *slog.Logger, plans []planfile.Checked) *reloader {
	r := &reloader{a: a, w: w, engine: engine, log: log, plans: slices.Clone(plans), state: make([]readState, len(plans)), unset: &unsetReferences{}}
	for i, c := range plans {
		if c.Files != nil {
			r.state[i] = readState{files: c.Files, digest: c.Files.Digest()}
		}
	}
	return r
}

// reads are the plans with the files that were read last, to be watched.
func (r *reloader) reads() []planfile.Checked {
	reads := slices.Clone(r.plans)
	for i := range reads {
		reads[i].Files = r.state[i].files
	}
	return reads
}

// due says whether the plans are to be read again now. Where a difference was found without an event, the files may be
// being written: confirm says that they are to be compared again after a moment.
func (r *reloader) due(kind planfile.WatchKind) (now, confirm bool) {
	differs, found := false, ""
	for i := range r.state {
		d, once := r.current(i)
		differs = differs || !once && d != r.state[i].digest
		found += d
	}
	retry := slices.ContainsFunc(r.state, func(s readState) bool { return s.retry })
	switch {
	case !differs:
		r.seen = ""
		return retry, false
	case kind == planfile.WatchSettled, found == r.seen:
	case r.seen == "":
		r.seen, r.seenSince = found, time.Now()
		return false, true
	case time.Since(r.seenSince) < planfile.WatchTimes.Most:
		r.seen = found
		return false, true
	}
	r.seen = ""
	return true, false
}

// current is the digest of what the files of a plan hold now; once: they can be read only once.
func (r *reloader) current(i int) (digest string, once bool) {
	files := r.state[i].files
	if r.plans[i].Path == planfile.StdinPath || files != nil && files.Once && !files.RegularNow() {
		return "", true
	}
	if files == nil { // a revision of the store took the place of a broken file
		files = planfile.NewFiles(nil, r.plans[i].Path, r.a.flags.includeDirs...)
	}
	return files.Again(r.a.flags.includeDirs, r.reading).Digest(), false
}

// load reads a plan and applies every rule.
func (r *reloader) load(path string) (planfile.Checked, error) {
	files := planfile.NewFiles(r.a.in, path, r.a.flags.includeDirs...)
	files.Reading = r.reading
	c, err := planfile.Load(files)
	r.reading.At("")
	if err == nil {
		c.Check(rules.Options{Now: r.a.clock()})
	}
	return c, err
}

// rejected are the health issues of the plans whose files were not applied.
func (r *reloader) rejected() (issues []runner.Issue) {
	for i, s := range r.state {
		if s.refused != "" {
			issues = append(issues, runner.Issue{
				ID: reason.IssuePlanRejected, ReasonCode: s.code, Severity: runner.SeverityWarning, Since: s.since, About: r.plans[i].Plan.Name,
				Text: fmt.Sprintf("plan %s was not reloaded from %s, and the active plan stays: %s", r.plans[i].Plan.Name, r.plans[i].Path, s.refused),
			})
		}
	}
	return issues
}

// rejectedPlans names the plans whose files were not applied.
func (r *reloader) rejectedPlans() (names []string) {
	for i, s := range r.state {
		if s.refused != "" {
			names = append(names, r.plans[i].Plan.Name)
		}
	}
	return names
}

// reload reads the plans again and applies those that have changed. A plan with errors changes nothing: the active one
// stays. force applies also what has not changed, and reads streams.
func (r *reloader) reload(ctx context.Context, force bool) {
	for i := range r.plans {
		old, state := r.plans[i], &r.state[i]
		d, once := r.current(i)
		if !force && (once || d == state.digest && !state.retry) {
			continue
		}
		c, err := r.load(old.Path)
		if ctx.Err() != nil { // it may have been read for long
			return
		}
		before := *state
		*state = readState{files: c.Files, digest: c.Files.Digest()}
		changed, retry, err := r.apply(ctx, old, c, err, force)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err != nil:
			state.refused, state.retry, state.since = err.Error(), retry, r.a.clock()
			state.code = cmp.Or(reason.CodeOf(err), reason.IssuePlanRejected)
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
	case errors.Is(err, runner.ErrHeld): // said already; the file has been read, and is not asked about again
	case err != nil:
		return false, true, err
	default:
		r.unset.clear(c.Plan.Name)
	}
	return true, false, nil
}
