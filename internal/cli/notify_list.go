package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/plan/rules"
	"rundown/runner/notify"
	"rundown/runner/store"
	"rundown/runner/view"
)

// messageJSON is a message as notify list writes it.
type messageJSON struct {
	ID         string          `json:"id"`
	Target     string          `json:"target"`
	Event      string          `json:"event"`
	Severity   string          `json:"severity"`
	Occurrence *string         `json:"occurrence"` // or what else it is about
	State      string          `json:"state"`
	CreatedAt  *string         `json:"created_at"`
	DueAt      *string         `json:"due_at"` // null: it is not sent any more
	Tries      int             `json:"tries"`  // that failed
	SettledAt  *string         `json:"settled_at"`
	Result     *string         `json:"result"`
	Body       json.RawMessage `json:"body"`
}

// outboxJSON is the answer of notify list.
type outboxJSON struct {
	Targets  []string      `json:"targets"`
	Messages []messageJSON `json:"messages"`
}

func newNotifyListCommand(a *app) *cobra.Command {
	var all bool
	var limit int
	cmd := &cobra.Command{
		Use:   "list [TARGET]",
		Short: "List the notifications that wait, and the last ones that were sent",
		Long: `List the outbox of the store, newest first.

Each line shows which event goes to which target and whether it was sent. Where
it was not, the line below shows when it is sent next and how the last try
went. Messages that were sent or dropped more than a day ago need --all.`,
		Example: `  rundown notify list
  rundown notify list duty --all
  rundown notify list --format json`,
		Args: arguments(0, 1, "TARGET"),
	}
	cmd.Flags().BoolVar(&all, "all", false, "list also what was sent or dropped more than a day ago")
	cmd.Flags().IntVar(&limit, "limit", 100, "the newest `N`; 0: no limit")
	format := addFormat(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := a.openStore(cmd.Context(), store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		keys, f, err := a.outboxFilter(cmd.Context(), s, args, limit)
		if err != nil {
			return err
		}
		found, err := s.Outbox(cmd.Context(), f)
		if err != nil {
			return err
		}
		var messages []store.Message
		for _, m := range found {
			if all || m.State == store.MessageWaiting || a.now().Sub(m.Settled) < 24*time.Hour {
				messages = append(messages, m)
			}
		}
		if format.value == "json" {
			return a.writeOutbox(keys, messages)
		}
		a.printOutbox(keys, messages)
		return nil
	}
	return cmd
}

// outboxFilter gives the targets of the active plans, and the filter for one that is named: one that no plan has any more
// may be named whole.
func (a *app) outboxFilter(ctx context.Context, s *store.Store, args []string, limit int) (keys []string, f store.OutboxFilter, err error) {
	f.Limit = limit
	plans, err := appliedPlans(ctx, s, rules.Options{Now: a.now()})
	if err != nil && !errors.Is(err, errNoPlanApplied) {
		return nil, f, err
	}
	for _, p := range plans {
		keys = append(keys, notify.TargetNames(p)...)
	}
	if len(args) == 0 {
		return keys, f, nil
	}
	f.Target = args[0]
	if named, err := targetsNamed(plans, args[0]); err == nil {
		f.Target = named[0]
	}
	return keys, f, nil
}

func (a *app) writeOutbox(keys []string, messages []store.Message) error {
	doc := outboxJSON{Targets: append([]string{}, keys...), Messages: []messageJSON{}}
	for _, m := range messages {
		j := messageJSON{
			ID: m.ID, Target: m.Target, Event: m.Kind, Severity: m.Severity, Occurrence: view.OrNull(m.Subject), State: string(m.State),
			CreatedAt: view.SessionTime(&m.At), Tries: m.Tries, SettledAt: view.SessionTime(&m.Settled), Result: view.OrNull(m.Result), Body: m.Body,
		}
		if m.State == store.MessageWaiting {
			j.DueAt = view.SessionTime(&m.Due)
		}
		doc.Messages = append(doc.Messages, j)
	}
	return render.JSON(a.out, doc)
}

func (a *app) printOutbox(keys []string, messages []store.Message) {
	colours := a.paletteFor(a.out)
	if len(keys) == 0 {
		fmt.Fprintln(a.out, "no active plan has a target: nobody is notified")
	}
	if len(messages) == 0 {
		fmt.Fprintln(a.out, "no notifications in the last 24 hours")
		return
	}
	marks := map[store.MessageState]color.Attribute{store.MessageSent: color.FgGreen, store.MessageWaiting: color.FgYellow, store.MessageDropped: color.FgRed}
	for _, m := range messages {
		fmt.Fprintf(a.out, "%s  %s  %s  %s\n", m.At.UTC().Format("2006-01-02 15:04:05Z"), colours.Paint(fmt.Sprintf("%-7s", m.State), marks[m.State]),
			view.Line(m.Target), view.Line(m.Kind+orNothing(" ", m.Subject)))
		switch {
		case m.State == store.MessageDropped:
			fmt.Fprintln(a.out, "    "+view.Line(m.Result))
		case m.State == store.MessageWaiting && m.Tries > 0:
			fmt.Fprintf(a.out, "    %d tries failed, the last with: %s; next at %s\n", m.Tries, view.Line(m.Result), m.Due.UTC().Format("2006-01-02 15:04:05Z"))
		case m.State == store.MessageWaiting:
			fmt.Fprintf(a.out, "    to be sent at %s\n", m.Due.UTC().Format("2006-01-02 15:04:05Z"))
		}
	}
}

// orNothing puts a text before another, where there is one.
func orNothing(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}
