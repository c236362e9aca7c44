package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"rundown/agora/catalog"
	"rundown/internal/host"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/store"
	"rundown/runner/web"
)

// openTries is when a database that cannot be reached is tried again.
var openTries = catalog.Backoff{Steps: []time.Duration{time.Second, time.Second, 2 * time.Second}, Then: 3 * time.Second}

// openStore opens the daemon's store. A database that cannot be reached is waited for, as while the daemon runs: it answers
// /healthz with 200 and /readyz with 503 meanwhile, so that no supervisor restarts it. Whatever else is wrong is an error.
func (d *daemon) openStore(ctx context.Context, listener net.Listener, o runOptions) (*environment, error) {
	var last error
	end := func() {}
	defer func() { end() }()
	for tries := 0; ; tries++ {
		w, err := d.a.openEnvironment(ctx, store.Open, o.ledger, d.plans...)
		switch {
		case err == nil:
			if tries > 0 {
				d.log.Info("the database can be reached", "store", w.store.Path())
			}
			return w, nil
		case !errors.Is(err, store.ErrUnreachable):
			return nil, err
		}
		wait, _ := openTries.Next(tries, 0)
		if tries == 0 {
			end = d.serveWaiting(listener, o, err)
		}
		if text := oneLine(err.Error()); last == nil || tries%waitingLogged == 0 || text != oneLine(last.Error()) {
			d.log.Warn("the database cannot be reached; waiting for it, nothing is recorded meanwhile", "listen", o.web.scheme()+"://"+listener.Addr().String(),
				"tries", tries+1, "reason_code", reason.IssueStoreFailed, "error", text)
		}
		last = err
		host.StillStarting("waiting for the database: "+oneLine(err.Error()), wait+startWithin)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

const (
	waitingLogged = 20               // tries between two lines of the log that say the same: a minute
	startWithin   = 30 * time.Second // that a supervisor is asked to wait for the next word
)

// serveWaiting answers health checks until end is called, which leaves the listener open.
func (d *daemon) serveWaiting(listener net.Listener, o runOptions, cause error) (end func()) {
	since, ready := d.a.clock(), &web.Readiness{}
	ready.Set(true) // but for the issue
	issues := func() []runner.Issue {
		return []runner.Issue{{
			ID: reason.IssueStoreFailed, Severity: runner.SeverityCritical, Blocking: true, Since: since,
			Text: "the database cannot be reached: " + oneLine(cause.Error()), Advice: "check the database and the way to it; the daemon begins when it can be reached",
		}}
	}
	kept := keptListener{listener.(*net.TCPListener)} // as [app.run] has made it
	server := web.NewServer(web.Handler(ready, func(time.Duration) error { return nil }, issues), d.log)
	server.TLSConfig = o.web.tls()
	served := make(chan error, 1)
	go func() { served <- web.Serve(server, web.Limit(kept, host.ConnectionLimit(), d.log)) }()
	return func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			d.log.Warn("health checks were not answered while the database was waited for", "error", err)
		}
		_ = kept.SetDeadline(time.Time{}) // the next server can accept
	}
}

// keptListener can be taken from a server and given to another one: a close ends the Accept that waits, and no more.
type keptListener struct{ *net.TCPListener }

// Close ends the Accept that waits, by a deadline in the past.
func (l keptListener) Close() error { return l.SetDeadline(time.Unix(1, 0)) }
