package cli

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner"
)

// reloader reads the plan files of a daemon again and applies those that have changed. It belongs to one goroutine.
type reloader struct {
	a      *app
	w      *workplace
	engine *runner.Engine
	log    *slog.Logger
	plans  []checkedPlan
	state  []readState // of each plan

	reading onPath           // hears of each file before it is read, and of "" when no file is being read
	unset   *unsetReferences // to be cleared for a plan that is applied

	seen      string // the content found at the last tick, which may be half-written
	seenSince time.Time
}

// readState is what came of the last reading of a plan.
type readState struct {
	files   *osFiles // as they were read
	digest  string   // of their content
	refused string   // why the plan was not applied; "": it was
	code    runner.ReasonCode
	since   time.Time // when it was refused
	retry   bool      // and the reason may go away without a change of the files
}

func newReloader(a *app, w *workplace, engine *runner.Engine, log *slog.Logger, plans []checkedPlan) *reloader {
	r := &reloader{a: a, w: w, engine: engine, log: log, plans: slices.Clone(plans), state: make([]readState, len(plans)), unset: &unsetReferences{}}
	for i, c := range plans {
		if c.files != nil {
			r.state[i] = readState{files: c.files, digest: c.files.digest()}
		}
	}
	return r
}

// reads are the plans with the files that were read last, to be watched.
func (r *reloader) reads() []checkedPlan {
	reads := slices.Clone(r.plans)
	for i := range reads {
		reads[i].files = r.state[i].files
	}
	return reads
}

// due says whether the plans are to be read again now. Where a difference was found without an event, the files may be
// being written: confirm says that they are to be compared again after a moment.
func (r *reloader) due(kind watchKind) (now, confirm bool) {
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
	case kind == watchSettled, found == r.seen:
	case r.seen == "":
		r.seen, r.seenSince = found, time.Now()
		return false, true
	case time.Since(r.seenSince) < watchTimes.most:
		r.seen = found
		return false, true
	}
	r.seen = ""
	return true, false
}

// current is the digest of what the files of a plan hold now; once: they can be read only once.
func (r *reloader) current(i int) (digest string, once bool) {
	files := r.state[i].files
	if r.plans[i].path == stdinPath || files != nil && files.once && !files.regularNow() {
		return "", true
	}
	if files == nil { // a revision of the store took the place of a broken file
		files = newPlanFiles(nil, r.plans[i].path, r.a.flags.includeDirs...)
	}
	return files.again(r.a.flags.includeDirs, r.reading).digest(), false
}

// load reads a plan and applies every rule.
func (r *reloader) load(path string) (checkedPlan, error) {
	files := newPlanFiles(r.a.in, path, r.a.flags.includeDirs...)
	files.reading = r.reading
	c, err := loadPlanFrom(files)
	r.reading.at("")
	if err == nil {
		c.check(rules.Options{Now: r.a.clock()})
	}
	return c, err
}

// rejected are the health issues of the plans whose files were not applied.
func (r *reloader) rejected() (issues []runner.Issue) {
	for i, s := range r.state {
		if s.refused != "" {
			issues = append(issues, runner.Issue{
				ID: runner.IssuePlanRejected, ReasonCode: s.code, Severity: runner.SeverityWarning, Since: s.since,
				Text: fmt.Sprintf("plan %s is not taken over from %s, and the one at work stays: %s", r.plans[i].plan.Name, r.plans[i].path, s.refused),
			})
		}
	}
	return issues
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
		c, err := r.load(old.path)
		if ctx.Err() != nil { // it may have been read for long
			return
		}
		before := *state
		*state = readState{files: c.files, digest: c.files.digest()}
		changed, retry, err := r.apply(ctx, old, c, err, force)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err != nil:
			state.refused, state.retry, state.since = err.Error(), retry, r.a.clock()
			state.code = cmp.Or(runner.CodeOf(err), runner.IssuePlanRejected)
			if before.refused == state.refused {
				state.since = before.since
			}
			if force || state.refused != before.refused || state.digest != before.digest {
				r.log.Error("the plan is not taken over, the one at work stays", "plan", old.plan.Name, "file", old.path, "reason_code", state.code, "error", err)
			}
		case changed:
			r.plans[i] = c
		case before.refused != "": // who mended it wants to know
			r.log.Info("plan file has no errors any more and holds the active plan", "plan", old.plan.Name, "file", old.path)
		}
	}
}

// apply applies a plan that was read; retry says that the same files may be applied later.
func (r *reloader) apply(ctx context.Context, old, c checkedPlan, unread error, force bool) (changed, retry bool, err error) {
	switch {
	case unread != nil:
		return false, false, unread
	case !c.sound():
		return false, false, c.unsound()
	case c.plan.Name != old.plan.Name:
		return false, false, fmt.Errorf("its name is part of every class's identity and became %s; restart to change it", c.plan.Name)
	case !force && sameFiles(old.plan, c.plan):
		return false, false, nil
	}
	r.reading.at(old.path) // references may stand for files
	err = r.w.unresolved(c.plan)
	r.reading.at("")
	if err != nil {
		return false, true, err
	}
	switch _, err := r.engine.Apply(ctx, c.plan); {
	case errors.Is(err, runner.ErrHeld): // said already; the file has been read, and is not asked about again
	case err != nil:
		return false, true, err
	default:
		r.unset.clear(c.plan.Name)
	}
	return true, false, nil
}

// sameFiles says that two readings of a plan found the same text.
func sameFiles(a, b *plan.Plan) bool {
	return slices.EqualFunc(a.Files, b.Files, func(x, y plan.File) bool {
		return x.Path == y.Path && bytes.Equal(x.Text, y.Text)
	})
}

// again reads the same files and globs as they are now.
func (f *osFiles) again(includeDirs []string, reading onPath) *osFiles {
	g := newPlanFiles(nil, f.root, includeDirs...)
	g.reading, g.noPipe = reading, true // to compare must not use up what a pipe gives
	defer reading.at("")
	for name := range f.read {
		_, _ = g.ReadFile(name) // the digest holds the error
	}
	for name := range f.failed {
		_, _ = g.ReadFile(name)
	}
	if len(f.read)+len(f.failed) == 0 {
		_, _ = g.ReadFile(f.root)
	}
	for pattern := range f.globs {
		_, _ = g.Glob(pattern)
	}
	return g
}

// digest stands for all that was read.
func (f *osFiles) digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(f.read)) {
		fmt.Fprintf(h, "file %q %d\n", name, len(f.read[name]))
		h.Write(f.read[name])
	}
	for _, name := range slices.Sorted(maps.Keys(f.failed)) {
		fmt.Fprintf(h, "failed %q %q\n", name, f.failed[name])
	}
	for _, pattern := range slices.Sorted(maps.Keys(f.globs)) {
		fmt.Fprintf(h, "glob %q %q %v\n", pattern, f.globs[pattern].matches, f.globs[pattern].err)
	}
	return string(h.Sum(nil))
}
