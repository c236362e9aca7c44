package page

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rundown/runner/closure"
	"rundown/runner/operate"
	"rundown/runner/reason"
	"rundown/runner/store"
	"rundown/runner/view"
)

// judge says what an act will do, without doing it; the error is a refusal where it cannot be done.
func (s *Source) judge(ctx context.Context, a Act) (effects []string, err error) {
	if a.Kind == ActConfirm {
		_, err := s.waiting(ctx, a)
		return []string{
			"The daemon uses this revision within seconds, and no longer the one that is active now",
			"Classes that it removes are not recorded; one that is being recorded is recorded to its end",
			"To go back, apply the earlier revision again",
		}, err
	}
	c, err := s.find(ctx, a.Class)
	if err != nil {
		return nil, err
	}
	now := s.Clock()
	end := c.End().In(view.ZoneOf(c.Row))
	left := lengthText(end.Sub(now).Truncate(time.Second))
	switch a.Kind {
	case ActStop:
		return []string{
			"The daemon stops the recording within seconds",
			fmt.Sprintf("The %s that are left of the class are not recorded; what was recorded is kept", left),
			fmt.Sprintf("It can be taken back until the class ends at %s: a new session then records what is left", end.Format("15:04")),
		}, operate.Stoppable(c, now)
	case ActCancel:
		effects = []string{"The class is not recorded, whatever its plan says, also after a restart"}
		if c.Begun() {
			effects = []string{"The daemon stops the recording within seconds; what was recorded is kept"}
		}
		return append(effects, fmt.Sprintf("It can be taken back until the class ends on %s", end.Format("Mon 2 Jan at 15:04"))), operate.Cancellable(c, false, now)
	case ActUndo:
		effects = []string{"The class is recorded as its plan has it"}
		if !c.Row.Start.After(now) {
			effects = []string{fmt.Sprintf("A new session records the %s that are left of the class", left)}
		}
		return effects, operate.Cancellable(c, true, now)
	case ActShorten:
		return []string{
			fmt.Sprintf("The class does not last to %s any more: its last extension does not count, an earlier one and the plan do", end.Format("15:04")),
			"The recording ends with the class, and the padding after it",
		}, operate.Shortenable(c, 0, now)
	default:
		_, err := operate.Extendable(c, a.Length, now)
		return []string{
			fmt.Sprintf("The class ends later than at %s and is recorded to its new end, and the padding after it", end.Format("15:04")),
			"If the plan ends the class later than that, it is recorded to the end of the plan",
			"It can be taken back until the end that the class had before",
		}, err
	}
}

// give carries an act out.
func (s *Source) give(ctx context.Context, a Act) error {
	defer s.forget()
	s.acts.Lock()
	defer s.acts.Unlock()
	if a.Kind == ActConfirm {
		return s.confirm(ctx, a)
	}
	c, err := s.find(ctx, a.Class)
	if err != nil {
		return err
	}
	by := a.by(s.Clock())
	switch a.Kind {
	case ActStop:
		_, err = operate.Stop(ctx, s.Store, c, by)
	case ActCancel:
		_, err = operate.Cancel(ctx, s.Store, c, by)
	case ActUndo:
		_, err = operate.Undo(ctx, s.Store, c, by)
	case ActShorten:
		_, err = operate.Unextend(ctx, s.Store, c, by)
	case ActExtend:
		_, err = operate.Extend(ctx, s.Store, c, a.Length, by)
	default:
		err = fmt.Errorf("no act %q", a.Kind)
	}
	return err
}

// giveClosure gives a closure, once: one that is sent twice is refused. It goes on where the request is left.
func (s *Source) giveClosure(ctx context.Context, c store.Closure) (store.Closure, error) {
	defer s.forget()
	s.acts.Lock()
	defer s.acts.Unlock()
	switch held, found, err := closure.Holding(ctx, s.Store, c); {
	case err != nil:
		return c, err
	case found:
		return c, reason.Refuse(reason.OrderInvalid, "closure %d holds already: %s", held.ID, closure.Text(held))
	}
	c, _, err := closure.Give(context.WithoutCancel(ctx), s.Store, c)
	return c, err
}

// endClosure ends a closure and takes its orders back. It goes on where the request is left.
func (s *Source) endClosure(ctx context.Context, c store.Closure, a Act) error {
	defer s.forget()
	s.acts.Lock()
	defer s.acts.Unlock()
	_, err := closure.Undo(context.WithoutCancel(ctx), s.Store, c, a.by(s.Clock()))
	return err
}

// by is who gives the order.
func (a Act) by(now time.Time) operate.Operator {
	return operate.Operator{Who: a.Who, From: a.From, Why: a.Reason, Key: a.Key, Now: now}
}

// waiting is the revision that a confirmation is about, where it is the newest of its plan and waits.
func (s *Source) waiting(ctx context.Context, a Act) (store.Revision, error) {
	held, err := view.HeldRevisions(ctx, s.Store, store.RevisionWaiting)
	if err != nil {
		return store.Revision{}, err
	}
	k := slices.IndexFunc(held, func(r store.Revision) bool { return r.Plan == a.Plan && r.ID == a.Rev })
	if k < 0 {
		return store.Revision{}, reason.Refuse(reason.OrderInvalid, "revision %d of plan %s does not wait for a confirmation any more", a.Rev, a.Plan)
	}
	return held[k], nil
}

// confirm applies a revision that waits for a confirmation, as apply --confirm does.
func (s *Source) confirm(ctx context.Context, a Act) error {
	r, err := s.waiting(ctx, a)
	if err != nil {
		return err
	}
	_, err = operate.Confirm(ctx, s.Store, r, a.by(s.Clock()))
	return err
}
