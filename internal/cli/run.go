package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/view"
)

// failpoint is set by the test binary alone, so that run and now can be made to die at a named instant.
var failpoint func(point string)

// runOptions are the flags of run, of which a dry run and --stop-all each use a part.
type runOptions struct {
	dryRun bool
	span   window
	listen string
	ledger string
	keep   time.Duration // retention period of ended classes; 0: for ever
	stop   bool
	web    webOptions
	looks  bool   // at pages and buckets of the next classes
	secret string // a reference to the one that signs notifications; "": none are taken
	format *formatFlag
}

// newRunCommand makes run: the daemon (daemon.go), --dry-run, which is below, and --stop-all (stopall.go). The daemon reads plans and
// the store, which it makes where there is none, writes the store, and logs to standard error; a dry run writes to standard output
// alone. A signal is status 0. Status 1 is that of plans with errors where no revision can stand in for them, and of --stop-all where
// a session may still run.
func newRunCommand(a *app) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [PLAN...]",
		Short: "Run the daemon: record the classes of plans on time",
		Long: `Run the daemon: record the classes of plans on time.

The daemon writes each step to the store before it sends a request. It can be
killed at any time: recordings go on in the cloud, and the next start adopts
them. On PostgreSQL another daemon takes them over within seconds. SIGTERM and
SIGINT shut it down with status 0 and leave recordings running. It waits up to
ten seconds for open requests; the next start, or another daemon, settles the
rest. A second signal exits at once, unless it comes within a second.

With PLAN, each start applies the plans, and so undoes an apply --revision. On
PostgreSQL, a start with a file that holds an earlier revision leaves the active
one. Without PLAN, the daemon runs the active plans of the store. It reloads
plan files on SIGHUP and when they change: once they have been unchanged for a
second, or ten seconds after the first change. A plan with errors is rejected
and the active plan stays, also at a restart.

--dry-run prints each acquire, start, update and stop of the classes that start
in the period, and sends nothing.

--stop-all stops every recording that the store shows running, and exits. If a
daemon is using the store, it gives the daemon the orders and waits. It needs
no plan, and works with a store that is read-only or on a full disk. The exit
status is 1 if a session may still be running; each is listed with its sid and
the latest time at which it ends.`,
		Example: `  rundown run plan.yaml
  rundown run plans/*.yaml --store sqlite:/srv/rundown.db --log-format json
  rundown run plan.yaml --dry-run --from 2031-09-15 --until 2031-09-19
  rundown run --stop-all
  rundown run plan.yaml --simulate --ledger ledger.json
  rundown run plan.yaml --webhook-secret '${file:/etc/rundown/webhook-secret}'`,
		Args:              arguments(0, -1, "PLAN"),
		ValidArgsFunction: completePlans,
	}
	o.addFlags(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.runCommand(cmd, args, o) }
	return cmd
}

// runCommand does what the flags of run ask for.
func (a *app) runCommand(cmd *cobra.Command, args []string, o runOptions) error {
	span, err := o.check(cmd, a.now())
	if err != nil {
		return &usageError{cmd.CommandPath(), err}
	}
	if o.dryRun {
		return a.dryRunPlans(cmd.Context(), args, span, o.format.value)
	}
	if !cmd.Flags().Changed("preflight") && (a.flags.simulate || a.flags.apiURL != "") { // the service there opens no pages
		o.looks = false
	}
	a.queueLog()
	plans, err := a.plansToRun(cmd.Context(), args)
	if err != nil {
		return err
	}
	if o.stop {
		return a.stopAll(cmd.Context(), plans, o)
	}
	return a.run(cmd.Context(), plans, o)
}

// addFlags gives the command its flags.
func (o *runOptions) addFlags(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.dryRun, "dry-run", false, "print the requests without sending them")
	o.span.add(cmd)
	f.StringVar(&o.listen, "listen", "127.0.0.1:8089", "`ADDRESS` to serve health checks, notifications and the API on; port 0 picks a free port")
	f.StringVar(&o.secret, "webhook-secret", "", "`REFERENCE` (${NAME} or ${file:PATH}) to the secret of Agora's notifications, which are served at /webhooks/agora (default: ${"+webhookSecretVariable+"}, if set)")
	f.BoolVar(&o.looks, "preflight", true, "ask for the pages and buckets of the next classes before they begin, where a plan has notify; off with --api-url and --simulate unless given")
	o.web.addFlags(cmd)
	f.StringVar(&o.ledger, "ledger", "", "write the simulator's ledger to `FILE` (with --simulate)")
	f.Func("keep", "retention period of ended classes: `LENGTH` such as 400d, at least 9d (default: for ever)", func(s string) (err error) {
		o.keep, err = parseKeep(s)
		return err
	})
	f.BoolVar(&o.stop, "stop-all", false, "stop every recording that the store shows running, and exit")
	o.format = addFormat(cmd, "text", "json")
	addIncludeDir(a, cmd)
}

// check judges the flags together and resolves the period of a dry run.
func (o *runOptions) check(cmd *cobra.Command, now time.Time) (window, error) {
	if !o.dryRun {
		for _, name := range []string{"from", "until", "format"} {
			if cmd.Flags().Changed(name) {
				return window{}, fmt.Errorf("--%s requires --dry-run", name)
			}
		}
	}
	if o.stop && o.dryRun {
		return window{}, errors.New("--stop-all and --dry-run cannot be combined")
	}
	if err := cmp.Or(checkListen(cmd, o.listen), o.web.check()); err != nil {
		return window{}, err
	}
	return o.span.resolve(now)
}

// dryRunPlans prints the requests of the plans given, or of those that were applied last.
func (a *app) dryRunPlans(ctx context.Context, paths []string, span window, format string) error {
	plans, err := a.soundPlans(paths)
	if err != nil {
		return err
	}
	if len(plans) == 0 {
		if plans, err = a.storedPlans(ctx); err != nil {
			return err
		}
	}
	return a.dryRun(plans, span, format)
}

// wayOut tells who starts the daemon on a store that cannot be written what can be done about what runs.
func wayOut(err error) error {
	if !errors.Is(err, store.ErrUnwritable) {
		return err
	}
	return fmt.Errorf("%w; free some space or make the store writable, and restart; recordings go on until then: rundown run --stop-all stops them and only reads the store", err)
}

// storedPlans are the plans that were applied to the store last.
func (a *app) storedPlans(ctx context.Context) ([]planfile.Checked, error) {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	all, err := appliedPlans(ctx, s, rules.Options{Now: a.now()})
	var plans []planfile.Checked
	for _, p := range all {
		plans = append(plans, planfile.Checked{Path: p.Files[0].Path, Plan: p})
	}
	return plans, err
}

// distinctNames refuses two plans of one name: their classes would have the same identities.
func distinctNames(plans []planfile.Checked) error {
	seen := map[string]string{}
	for _, c := range plans {
		if other, ok := seen[c.Plan.Name]; ok {
			return fmt.Errorf("plans %s and %s have the same name, %s", other, c.Path, c.Plan.Name)
		}
		seen[c.Plan.Name] = c.Path
	}
	return nil
}

// leastKept is what the next start needs to know of what was recorded.
const leastKept = 9 * 24 * time.Hour

// parseKeep reads --keep: a number of days such as 400d, or a duration such as 9600h.
func parseKeep(s string) (length time.Duration, err error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		if n > 36500 { // a century; more would not fit into a duration
			err = strconv.ErrRange
		}
		length = time.Duration(n) * 24 * time.Hour
	} else {
		length, err = time.ParseDuration(s)
	}
	if err != nil || length < leastKept {
		return 0, errors.New("must be 9d or more, such as 400d")
	}
	return length, nil
}

// rehearsedJSON is a line of run --dry-run --format json.
type rehearsedJSON struct {
	Occurrence string            `json:"occurrence"`
	At         *string           `json:"at"`
	Method     string            `json:"method"`
	URL        string            `json:"url"`
	Headers    map[string]string `json:"headers"`
	Body       any               `json:"body"`
}

// dryRun prints the requests of the classes in the window and sends nothing.
func (a *app) dryRun(plans []planfile.Checked, w window, format string) error {
	base := agora.PrimaryURL
	if a.flags.apiURL != "" {
		base = func(catalog.Region, catalog.Area) string { return strings.TrimSuffix(a.flags.apiURL, "/") }
	}
	from, until := w.instants()
	var all []runner.DryRunRequest
	for _, c := range plans {
		requests, err := runner.DryRun(c.Plan, from, until, func(o *plan.Occurrence) bool { return w.contains(o.Start) }, base)
		if err != nil {
			return fmt.Errorf("plan %s: %w", c.Path, err)
		}
		all = append(all, requests...)
	}
	slices.SortStableFunc(all, func(x, y runner.DryRunRequest) int { return x.At.Compare(y.At) })
	if format == "json" {
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		for _, r := range all {
			if err := enc.Encode(rehearsedJSON{r.Occurrence, view.PlanTime(r.At), r.Method, r.URL, r.Headers, r.Body}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		fmt.Fprintln(a.out, "no classes in this period")
	}
	colours := a.paletteFor(a.out)
	for _, r := range all {
		var body bytes.Buffer
		enc := json.NewEncoder(&body)
		enc.SetEscapeHTML(false)
		enc.SetIndent("  ", "  ")
		if err := enc.Encode(r.Body); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s  %s\n  %s %s\n", r.At.Format("Mon 2006-01-02 15:04:05.000 MST"), view.Line(r.Occurrence),
			colours.Paint(r.Method, color.Bold), view.Line(r.URL))
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			fmt.Fprintf(a.out, "  %s: %s\n", name, r.Headers[name])
		}
		fmt.Fprintf(a.out, "  %s\n", body.Bytes())
	}
	return nil
}
