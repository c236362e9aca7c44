package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/addresses"
	"rundown/runner/reason"
)

// newAddressesCommand makes addresses: the list for a firewall, once or again each day. It reads a plan, or of the store the active
// ones, for the account, asks the service, and stores nothing; the daemon, below, keeps its list in the store. A request that fails
// is status 2; with --watch it is logged and made again, and a signal is status 0.
func newAddressesCommand(a *app) *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "addresses [PLAN]",
		Short: "Print the addresses of Agora's notifications, for a firewall",
		Long: `Addresses asks Agora for the addresses that its notifications come from, and
prints one per line. A firewall in front of the daemon's --listen should let
all of them in. The list changes: Agora advises to ask for it at least once a
day.

With --watch it asks every day, prints the list and then each change, as "+
ADDRESS" or "- ADDRESS", until it is stopped. With --format json it prints one
object per line then. A daemon that takes notifications refreshes the list by
itself, logs each change as a warning, and tells of new addresses for three days
by the health issue addresses-changed.

The account is that of PLAN, else that of the first active plan in the store.`,
		Example: `  rundown addresses plan.yaml
  rundown addresses --store sqlite:/var/lib/rundown/rundown.db --format json
  rundown addresses plan.yaml --watch`,
		Args:              arguments(0, 1, "PLAN"),
		ValidArgsFunction: completePlans,
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "ask every day and print the changes")
	format := addFormat(cmd, "text", "json")
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		w, p, err := a.addressAccount(cmd.Context(), args)
		if err != nil {
			return err
		}
		ask := func(ctx context.Context) ([]netip.Addr, error) { return w.askAddresses(ctx, p) }
		if watch {
			return a.watchAddresses(cmd.Context(), ask, format.value)
		}
		list, err := ask(cmd.Context())
		if err != nil {
			return err
		}
		if format.value == "json" {
			return render.JSON(a.out, addressesJSON{Addresses: list})
		}
		a.printAddresses("", list)
		return nil
	}
	return cmd
}

// addressesJSON is the list; with --watch also what became of the one before.
type addressesJSON struct {
	Addresses []netip.Addr `json:"addresses"`
	Added     []netip.Addr `json:"added,omitempty"`
	Removed   []netip.Addr `json:"removed,omitempty"`
}

// addressAccount finds the plan whose account asks, and the way to the service. It opens the store to read.
func (a *app) addressAccount(ctx context.Context, paths []string) (*environment, *plan.Plan, error) {
	var plans []planfile.Checked
	var err error
	if len(paths) > 0 {
		plans, err = a.soundPlans(paths)
	} else {
		plans, err = a.storedPlans(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	if len(plans) == 0 {
		return nil, nil, errors.New("no plan is active in the store, so there is no account to ask with: name a PLAN")
	}
	w := &environment{app: a}
	if a.flags.simulate {
		if w.sim, err = newSimulator(simulator.Config{Strict: true}); err != nil {
			return nil, nil, err
		}
	}
	return w, plans[0].Plan, nil
}

// askAddresses asks with a plan's account.
func (w *environment) askAddresses(ctx context.Context, p *plan.Plan) ([]netip.Addr, error) {
	conn, err := w.connect(p)
	if err != nil {
		return nil, err
	}
	var region catalog.Region // whose host is asked first
	if len(p.Recordings) > 0 {
		region = p.Recordings[0].Region
	}
	client, err := conn.Client(region)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	return client.Addresses(ctx)
}

// watchAddresses refreshes the list of a daemon that takes notifications, until the context ends, and logs its changes. The account
// is that of the active plan that was applied first, and while there is none nobody is asked. end waits for that.
func (d *daemon) watchAddresses(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	ask := func(ctx context.Context) ([]netip.Addr, error) {
		active := d.engine.ActivePlans()
		if len(active) == 0 {
			return nil, addresses.ErrNoAccount
		}
		return d.work.askAddresses(ctx, active[0].Plan)
	}
	memory := addresses.Stored{Store: d.work.store, Who: d.a.who(), Now: d.a.clock}
	d.moved.refresh(ctx, memory)
	var running sync.WaitGroup
	running.Go(func() {
		addresses.Watch(ctx, ask, memory, d.log, func(c addresses.Change) {
			if c.First {
				d.log.Info(c.String())
				return
			}
			d.moved.refresh(ctx, memory)
			d.log.Warn("the addresses that notifications come from have changed; let the new ones through the firewall",
				"added", addresses.Join(c.Added), "removed", addresses.Join(c.Removed), "all", addresses.Join(c.All))
		})
	})
	running.Go(func() { every(ctx, movedInterval, func() { d.moved.refresh(ctx, memory) }) })
	return func() { cancel(); running.Wait() }
}

// movedInterval is how often a daemon looks for changes that other daemons of its store have found, and for those that are old.
const movedInterval = time.Minute

// movedAddresses are the recent changes of the addresses that notifications come from. It is safe for concurrent use.
type movedAddresses struct {
	changes atomic.Pointer[[]addresses.Change]
}

// refresh reads the changes. While the store cannot be read they stay as they are, and the engine reports the store.
func (m *movedAddresses) refresh(ctx context.Context, memory addresses.Stored) {
	if changes, err := memory.Recent(ctx); err == nil {
		m.changes.Store(&changes)
	}
}

// issues are the changes as health issues.
func (m *movedAddresses) issues() (issues []runner.Issue) {
	changes := m.changes.Load()
	if changes == nil {
		return nil
	}
	for _, c := range *changes {
		issues = append(issues, runner.Issue{
			ID: reason.IssueAddressesChanged, Severity: runner.SeverityWarning, Since: c.At, Text: c.String(),
			About:  addresses.Join(c.Added) + " on " + c.At.UTC().Format(time.DateOnly), // what comes back is told again
			Advice: "let the new ones through the firewall in front of the daemon, if there is one; this is shown for three days",
		})
	}
	return issues
}

// printAddresses writes a line an address, each behind the sign of its change; "" for the whole list.
func (a *app) printAddresses(before string, list []netip.Addr) {
	for _, address := range list {
		fmt.Fprintf(a.out, "%s%s\n", before, address)
	}
}

// lastAddresses keeps the list of a command that watches.
type lastAddresses struct{ list []netip.Addr }

// Load gives the list of the last Save.
func (m *lastAddresses) Load(context.Context) ([]netip.Addr, error) { return m.list, nil }

// Save keeps the list in memory: a command that watches knows nothing of an earlier one.
func (m *lastAddresses) Save(_ context.Context, c addresses.Change) error {
	m.list = c.All
	return nil
}

// watchAddresses prints the list and its changes until it is told to end, or nobody reads them any more.
func (a *app) watchAddresses(ctx context.Context, ask addresses.Ask, format string) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	addresses.Watch(ctx, ask, &lastAddresses{}, a.logger(a.err, a.flags.logLevel), func(c addresses.Change) {
		switch {
		case format == "json":
			_ = json.NewEncoder(a.out).Encode(addressesJSON{c.All, c.Added, c.Removed}) // addresses can be encoded
		case c.First:
			a.printAddresses("", c.All)
		default:
			a.printAddresses("+ ", c.Added)
			a.printAddresses("- ", c.Removed)
		}
		if a.out.err != nil {
			stop()
		}
	})
	return nil
}
