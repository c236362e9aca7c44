package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner/closure"
	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
)

// closureHelp says in the help of commands what a closure is.
const closureHelp = `--on DAY acts on all classes of a day, in the zone of each class: those that
start from --from on and before --until, that have each --label, and whose
recording matches the glob --recording. This is an order for the day, which
other commands call a closure: it also covers the classes that a later plan adds
or moves to that day. The classes are listed first, and the command asks unless
--yes is given.`

// closureFlags choose the classes of a day.
type closureFlags struct {
	on, from, until, recording string
	labels                     map[string]string
	yes                        bool
}

// add gives a command the flags.
func (f *closureFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.on, "on", "", "act on all classes of `DAY`, such as 2031-12-17")
	cmd.Flags().StringVar(&f.from, "from", "", "with --on: only classes that start at `TIME` such as 09:00, or later")
	cmd.Flags().StringVar(&f.until, "until", "", "with --on: only classes that start before `TIME` such as 13:00")
	cmd.Flags().StringToStringVar(&f.labels, "label", nil, "with --on: only classes with the label `KEY=VALUE` (repeatable)")
	cmd.Flags().StringVar(&f.recording, "recording", "", "with --on: only recordings that match `GLOB`")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "with --on: do not ask")
}

// used says that the command is about a day and not about one class.
func (f *closureFlags) used() bool { return f.on != "" }

// check refuses flags that mean nothing. The times get the form in which they are compared.
func (f *closureFlags) check(cmd *cobra.Command) error {
	if !f.used() {
		for _, name := range []string{"from", "until", "label", "recording", "yes"} {
			if cmd.Flags().Changed(name) {
				return fmt.Errorf("--%s requires --on", name)
			}
		}
		return nil
	}
	if _, err := time.Parse(time.DateOnly, f.on); err != nil {
		return fmt.Errorf("invalid --on %q: must be a day like 2031-12-17", view.Line(f.on))
	}
	for _, bound := range []struct {
		name  string
		clock *string
	}{{"from", &f.from}, {"until", &f.until}} {
		if *bound.clock == "" {
			continue
		}
		at, err := time.Parse("15:04", *bound.clock)
		if err != nil {
			return fmt.Errorf("invalid --%s %q: must be a time like 09:00", bound.name, view.Line(*bound.clock))
		}
		*bound.clock = at.Format("15:04")
	}
	if f.from != "" && f.until != "" && f.from >= f.until {
		return fmt.Errorf("--from %s is not before --until", f.from)
	}
	if _, err := path.Match(f.recording, ""); err != nil {
		return fmt.Errorf("invalid --recording %q: %w", view.Line(f.recording), err)
	}
	return nil
}

// closure is what the flags choose.
func (f *closureFlags) closure(kind string, by operate.Operator) store.Closure {
	return store.Closure{At: by.Now, Kind: kind, Day: f.on, From: f.from, Until: f.until, Labels: f.labels, Recording: f.recording, Who: by.Who, Reason: by.Why}
}

// giveClosure lists the classes that a closure covers, asks, and gives it; one that holds already is told and not given again. The
// store is written only after the answer.
func (a *app) giveClosure(ctx context.Context, c store.Closure, yes bool) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	l, err := closure.Preview(ctx, s, c, c.At)
	if err != nil {
		return err
	}
	if done, err := a.holdsAlready(ctx, s, c); done || err != nil {
		return err
	}
	if len(l.Rows) > 0 {
		a.printClasses(a.out, l, l.Rows, c.At, a.paletteFor(a.out))
	} else {
		a.warnOfNoMatch(ctx, s, c)
	}
	what, within := fmt.Sprintf("%s %s", c.Kind, render.Plural(len(l.Rows), "class")), " now"
	switch {
	case c.Kind == store.ClosurePause:
		within = fmt.Sprintf(" in the next %d days", int(closure.PausedAhead.Hours())/24)
		what = fmt.Sprintf("pause %s, with %s%s", c.Recording, render.Plural(len(l.Rows), "class"), within)
	case len(l.Rows) == 0:
		what = "store the closure, which affects no class now"
	}
	if err := a.confirm(what, yes); err != nil {
		return err
	}
	c, ids, err := closure.Give(ctx, s, c)
	if err != nil && c.ID == 0 { // it was not stored
		return withoutStore(err)
	}
	if err != nil {
		return fmt.Errorf("closure %d: %d of %d classes: %w; the daemon goes on with it", c.ID, len(ids), len(l.Rows), err)
	}
	daemon := a.attended(ctx, s)
	a.printHanging(a.out, "", view.Line(fmt.Sprintf("closure %d: %s; %s%s%s", c.ID, closure.Text(c), render.Plural(len(ids), "class"), within, operate.When(daemon))), 2)
	if !daemon {
		a.tellStore(s)
	}
	return nil
}

// holdsAlready says that the same closure holds and leaves no class to cancel, and tells of it: what was asked for is so. The pause
// of a recording that there is not, or that is paused, is refused.
func (a *app) holdsAlready(ctx context.Context, s *store.Store, c store.Closure) (bool, error) {
	if c.Kind == store.ClosurePause {
		if err := checkRecording(ctx, s, c.Recording, c.At); err != nil {
			return false, err
		}
	}
	if c.Kind == store.ClosureExtend {
		return false, nil // extensions of a day add up
	}
	held, found, err := closure.Holding(ctx, s, c)
	switch {
	case err != nil || !found:
		return false, err
	case c.Kind == store.ClosurePause:
		text := fmt.Sprintf("%s is paused already, by %s", c.Recording, held.Who)
		if held.Reason != "" {
			text += ": " + held.Reason
		}
		return false, errors.New(view.Line(text))
	}
	text := fmt.Sprintf("closure %d, given %s, holds already, and no class is left for it to cancel: %s", held.ID, held.At.UTC().Format(minuteLayout), closure.Text(held))
	if c.Reason != "" && c.Reason != held.Reason {
		text += "; its reason is unchanged"
	}
	a.answer(view.Line(text))
	return true, nil
}

// isPast says whether the day of a closure is past in every zone of the plans; of this machine, where there is none.
func isPast(c store.Closure, plans []*plan.Plan) bool {
	if c.Day == "" {
		return false
	}
	zones := map[*time.Location]bool{}
	for _, p := range plans {
		for _, r := range p.Recordings {
			if r.Zone != nil {
				zones[r.Zone] = true
			}
		}
	}
	if len(zones) == 0 {
		zones[time.Local] = true
	}
	for zone := range zones {
		if c.Day >= c.At.In(zone).Format(time.DateOnly) {
			return false
		}
	}
	return true
}

// warnOfNoMatch warns, of a closure that covers no class, that its day is past, or of what no recording of an active plan has. That is
// no error: a closure also covers what a later plan adds.
func (a *app) warnOfNoMatch(ctx context.Context, s *store.Store, c store.Closure) {
	plans, err := appliedPlans(ctx, s, rules.Options{Now: c.At})
	if isPast(c, plans) {
		a.say("warning: %s is past, so the closure will affect no class", c.Day)
		return
	}
	if err != nil || c.Recording == "" && len(c.Labels) == 0 {
		return
	}
	matched, labelled := c.Recording == "", len(c.Labels) == 0
	names, labels := map[string]bool{}, map[string]bool{}
	for _, p := range plans {
		for _, r := range p.Recordings {
			matched = matched || closure.Matches(c, p.Name, r.ID)
			labelled = labelled || (view.Selection{Labels: c.Labels}).Matches(p.Name, r.ID, r.Labels)
			names[closure.Name(c, p.Name, r.ID)] = true
			for name, value := range r.Labels {
				labels[name+"="+value] = true
			}
		}
	}
	warn := func(text, introduction string, known map[string]bool, most int) {
		if len(known) > 0 {
			text += "; " + introduction + view.JoinSome(slices.Sorted(maps.Keys(known)), most)
		}
		a.say("warning: %s", text)
	}
	if !matched {
		warn(fmt.Sprintf("no recording of an active plan matches %q", c.Recording), "there are ", names, 5)
	}
	if !labelled {
		var wanted []string
		for name, value := range c.Labels {
			wanted = append(wanted, name+"="+value)
		}
		slices.Sort(wanted)
		warn("no recording of an active plan has the label "+strings.Join(wanted, " and "), "labels are ", labels, 8)
	}
}

// endClosures ends the closures that were given with the same flags, and takes their orders back.
func (a *app) endClosures(ctx context.Context, c store.Closure, yes bool) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	open, err := s.OpenClosures(ctx, c.Day)
	if err != nil {
		return err
	}
	ended := slices.DeleteFunc(slices.Clone(open), func(o store.Closure) bool { return !closure.Same(o, c) })
	if len(ended) == 0 {
		return noneEnds(ctx, s, c, open)
	}
	for _, o := range ended {
		a.answer(view.Line(fmt.Sprintf("closure %d: %s", o.ID, closure.Text(o))))
	}
	if err := a.confirm("undo "+render.Plural(len(ended), "closure"), yes); err != nil {
		return err
	}
	var numbers []string
	changed := map[string]bool{}
	for _, o := range ended {
		var ids []string
		ids, err = closure.Undo(ctx, s, o, operate.Operator{Who: c.Who, Why: c.Reason, Now: c.At})
		if err != nil {
			err = fmt.Errorf("closure %d: %w; the daemon goes on with it", o.ID, err)
			break
		}
		numbers = append(numbers, strconv.FormatInt(o.ID, 10))
		for _, id := range ids {
			changed[id] = true
		}
	}
	if len(numbers) == 0 {
		return err
	}
	which, effect := "closure ", "will be recorded"
	if len(numbers) > 1 {
		which = "closures "
	}
	if c.Kind == store.ClosureExtend {
		effect = "will end as planned"
	}
	text := fmt.Sprintf("%s%s ended: %s %s%s", which, listed(numbers, "and"), render.Plural(len(changed), "class"), effect, operate.When(a.attended(ctx, s)))
	a.answer(text)
	return err
}

// noneEnds says that no open closure was given with the flags of c, and which ones of its kind on its day hold.
func noneEnds(ctx context.Context, s *store.Store, c store.Closure, open []store.Closure) error {
	text := "no such closure holds"
	if c.Kind == store.ClosurePause {
		if err := checkRecording(ctx, s, c.Recording, c.At); err != nil {
			return err
		}
		text = c.Recording + " is not paused"
	}
	for _, o := range open {
		if o.Day == c.Day && o.Kind == c.Kind {
			text += fmt.Sprintf("; closure %d: %s; %s ends it", o.ID, closure.Text(o), closure.UndoCommand(o))
		}
	}
	return errors.New(view.Line(text))
}

// confirm asks whether to go on, where a person can answer.
func (a *app) confirm(what string, yes bool) error {
	if yes {
		return nil
	}
	if _, ok := terminalOf(a.in); !ok {
		return fmt.Errorf("nothing was changed; add --yes to %s", what)
	}
	fmt.Fprintf(a.err, "%s? [y/N] ", what)
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	if !strings.EqualFold(strings.TrimSpace(answer), "y") {
		return errors.New("nothing was changed")
	}
	return nil
}

// writeClosures lists all closures, newest first.
func (a *app) writeClosures(ctx context.Context, s *store.Store, format string) error {
	all, err := s.Closures(ctx)
	if err != nil {
		return err
	}
	if format == "json" {
		return render.JSON(a.out, map[string]any{"closures": view.ClosuresOf(all, a.now())})
	}
	if len(all) == 0 {
		fmt.Fprintln(a.out, "no closures")
	}
	for _, c := range all {
		text := fmt.Sprintf("closure %d, %s: %s", c.ID, c.At.UTC().Format(minuteLayout), closure.Text(c))
		switch _, ended := c.Ended(a.now()); {
		case ended && c.EndedAt.IsZero():
			text += "; its day is past"
		case ended:
			text += fmt.Sprintf("; ended %s by %s", c.EndedAt.UTC().Format(minuteLayout), c.EndedBy)
		}
		a.printHanging(a.out, "", view.Line(text), 2)
	}
	return nil
}

// closureInterval is how often a daemon looks for new closures and plans.
const closureInterval = 2 * time.Second

// applyClosures has the closures of the store cover the classes of new plans, and those of a pause that come near. Of several daemons
// the one on duty does it. Applying is idempotent: a class that has its order gets no other, so a crash in the middle leaves the rest
// for the next round.
func (d *daemon) applyClosures(ctx context.Context) {
	applied := ""
	every(ctx, closureInterval, func() {
		if !d.engine.OnDuty() {
			applied = ""
			return
		}
		now := d.a.clock()
		state, err := closureState(ctx, d.work.store, now)
		if err != nil || state == applied { // a store that cannot be read is a health issue already
			return
		}
		switch err := closure.Apply(ctx, d.work.store, now); {
		case err == nil:
			applied = state
		case ctx.Err() == nil:
			d.log.Error("closures not applied, retrying", "error", err)
		}
	})
}

// closureState changes when closures or active plans do, and each hour while a closure holds; "" where none does and no
// order of one that has ended is left.
func closureState(ctx context.Context, s *store.Store, now time.Time) (string, error) {
	open, err := s.OpenClosures(ctx, now.Add(-view.LongAgo).Format(time.DateOnly))
	if err != nil {
		return "", err
	}
	ended, err := s.EndedClosures(ctx)
	if err != nil || len(open)+len(ended) == 0 {
		return "", err
	}
	state := now.UTC().Format("2006-01-02T15")
	for _, c := range append(open, ended...) {
		state += fmt.Sprintf(" %d", c.ID)
	}
	rows, err := s.ActiveRevisions(ctx)
	for _, r := range rows {
		state += fmt.Sprintf(" %s=%d", r.Plan, r.ID)
	}
	return state, err
}
