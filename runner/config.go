package runner

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Config is what an engine needs. Store and Connect are required; what is zero has its default. The hooks are called from goroutines
// of the engine, by several at a time.
type Config struct {
	Store *store.Store // opened with [store.Options].Work; the engine does not close it
	// Connect says how to reach the service for a plan's account. It is called when a plan is put to work, and for the plan of what
	// still runs of an earlier one. Its error keeps the plan from being put to work.
	Connect func(*plan.Plan) (*Connection, error)
	Logger  *slog.Logger     // default: discarded
	Now     func() time.Time // the wall clock, without a monotonic reading; default: time.Now
	// Uptime is the time since some instant, that in which the machine slept included. Default: without that.
	Uptime  func() time.Duration
	Horizon time.Duration // how far ahead occurrences are written into the store, anew each hour; default 8 days
	Poll    time.Duration // how often the store is read for what others wrote: orders, plans, specs; default 1 s
	Beat    time.Duration // how often a sign of life is stored where no other process can use the store, else the store says; default 15 s
	// MinQueryInterval is the shortest time between two queries for a healthy session; default [session.MinQueryInterval], 10 s. Where
	// many sessions share the request budget it is longer, up to the documented interval: see [session.QueryInterval].
	MinQueryInterval time.Duration
	Who              string // who applies plans, for the event log
	// Revision says what the store is to keep of a plan; default: hash and path, from which no start can be made.
	Revision func(*plan.Plan) (store.Revision, error)
	// Vet judges a plan that comes from the store, before it becomes active; default: none is refused. It ends with the context.
	Vet func(context.Context, *plan.Plan) error
	// Finishes says that this process can only finish what runs of an active plan, and not begin its classes: where several processes
	// share the store, it owns the plan's App IDs only where no other could. The plan is one that Vet was given, or a start: another
	// revision of the same name is another plan. It is called under a lock of the engine, so it must neither block nor call the
	// engine. Default: of none.
	Finishes func(*plan.Plan) bool
	// Keep is how long what is over is kept; 0: for ever. A little more than the longest class, 720 hours, is kept in any case.
	Keep time.Duration
	// OnChange hears of every stored step, in order for one occurrence. It must not block: the worker waits for it.
	OnChange func(session.State)
	// OnHeartbeat hears how long a heartbeat took, until it was confirmed or failed. It must not block.
	OnHeartbeat func(took time.Duration)
	// Failpoint is called at each named instant between commit, send and answer; a test crashes there. It may end the
	// goroutine that calls it. Nil outside tests.
	Failpoint func(point string)
	// OnNowReleased hears of an occurrence that somebody asked for now, where the engine had to release it because its row is another's. It
	// must not block.
	OnNowReleased func(id string, err error)
}

// Connection is how a plan's recordings reach the service.
type Connection struct {
	Client func(catalog.Region) (*agora.Client, error) // the client that begins with the region's host
	Lookup plan.Lookup                                 // what the plan's references stand for
	// Issue fetches temporary storage credentials from the command or file of a plan, as JSON. nil: there are none.
	Issue func(context.Context, *plan.STS) ([]byte, error)
}

func (c Config) withDefaults() Config {
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	c.Horizon = cmp.Or(c.Horizon, 8*24*time.Hour)
	c.Poll, c.Beat = cmp.Or(c.Poll, time.Second), cmp.Or(c.Beat, 15*time.Second)
	c.MinQueryInterval = cmp.Or(c.MinQueryInterval, session.MinQueryInterval)
	if c.Now == nil {
		// Without the monotonic reading, which stands still while a machine sleeps and cannot be compared with the
		// times of plans.
		c.Now = func() time.Time { return time.Now().Round(0) }
	}
	if c.Uptime == nil {
		begin := time.Now()
		c.Uptime = func() time.Duration { return time.Since(begin) }
	}
	if c.Finishes == nil {
		c.Finishes = func(*plan.Plan) bool { return false }
	}
	if c.OnNowReleased == nil {
		c.OnNowReleased = func(string, error) {}
	}
	if c.OnChange == nil {
		c.OnChange = func(session.State) {}
	}
	if c.OnHeartbeat == nil {
		c.OnHeartbeat = func(time.Duration) {}
	}
	if c.Failpoint == nil {
		c.Failpoint = func(string) {}
	}
	return c
}
