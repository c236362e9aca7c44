package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// statusSpan is how far status looks ahead and back.
const statusSpan = 24 * time.Hour

func newStatusCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what runs, what is due and what has just ended",
		Long: `Status shows what runs, is due within 24 hours, or ended within 24 hours. It reads the store, whether the daemon
is running or not, and says which. Classes that no daemon has planned yet are those of the active plans.`,
		Example: `  rundown status
  rundown status --store sqlite:/srv/rundown/rundown.db --format json`,
		Args: arguments(0, 0),
	}
	format := addFormat(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, err := a.openStore(cmd.Context(), store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		st, err := a.statusOf(cmd.Context(), s)
		if err != nil {
			return err
		}
		if format.value == "json" {
			return st.writeJSON(a)
		}
		st.writeText(a)
		return nil
	}
	return cmd
}

// status is what the command shows.
type status struct {
	lives
	waiting, refused []store.Revision
	daemon           daemonState
	unread           []string // why active plans could not be read, of which no daemon has planned the classes
}

func (a *app) statusOf(ctx context.Context, s *store.Store) (st status, err error) {
	now := a.now()
	if st.daemon, err = a.daemon(ctx, s); err != nil {
		return st, err
	}
	orders, err := currentOrders(ctx, s, now)
	if err != nil {
		return st, err
	}
	rows, err := currentOccurrences(ctx, s, now)
	if err != nil {
		return st, err
	}
	attended := a.attended(ctx, s)
	f := &finder{s: s, now: now}
	if rows, err = f.due(ctx, rows, attended); err != nil {
		return st, err
	}
	if !attended {
		st.unread = f.unread
	}
	if st.lives, err = livesOf(ctx, s, rows); err != nil {
		return st, err
	}
	st.lay(orders)
	if !attended {
		overdue(st.occurrences, now)
	}
	if st.names, err = f.callings(ctx, st.occurrences); err != nil {
		return st, err
	}
	if st.waiting, err = heldRevisions(ctx, s, store.RevisionWaiting); err != nil {
		return st, err
	}
	st.refused, err = heldRevisions(ctx, s, store.RevisionRefused)
	return st, err
}

// writeText writes the status for people.
func (st status) writeText(a *app) {
	say := func(format string, args ...any) {
		a.printHanging(a.out, "", render.Line(fmt.Sprintf(format, args...)), len("  "))
	}
	for _, r := range st.refused {
		say("plan %s: revision %d is refused, the one before is at work: %s", r.Plan, r.ID, r.Note)
	}
	for _, r := range st.waiting {
		say("plan %s: revision %d waits for a confirmation: %s; rundown apply --confirm puts it to work", r.Plan, r.ID, r.Note)
	}
	for _, text := range st.unread {
		say("the classes of an active plan cannot be computed: %s", text)
	}
	if len(st.occurrences) == 0 {
		fmt.Fprintln(a.out, "nothing runs, is due within 24 h, or ended within 24 h")
	} else {
		st.lives.writeText(a)
	}
	say("daemon: %s", st.daemon.text())
}

// heldJSON is the newest revision of a plan, where it is not at work.
type heldJSON struct {
	Revision   int64   `json:"revision"`
	Plan       string  `json:"plan"`
	Reason     string  `json:"reason"`
	ReasonCode *string `json:"reason_code"`
}

// writeJSON writes the status for scripts.
func (st status) writeJSON(a *app) error {
	held := func(revisions []store.Revision) []heldJSON {
		list := []heldJSON{}
		for _, r := range revisions {
			list = append(list, heldJSON{r.ID, r.Plan, r.Note, render.OrNull(r.ReasonCode)})
		}
		return list
	}
	return render.JSON(a.out, struct {
		Occurrences []occurrenceJSON `json:"occurrences"`
		Waiting     []heldJSON       `json:"waiting"`
		Refused     []heldJSON       `json:"refused"`
		Daemon      daemonJSON       `json:"daemon"`
	}{st.views(), held(st.waiting), held(st.refused), st.daemon.view()})
}

// currentOrders are the orders that wait, and those that were carried out for classes that may be on now or later: a
// class that is shown as its plan has it has no row that tells of them.
func currentOrders(ctx context.Context, s *store.Store, now time.Time) ([]store.Command, error) {
	orders, err := s.Orders(ctx, now.Add(-longAgo))
	if err != nil {
		return nil, fmt.Errorf("read operators' orders: %w", err)
	}
	waiting, err := s.Commands(ctx)
	if err != nil {
		return nil, fmt.Errorf("read operators' orders: %w", err)
	}
	known := map[int64]bool{}
	for _, c := range orders {
		known[c.ID] = true
	}
	for _, c := range waiting {
		if !known[c.ID] {
			orders = append(orders, c)
		}
	}
	slices.SortFunc(orders, func(x, y store.Command) int { return cmp.Compare(x.ID, y.ID) })
	return orders, nil
}

// currentOccurrences are those that run, are due or have ended within the span. One that should be over but is still
// open belongs to what runs, however old it is.
func currentOccurrences(ctx context.Context, s *store.Store, now time.Time) ([]store.Occurrence, error) {
	near, err := s.Occurrences(ctx, store.Filter{StartBefore: now.Add(statusSpan), EndAfter: now.Add(-statusSpan)})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	open, err := s.Occurrences(ctx, store.Filter{Open: true, StartBefore: now.Add(statusSpan)})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	seen := map[string]bool{}
	for _, o := range near {
		seen[o.ID] = true
	}
	for _, o := range open {
		if !seen[o.ID] {
			near = append(near, o)
		}
	}
	slices.SortStableFunc(near, func(x, y store.Occurrence) int { return x.Start.Compare(y.Start) })
	return near, nil
}

// overdue says of the classes that wait for somebody that nobody is there.
func overdue(rows []store.Occurrence, now time.Time) {
	for i := range rows {
		o := &rows[i]
		switch {
		case o.State == string(session.Over), o.Reason != "", o.Start.After(now), readDoc[occurrenceDoc](o.Doc).Cancel != nil:
			continue
		case o.State == string(session.Planned):
			o.Reason = "its start has passed, and nobody works on it"
		case !o.End.After(now):
			o.Reason = "its end has passed, and nobody works on it"
		default:
			o.Reason = "nobody works on it"
		}
		o.ReasonCode = string(reason.Unattended)
	}
}
