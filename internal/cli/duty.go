package cli

import (
	"context"
	"net/http"
	"os"
	"strconv"
	"sync"

	"rundown/internal/cli/render"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web"
	"rundown/runner/web/page"
)

// dutyPage serves the duty page of a daemon. It opens a connection to the store when the first page is asked for, since
// many daemons are looked at by nobody. It is safe for concurrent use.
type dutyPage struct {
	d      *daemon
	issues func() []runner.Issue

	mu    sync.Mutex
	pages http.Handler // nil: nothing was asked for yet
	store *store.Store
}

// ServeHTTP answers requests that the guard let pass.
func (p *dutyPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pages, err := p.open(r.Context())
	if err != nil {
		p.d.log.Error("the duty page cannot read the store", "error", err)
		http.Error(w, "the store cannot be read now; see the log of the daemon", http.StatusServiceUnavailable)
		return
	}
	pages.ServeHTTP(w, r)
}

func (p *dutyPage) open(ctx context.Context) (http.Handler, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pages != nil {
		return p.pages, nil
	}
	s, err := p.d.work.store.Reopen(context.WithoutCancel(ctx), store.Options{})
	if err != nil {
		return nil, err
	}
	p.store = s
	p.pages = page.New(page.Options{
		Source: &page.Source{
			Store: s, Clock: p.d.a.clock, Issues: p.issues, State: p.state, Started: p.d.started, Version: versionOf().Version, GroupText: render.GroupText,
		},
		Log: p.d.log,
	})
	return p.pages, nil
}

// state says whether the daemon works.
func (p *dutyPage) state() (running bool, text string) {
	if !p.d.begun.Load() {
		return false, "it is starting"
	}
	if err := p.d.engine.Progress(web.MovesWithin); err != nil {
		return false, err.Error()
	}
	return true, "pid " + strconv.Itoa(os.Getpid()) + ", since " + p.d.started.Format(view.TimeForm)
}

// close gives the connection to the store back.
func (p *dutyPage) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.store != nil {
		_ = p.store.Close() // it only read, and what it wrote is committed
	}
}
