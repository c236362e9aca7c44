package runner

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rundown/internal/redact"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/rules"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// NewRevision is what the store keeps of a plan: the hash of its files and, where masked is not nil, their masked
// texts, so that the plan can be worked on from the store alone. root is the path of the root file, absolute where
// references to files are to be found from another folder.
func NewRevision(p *plan.Plan, root string, masked []plan.File) (store.Revision, error) {
	r := store.Revision{Plan: p.Name, Path: root, Hash: session.Fingerprint(p)}
	if masked == nil {
		return r, nil
	}
	var a archive
	for i, f := range masked {
		name := f.Path
		if i == 0 {
			name = path.Base(name)
		} else if rel, err := filepath.Rel(filepath.Dir(filepath.FromSlash(p.Files[0].Path)), filepath.FromSlash(name)); err == nil {
			name = filepath.ToSlash(rel)
		}
		a.Files = append(a.Files, archivedFile{name, string(f.Text)})
	}
	var err error
	r.Text, err = json.Marshal(a)
	return r, err
}

// archive is the form of a revision's text. Paths are relative to the root file's folder; the root is the first.
type archive struct {
	Files []archivedFile `json:"files"`
}

type archivedFile struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// errNoText says that a revision cannot be worked from.
var errNoText = errors.New("the store does not hold its text")

// Reading gives a revision's files as plans are read, and the path of the root.
func Reading(r store.Revision) (files load.Files, root string, err error) {
	held, root, err := filesOf(r)
	if err != nil {
		return nil, "", err
	}
	if masked(held) {
		return nil, "", fmt.Errorf("revision %d of plan %s: %w whole, since a secret was written out in it: apply the plan's file instead", r.ID, r.Plan, errNoText)
	}
	return held, root, nil
}

// Recall reads the plan of a revision to be looked at, not to be worked on: hidden says that a secret that was written
// out in it is masked. What a later version of the program finds wrong with its values does not matter any more.
func Recall(r store.Revision) (p *plan.Plan, hidden bool, err error) {
	held, root, err := filesOf(r)
	if err != nil {
		return nil, false, err
	}
	p, findings, err := load.Load(held, root)
	if err != nil {
		return nil, false, fmt.Errorf("revision %d of plan %s: %w", r.ID, r.Plan, err)
	}
	if err := unusable(r, findings); err != nil {
		return nil, false, err
	}
	return p, masked(held), nil
}

// filesOf are the files of a revision as they are stored, and the path of the root.
func filesOf(r store.Revision) (held plan.FileSet, root string, err error) {
	var a archive
	if len(r.Text) == 0 || json.Unmarshal(r.Text, &a) != nil || len(a.Files) == 0 {
		return nil, "", fmt.Errorf("revision %d of plan %s: %w: apply the plan's file instead", r.ID, r.Plan, errNoText)
	}
	root = filepath.ToSlash(r.Path)
	held = plan.FileSet{}
	for i, f := range a.Files {
		name := root
		if i > 0 {
			name = f.Path
			if !path.IsAbs(name) {
				name = path.Join(path.Dir(root), name)
			}
		}
		held[path.Clean(name)] = f.Text
	}
	return held, root, nil
}

// unusable names the first of the findings that keep a revision's plan from being read, and counts the others; nil for
// none.
func unusable(r store.Revision, findings []plan.Finding) error {
	errs := slices.DeleteFunc(slices.Clone(findings), func(f plan.Finding) bool { return f.Severity != plan.SeverityError })
	if len(errs) == 0 {
		return nil
	}
	f, more := errs[0], ""
	if n := len(errs) - 1; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Errorf("revision %d of plan %s: %s:%d: %s [%s]%s", r.ID, r.Plan, f.Pos.File, f.Pos.Line, f.Message, f.Rule, more)
}

// masked says that a secret was written out in one of the files.
func masked(files plan.FileSet) bool {
	for _, text := range files {
		if strings.Contains(text, redact.Mark) {
			return true
		}
	}
	return false
}

// LoadRevision reads and checks the plan of a revision.
func LoadRevision(r store.Revision, opts rules.Options) (*plan.Plan, error) {
	files, root, err := Reading(r)
	if err != nil {
		return nil, err
	}
	p, findings, err := load.Load(files, root)
	if err != nil {
		return nil, fmt.Errorf("revision %d of plan %s: %w", r.ID, r.Plan, err)
	}
	if p != nil {
		findings = append(findings, rules.Check(p, opts)...)
	}
	if err := unusable(r, findings); err != nil {
		return nil, err
	}
	if p == nil || p.Name != r.Plan {
		return nil, fmt.Errorf("revision %d of plan %s holds another plan", r.ID, r.Plan)
	}
	return p, nil
}

// keepRevision stores a revision of a plan and returns it as it is stored. One that removes much of the plan before it, nil for none,
// is stored as waiting at once: other nodes take up whatever is active, and a crash is no confirmation.
func (e *Engine) keepRevision(ctx context.Context, p, before *plan.Plan) (store.Revision, error) {
	r, err := e.revisionOf(p)
	if err != nil {
		return r, fmt.Errorf("store the plan: %w", err)
	}
	if err := e.complete(r); err != nil {
		return r, err
	}
	r.At, r.Who = e.cfg.Now(), e.cfg.Who
	all, err := e.cfg.Store.Revisions(ctx, r.Plan)
	if err != nil {
		return r, err
	}
	e.warnOfUndoing(r, all)
	known := len(all) > 0 && all[0].Hash == r.Hash && all[0].State != store.RevisionRefused // it stays what it is
	var removal Removal
	if !known && before != nil {
		removal = RemovalOf(before, p, r.At)
	}
	if removal.ExceedsLimit() {
		r.State, r.ReasonCode, r.Note = store.RevisionWaiting, string(removal.Code()), NoteOf(r, removal.String())
	}
	if r, err = e.cfg.Store.AddRevision(ctx, r); err != nil {
		return r, fmt.Errorf("store the plan: %w", err)
	}
	if removal.ExceedsLimit() {
		e.tellWaiting(ctx, p, r, removal)
	}
	return r, nil
}

// NoteOf is the note of a revision, for people: that an operator went back to an earlier one by it, and more, which may be
// "".
func NoteOf(r store.Revision, more string) string {
	if r.BackTo == 0 {
		return more
	}
	text := fmt.Sprintf("back to revision %d", r.BackTo)
	if more != "" {
		text += ": " + more
	}
	return text
}

// revisionOf is what the store is to keep of a plan that somebody gave.
func (e *Engine) revisionOf(p *plan.Plan) (store.Revision, error) {
	if e.cfg.Revision != nil {
		return e.cfg.Revision(p)
	}
	return NewRevision(p, p.Files[0].Path, nil)
}

// planOf reads the plan of a revision, from memory where it was given by a file that the store cannot hold whole.
func (e *Engine) planOf(ctx context.Context, id int64) (*plan.Plan, error) {
	if p := e.pending[id]; p != nil {
		return p, nil
	}
	p, err := e.readRevision(ctx, id)
	if err == nil && e.cfg.Vet != nil {
		err = e.cfg.Vet(ctx, p)
	}
	return p, err
}

// readRevision reads and checks the plan of a stored revision.
func (e *Engine) readRevision(ctx context.Context, id int64) (*plan.Plan, error) {
	r, err := e.cfg.Store.Revision(ctx, id)
	if err != nil {
		return nil, err
	}
	return LoadRevision(r, rules.Options{Now: e.cfg.Now()})
}

// activePlans reads the plans that were applied last, but for those that were given.
func (e *Engine) activePlans(ctx context.Context, given []*plan.Plan) (map[*plan.Plan]store.Revision, []*plan.Plan, error) {
	rows, err := e.cfg.Store.ActiveRevisions(ctx)
	if err != nil {
		return nil, nil, err
	}
	revisions := map[*plan.Plan]store.Revision{}
	var plans []*plan.Plan
	for _, r := range rows {
		if r.Withdrawn() || slices.ContainsFunc(given, func(p *plan.Plan) bool { return p.Name == r.Plan }) {
			continue
		}
		p, err := e.planOf(ctx, r.ID)
		if err == nil && e.shared() {
			_, err = e.resolve(p)
		}
		switch {
		case ctx.Err() != nil: // no fault of the plan
			return nil, nil, ctx.Err()
		case err != nil && e.shared():
			e.raiseUnfit(ctx, r, p, err)
			continue
		case err != nil:
			return nil, nil, err
		}
		revisions[p] = r
		plans = append(plans, p)
	}
	if len(rows) == 0 && len(given) == 0 || len(plans) == 0 && !e.shared() {
		e.log.Warn("no plan is applied to this store, so nothing will be recorded; rundown apply PLAN applies one, rundown run PLAN starts with one")
	}
	return revisions, plans, nil
}

// keepGiven keeps a plan that a start is given. One that removes much of the plan that was active before waits for a confirmation,
// as in a reload, and is not worked on: neither a crash nor a checkout that is half done is a confirmation.
func (e *Engine) keepGiven(ctx context.Context, p *plan.Plan) (*plan.Plan, store.Revision, error) {
	active, before, err := e.activeBefore(ctx, p)
	if err != nil {
		return nil, store.Revision{}, err
	}
	r, err := e.keepRevision(ctx, p, before)
	if err != nil || r.State == store.RevisionConfirmed {
		return p, r, err
	}
	if before != nil && r.ID != active.ID {
		if held, err := e.waitForConfirmation(ctx, before, active.ID, p, r); held || err != nil {
			return before, active, err
		}
	}
	if r.State == store.RevisionWaiting {
		r.State, r.Note, r.ReasonCode = store.RevisionGiven, NoteOf(r, ""), ""
		err = e.cfg.Store.SetRevision(ctx, r.ID, r.State, r.ReasonCode, r.Note)
	}
	return p, r, err
}

// activeBefore is the active revision of a plan that a start is given, and what it holds; nil where there is none, where it is
// that of the given plan, and where it cannot be read. It is vetted only where it may stay at work, since the given one waits for a
// confirmation: what a plan refers to that is replaced does not matter any more.
func (e *Engine) activeBefore(ctx context.Context, p *plan.Plan) (r store.Revision, before *plan.Plan, err error) {
	given, err := e.revisionOf(p)
	if err != nil {
		return r, nil, fmt.Errorf("store the plan: %w", err)
	}
	rows, err := e.cfg.Store.ActiveRevisions(ctx)
	if err != nil {
		return r, nil, err
	}
	i := slices.IndexFunc(rows, func(row store.Revision) bool { return row.Plan == p.Name && !row.Withdrawn() && row.Hash != given.Hash })
	if i < 0 {
		return r, nil, nil
	}
	waiting, err := e.cfg.Store.Waiting(ctx)
	if err != nil {
		return r, nil, err
	}
	before, err = e.readRevision(ctx, rows[i].ID)
	if err == nil && e.cfg.Vet != nil {
		waits := slices.ContainsFunc(waiting, func(r store.Revision) bool { return r.Plan == p.Name && r.Hash == given.Hash })
		if waits || RemovalOf(before, p, e.cfg.Now()).ExceedsLimit() {
			err = e.cfg.Vet(ctx, before)
		}
	}
	if err != nil {
		e.log.Warn("cannot read the plan that was active before: the given one is applied", "plan", p.Name, "error", err)
		return r, nil, nil
	}
	return rows[i], before, nil
}

// withdraw records that plans which are not worked on any more are not, so that a later start without any does not
// take them up again.
func (e *Engine) withdraw(ctx context.Context) error {
	rows, err := e.cfg.Store.ActiveRevisions(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Withdrawn() || e.plans[r.Plan] != nil {
			continue
		}
		_, err := e.cfg.Store.AddRevision(ctx, store.Revision{At: e.cfg.Now(), Plan: r.Plan, Path: r.Path, Who: e.cfg.Who, Note: "the daemon was started without it"})
		if err != nil {
			return err
		}
	}
	return nil
}

// activateStored activates what was applied through the store. A revision that this node cannot work on is tried again only where again
// says so: each try reads the store several times. The caller holds applying.
func (e *Engine) activateStored(ctx context.Context, again bool) error {
	if err := e.watchWaiting(ctx); err != nil {
		return err
	}
	rows, err := e.cfg.Store.ActiveRevisions(ctx)
	if err != nil {
		return fmt.Errorf("read plan revisions: %w", err)
	}
	for _, r := range rows {
		e.mu.Lock()
		a, u := e.plans[r.Plan], e.unfit[r.Plan]
		e.mu.Unlock()
		switch {
		case a != nil && a.revision >= r.ID, u != nil && u.revision == r.ID && !again:
			continue
		case r.Withdrawn():
			if err := e.dropPlan(ctx, r); err != nil {
				return err
			}
			continue
		}
		p, err := e.planOf(ctx, r.ID)
		if err == nil {
			_, err = e.replace(ctx, p, r, !e.shared())
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errLease): // the plan is not to blame: it is read again
			return err
		case errors.Is(err, ErrNeedsConfirmation), err == nil:
			continue
		case e.shared():
			e.raiseUnfit(ctx, r, p, err)
			continue
		}
		code := cmp.Or(reason.CodeOf(err), reason.IssuePlanRejected)
		e.log.Error("cannot activate an applied plan, the active plan stays", "plan", r.Plan, "revision", r.ID, "reason_code", code, "error", err)
		if err := e.cfg.Store.SetRevision(ctx, r.ID, store.RevisionRefused, string(code), oneLine(err)); err != nil {
			return err
		}
		e.logPlan(ctx, code, fmt.Sprintf("plan %s, revision %d: refused: %s", r.Plan, r.ID, oneLine(err)))
	}
	return nil
}

// replace makes a plan active in place of the one of its name, or holds it where it is to be judged. The caller holds
// applying.
func (e *Engine) replace(ctx context.Context, p *plan.Plan, r store.Revision, judged bool) (Diff, error) {
	e.mu.Lock()
	old := e.plans[p.Name]
	e.mu.Unlock()
	if judged && old != nil && r.State != store.RevisionConfirmed && old.revision != r.ID {
		switch held, err := e.waitForConfirmation(ctx, old.plan, old.revision, p, r); {
		case err != nil:
			return Diff{}, err
		case held:
			return Diff{}, fmt.Errorf("%w: %s", ErrNeedsConfirmation, RemovalOf(old.plan, p, e.cfg.Now()))
		}
	}
	if err := e.setActive(ctx, p, r.ID); err != nil {
		return Diff{}, err
	}
	if !e.shared() { // its heartbeats are far apart, and a command that asks for a recording goes by what the last one offered
		e.heartbeat(ctx)
	}
	delete(e.pending, r.ID)
	e.clear(reason.IssuePlanWaiting, p.Name)
	e.clearUnfit(p.Name)
	e.mu.Lock()
	a := e.plans[p.Name]
	e.mu.Unlock()
	for _, w := range e.allWorkers() { // before the specs are written, which may take minutes
		w.post(w.refreshPlanned)
	}
	diff, written, err := e.writeActive(ctx, a)
	if err == nil {
		err = e.reloadWorkers(ctx)
	}
	if err != nil || !written { // where it failed it is stored as the active one, and the next start activates it
		return diff, err
	}
	e.log.Info("plan applied", append([]any{"plan", p.Name, "revision", a.revision}, diff.attrs()...)...)
	text := fmt.Sprintf("plan %s, revision %d: applied: %d classes added, %d removed, %d changed", p.Name, r.ID, diff.Added, diff.Removed+diff.Left, diff.Changed)
	if diff.Stopped > 0 {
		text += fmt.Sprintf(", of which %d were being recorded and are stopped", diff.Stopped)
	}
	if diff.Left > 0 {
		text += fmt.Sprintf("; %d being recorded are no longer in it", diff.Left)
	}
	e.logPlan(ctx, "", text)
	return diff, nil
}

// logPlan writes into the event log what happened to the daemon's plans; code says why one is not applied, "" that it is.
func (e *Engine) logPlan(ctx context.Context, code reason.Code, text string) {
	err := e.cfg.Store.Log(ctx, store.Event{At: e.cfg.Now(), Kind: "plan", Who: e.cfg.Who, Text: text, Data: code.EventData()})
	switch {
	case err != nil && ctx.Err() != nil: // an end in the middle, which the next start makes good
		e.log.Info("shut down before the event log was written", "event", text)
	case err != nil:
		e.log.Error("the store cannot be written", "error", err)
	}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
