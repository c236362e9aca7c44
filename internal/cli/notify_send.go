package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner/notify"
	"rundown/runner/store"
	"rundown/runner/view"
)

// testPatience is how long notify test waits for the daemon.
const testPatience = time.Minute

func newNotifyTestCommand(a *app) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "test [TARGET]",
		Short: "Send a test to the targets of the active plans",
		Long: `Send a test to TARGET, or to every target of the active plans, and wait for the
result.

Where a daemon runs, the daemon sends, with its own variables and files. Else
this command sends. A target that answered 410 Gone is sent to again once it
takes a test.

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
		fmt.Fprintln(a.err, "no daemon is running: sending from here")
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
