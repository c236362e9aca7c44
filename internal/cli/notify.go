package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner/notify"
	"rundown/runner/store"
	"rundown/runner/view"
)

// newNotifyCommand groups what is done about notifications.
func newNotifyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Test notifications, and list those that wait",
		Long: `Test notifications, and list those that wait.

The entries of notify in a plan say who hears of classes, plans and the health
of the daemon. Only a daemon sends messages of classes and plans: while none
runs, nobody is told.`,
		Example: `  rundown notify test
  rundown notify list`,
		Args: cobra.ArbitraryArgs,
		RunE: a.noCommand,
	}
	cmd.AddCommand(newNotifyTestCommand(a), newNotifyListCommand(a))
	return cmd
}

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

// newNotifyListCommand makes notify list. It shows the outbox of the store; only the daemon changes that. Messages that could not be
// sent are no error of this command, so the status is 0.
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

// writeOutbox writes messages for scripts: when one is due is null once it is sent or dropped.
func (a *app) writeOutbox(keys []string, messages []store.Message) error {
	doc := outboxJSON{Targets: append([]string{}, keys...), Messages: []messageJSON{}}
	for _, m := range messages {
		j := messageJSON{
			ID: m.ID, Target: m.Target, Event: m.Kind, Severity: m.Severity, Occurrence: view.OrNull(m.Subject), State: string(m.State),
			CreatedAt: view.SessionTime(m.At), Tries: m.Tries, SettledAt: view.SessionTime(m.Settled), Result: view.OrNull(m.Result), Body: m.Body,
		}
		if m.State == store.MessageWaiting {
			j.DueAt = view.SessionTime(m.Due)
		}
		doc.Messages = append(doc.Messages, j)
	}
	return render.JSON(a.out, doc)
}

// printOutbox writes messages for people, each with what is to come or went wrong below it.
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
		state := colours.Paint(fmt.Sprintf("%-7s", m.State), marks[m.State])
		a.printLine(a.out, m.At.UTC().Format(outboxTime)+"  "+state+"  "+view.Line(m.Target)+"  ", view.Line(strings.TrimSpace(m.Kind+" "+m.Subject)), 4)
		say := func(text string) { a.printLine(a.out, "    ", view.Line(text), 4) }
		switch {
		case m.State == store.MessageDropped:
			say(m.Result)
		case m.State == store.MessageWaiting && m.Tries > 0:
			say(fmt.Sprintf("%d tries failed, the last with: %s; next at %s", m.Tries, m.Result, m.Due.UTC().Format(outboxTime)))
		case m.State == store.MessageWaiting:
			say("to be sent at " + m.Due.UTC().Format(outboxTime))
		}
	}
}

// outboxTime is a time of a message: its target may be of several plans, so it is in UTC.
const outboxTime = "2006-01-02 15:04:05Z"

// testPatience is how long notify test waits for the daemon.
const testPatience = time.Minute

// newNotifyTestCommand makes notify test. Where a daemon runs, the test is a row in the outbox like any message, so that it proves the
// daemon's own variables, files and network. Otherwise, and with --plan, this process sends it, by the variables here, and stores
// nothing. A target that does not take the test, or of which nothing is heard within [testPatience], is status 1.
func newNotifyTestCommand(a *app) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "test [TARGET]",
		Short: "Send a test to the targets of the active plans",
		Long: `Send a test to TARGET, or to every target of the active plans, and wait for the
result.

If a daemon runs, the daemon sends the test, with its own variables and files.
Otherwise this command sends it. If a target has answered 410 Gone, nothing more
is sent to it. A test that it takes starts the sending again.

TARGET is PLAN/NAME, or NAME where only one plan has it; notify list shows the
names. With --plan the command tests the targets of a plan file and needs no
store. The exit status is 1 where a target did not take the test.`,
		Example: `  rundown notify test
  rundown notify test duty
  rundown notify test --plan plan.yaml`,
		Args: arguments(0, 1, "TARGET"),
	}
	cmd.Flags().StringVar(&file, "plan", "", "test the targets of this plan `FILE` from here")
	complete(cmd, "plan", "yaml", "yml")
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name := ""
		if len(args) > 0 {
			name = args[0]
		}
		if file != "" {
			checked, err := a.soundPlans([]string{file})
			if err != nil {
				return err
			}
			return a.testFromHere(cmd.Context(), []*plan.Plan{checked[0].Plan}, name)
		}
		return a.testTargets(cmd.Context(), name)
	}
	return cmd
}

// testTargets has the daemon test targets, or tests them from here where none runs.
func (a *app) testTargets(ctx context.Context, name string) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	plans, err := appliedPlans(ctx, s, rules.Options{Now: a.now()})
	if err != nil {
		return err
	}
	d, err := view.ReadDaemon(ctx, s, a.now())
	if err != nil {
		return err
	}
	if !d.Running() {
		a.say("no daemon is running: sending from here")
		return a.testFromHere(ctx, plans, name)
	}
	keys, err := targetsNamed(plans, name)
	if err != nil {
		return err
	}
	var tests []store.Announcement
	for _, key := range keys {
		tests = append(tests, notify.TestOf(key, a.clock()))
	}
	if err := s.Announce(ctx, nil, tests...); err != nil {
		return err
	}
	return a.awaitTests(ctx, s, tests)
}

// awaitTests shows what becomes of tests that a daemon sends.
func (a *app) awaitTests(ctx context.Context, s *store.Store, tests []store.Announcement) error {
	limit := time.NewTimer(testPatience)
	defer limit.Stop()
	ticks := time.NewTicker(200 * time.Millisecond)
	defer ticks.Stop()
	failed := false
	for len(tests) > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			for _, t := range tests {
				fmt.Fprintf(a.out, "%s  no result after %v: the daemon does not answer, or its plan has no such target\n", view.Line(t.Subject), testPatience)
			}
			return errFindings
		case <-ticks.C:
		}
		var open []store.Announcement
		for _, t := range tests {
			found, err := s.Outbox(ctx, store.OutboxFilter{ID: t.ID, Target: t.Subject})
			if err != nil {
				return err
			}
			if len(found) == 0 || found[0].State == store.MessageWaiting {
				open = append(open, t)
				continue
			}
			failed = failed || found[0].State != store.MessageSent
			a.showTest(t.Subject, found[0].State == store.MessageSent, found[0].Result)
		}
		tests = open
	}
	if failed {
		return errFindings
	}
	return nil
}

// testFromHere sends tests from this process.
func (a *app) testFromHere(ctx context.Context, plans []*plan.Plan, name string) error {
	keys, err := targetsNamed(plans, name)
	if err != nil {
		return err
	}
	failed := false
	for _, p := range plans {
		for _, key := range notify.TargetNames(p) {
			if !slices.Contains(keys, key) {
				continue
			}
			err := notify.Try(ctx, notify.Config{
				Lookup: func(p *plan.Plan) plan.Lookup { return a.newLookup(p.Files[0].Path) }, UserAgent: "rundown/" + versionOf().Version,
			}, p, key)
			result := "sent"
			if err != nil {
				failed, result = true, err.Error()
			}
			a.showTest(key, err == nil, result)
		}
	}
	if failed {
		return errFindings
	}
	return nil
}

// showTest writes a line a target: the answer of the target may hold anything, so it is made fit for one line.
func (a *app) showTest(target string, ok bool, result string) {
	if !ok {
		result = "not sent: " + result
	}
	fmt.Fprintf(a.out, "%s  %s\n", view.Line(target), view.Line(result))
}

// targetsNamed are the targets of the plans that a name means, all of them without one.
func targetsNamed(plans []*plan.Plan, name string) ([]string, error) {
	var all, found []string
	for _, p := range plans {
		all = append(all, notify.TargetNames(p)...)
	}
	for _, key := range all {
		if name == "" || key == name || strings.HasSuffix(key, "/"+name) {
			found = append(found, key)
		}
	}
	switch {
	case len(all) == 0:
		return nil, errors.New("no plan has a target: add notify to it")
	case len(found) == 0:
		return nil, fmt.Errorf("no target is called %q%s", name, cmp.Or(didYouMean(name, all), ": there are "+view.JoinSome(all, 8)))
	case name != "" && len(found) > 1:
		return nil, fmt.Errorf("%q is a target of several plans: name one of %s", name, view.JoinSome(found, 8))
	}
	return found, nil
}
