package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"rundown/runner"
	"rundown/runner/store"
)

// statusSpan is how far status looks ahead and back.
const statusSpan = 24 * time.Hour

func newStatusCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what runs, what is due and what has just ended",
		Long: `Status shows what runs, is due within 24 hours, or ended within 24 hours. It reads the store, whether the daemon
is running or not.`,
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
		now := a.now()
		orders, err := s.Commands(cmd.Context())
		if err != nil {
			return fmt.Errorf("read operators' orders: %w", err)
		}
		rows, err := currentOccurrences(cmd.Context(), s, now)
		if err != nil {
			return err
		}
		l, err := livesOf(cmd.Context(), s, rows)
		if err != nil {
			return err
		}
		l.lay(orders)
		waiting, err := heldRevisions(cmd.Context(), s, store.RevisionWaiting)
		if err != nil {
			return err
		}
		refused, err := heldRevisions(cmd.Context(), s, store.RevisionRefused)
		if err != nil {
			return err
		}
		if format.value == "json" {
			return l.writeStatus(a, waiting, refused)
		}
		for _, r := range refused {
			fmt.Fprintf(a.out, "plan %s: revision %d is refused, the one before is at work: %s\n", shown(r.Plan), r.ID, shown(r.Note))
		}
		for _, r := range waiting {
			fmt.Fprintf(a.out, "plan %s: revision %d waits for a confirmation: %s; rundown apply --confirm puts it to work\n", shown(r.Plan), r.ID, shown(r.Note))
		}
		if len(rows) == 0 {
			fmt.Fprintln(a.out, "nothing runs, is due within 24 h, or ended within 24 h")
		} else {
			if !a.attended(cmd.Context(), s) {
				overdue(rows, now)
			}
			l.writeText(a)
		}
		return a.printBeat(cmd.Context(), s, now)
	}
	return cmd
}

// heldJSON is the newest revision of a plan, where it is not at work.
type heldJSON struct {
	Revision int64  `json:"revision"`
	Plan     string `json:"plan"`
	Reason   string `json:"reason"`
}

// writeStatus writes the occurrences, and the plans that wait or were refused.
func (l lives) writeStatus(a *app, waiting, refused []store.Revision) error {
	held := func(revisions []store.Revision) []heldJSON {
		list := []heldJSON{}
		for _, r := range revisions {
			list = append(list, heldJSON{r.ID, r.Plan, r.Note})
		}
		return list
	}
	return writeJSON(a.out, struct {
		Occurrences []occurrenceJSON `json:"occurrences"`
		Waiting     []heldJSON       `json:"waiting"`
		Refused     []heldJSON       `json:"refused"`
	}{l.views(), held(waiting), held(refused)})
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
		case o.State == string(runner.Over), o.Reason != "", o.Start.After(now), readDoc[occurrenceDoc](o.Doc).Cancel != nil:
		case o.State == string(runner.Planned):
			o.Reason = "its start has passed, and nobody works on it"
		case !o.End.After(now):
			o.Reason = "its end has passed, and nobody works on it"
		default:
			o.Reason = "nobody works on it"
		}
	}
}

// printBeat says when somebody last worked on the store, since a table of plans that nobody carries out looks well.
func (a *app) printBeat(ctx context.Context, s *store.Store, now time.Time) error {
	beat, err := s.LastBeat(ctx)
	if err != nil {
		return fmt.Errorf("read the last beat: %w", err)
	}
	if beat.IsZero() {
		fmt.Fprintln(a.out, "no daemon has worked on this store")
		return nil
	}
	fmt.Fprintf(a.out, "last sign of life of a daemon: %s (%s ago)%s\n", beat.UTC().Format(time.RFC3339), max(now.Sub(beat), 0).Round(time.Second), a.unattended(ctx, s))
	return nil
}
