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

// Config is what an engine needs. Store and Connect are required.
type Config struct {
	Store   *store.Store
	Connect func(*plan.Plan) (*Connection, error) // to the service, for a plan's account
	Logger  *slog.Logger                          // default: discarded
	Now     func() time.Time                      // default: time.Now
	// Uptime is the time since some instant, that in which the machine slept included. Default: without that.
	Uptime  func() time.Duration
	Horizon time.Duration // how far ahead occurrences are written into the store; default 8 days
	Poll    time.Duration // how often operators' commands are looked for; default 1 s
	Beat    time.Duration // how often a sign of life is stored; default 15 s
	Watch   time.Duration // how often a healthy session is queried at most; default 10 s
	Who     string        // who applies plans, for the event log
	// Revision says what the store is to keep of a plan; default: hash and path, from which no start can be made.
	Revision func(*plan.Plan) (store.Revision, error)
	// Vet judges a plan that comes from the store, before it becomes active; default: none is refused.
	Vet func(*plan.Plan) error
	// Keep is how long what is over is kept; 0: for ever.
	Keep time.Duration
	// OnChange hears of every stored step, in order for one occurrence. It must not block.
	OnChange func(session.State)
	// OnHeartbeat hears how long a heartbeat took, until it was confirmed or failed. It must not block.
	OnHeartbeat func(took time.Duration)
	// Failpoint is called at each named instant between commit, send and answer; a test crashes there. It may end the
	// goroutine that calls it. Nil outside tests.
	Failpoint func(point string)
	// OnLost hears of an occurrence that the engine had to let go, because its row is another's. It must not block.
	OnLost func(id string, err error)
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
	c.Watch = cmp.Or(c.Watch, session.MinQueryInterval)
	if c.Now == nil {
		// Without the monotonic reading, which stands still while a machine sleeps and cannot be compared with the
		// times of plans.
		c.Now = func() time.Time { return time.Now().Round(0) }
	}
	if c.Uptime == nil {
		begin := time.Now()
		c.Uptime = func() time.Duration { return time.Since(begin) }
	}
	if c.OnLost == nil {
		c.OnLost = func(string, error) {}
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
