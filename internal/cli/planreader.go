package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"rundown/internal/host"
	"rundown/internal/planfile"
	"rundown/runner"
	"rundown/runner/reason"
)

// planReader reads a daemon's plan files again when they change or SIGHUP asks for it, and applies them. It has a
// goroutine of its own, which reads one plan at a time: a read of a dead network mount, or of a pipe that nobody writes
// to, may never end, and nothing else may wait for it.
//
// The fields are set by newPlanReader and begin. again belongs to the goroutine. Anyone may call issues.
type planReader struct {
	log   *slog.Logger
	again *reloader
	pace  *readingPace

	beat   *host.Supervised
	cancel context.CancelFunc
	done   chan struct{} // closed once the goroutine has ended

	mu       sync.Mutex
	rejected []runner.Issue // guarded by mu
	names    []string       // of the rejected plans; guarded by mu
}

func newPlanReader(d *daemon) *planReader {
	r := &planReader{log: d.log, pace: newReadingPace(planfile.WatchTimes.Slow, d.log), done: make(chan struct{})}
	r.again = newReloader(d.a, d.work, d.engine, d.log, d.plans)
	r.again.reading, r.again.unset = r.pace.at, &d.unset
	return r
}

// begin starts the goroutine.
func (r *planReader) begin(ctx context.Context, beat *host.Supervised, hangup <-chan os.Signal) {
	r.beat = beat
	ctx, r.cancel = context.WithCancel(ctx)
	go r.loop(ctx, hangup)
}

// end ends the goroutine. It does not wait for a read that hangs: what that gives is not applied.
func (r *planReader) end() {
	r.cancel()
	limit := time.NewTimer(host.LastWord)
	defer limit.Stop()
	select {
	case <-r.done:
	case <-limit.C:
		r.log.Warn("shut down while reading plan files; the next start applies their changes", "path", r.pace.reading())
	}
}

func (r *planReader) loop(ctx context.Context, hangup <-chan os.Signal) {
	defer close(r.done)
	watch := planfile.NewWatch(r.log)
	watch.Reading = r.pace.at
	defer watch.Close()
	r.follow(ctx, watch)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			if len(r.again.plans) == 0 {
				r.log.Info("no plan files to reload: use rundown apply to change the active plans")
			}
			r.reload(ctx, true)
			r.follow(ctx, watch)
		case kind := <-watch.Told():
			now, confirm := r.again.due(kind)
			if now {
				r.reload(ctx, false)
			}
			r.follow(ctx, watch)
			if confirm {
				watch.Confirm()
			}
		}
	}
}

// reload reads the plans again, while the supervisor knows of it.
func (r *planReader) reload(ctx context.Context, force bool) {
	if ctx.Err() != nil {
		return
	}
	r.beat.Reloading()
	r.again.reload(ctx, force)
	if ctx.Err() == nil { // else the supervisor was told that it ends
		r.beat.Ready()
	}
	r.mu.Lock()
	r.rejected, r.names = r.again.rejected(), r.again.rejectedPlans()
	r.mu.Unlock()
}

func (r *planReader) follow(ctx context.Context, watch *planfile.Watch) {
	if ctx.Err() == nil {
		watch.FollowAll(r.again.reads())
	}
	r.pace.at("")
}

// issues are the health issues of the plan files.
func (r *planReader) issues() []runner.Issue {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(r.pace.issues(), r.rejected...)
}

// rejectedPlans names the plans whose files were read and not applied.
func (r *planReader) rejectedPlans() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.names)
}

// readingPace knows which file is being read and since when, and warns once that takes long. It is safe for concurrent
// use.
type readingPace struct {
	slow time.Duration
	log  *slog.Logger

	mu     sync.Mutex
	path   string // "": none
	since  time.Time
	warned bool
	timer  *time.Timer
}

func newReadingPace(slow time.Duration, log *slog.Logger) *readingPace {
	p := &readingPace{slow: slow, log: log}
	p.timer = time.AfterFunc(slow, p.check)
	p.timer.Stop()
	return p
}

// at says that the reading has come to a path; "": nothing is being read any more.
func (p *readingPace) at(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.warned {
		p.log.Info("plan file read", "path", p.path, "duration_ms", time.Since(p.since).Milliseconds())
	}
	p.path, p.since, p.warned = path, time.Now(), false
	p.timer.Stop()
	if path != "" {
		p.timer.Reset(p.slow)
	}
}

// check warns if the present path has taken too long.
func (p *readingPace) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.path == "" || p.warned || time.Since(p.since) < p.slow {
		return
	}
	p.warned = true
	p.log.Warn("reading a plan file is slow; plans are not reloaded until it ends, and the active plans stay",
		"reason_code", reason.IssuePlanRejected, "path", p.path, "duration_s", time.Since(p.since).Seconds())
}

// reading is what is being read; "": nothing.
func (p *readingPace) reading() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.path
}

func (p *readingPace) issues() []runner.Issue {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.warned {
		return nil
	}
	return []runner.Issue{{
		ID: reason.IssuePlanRejected, Severity: runner.SeverityWarning, Since: p.since,
		Text: fmt.Sprintf("reading %s has not ended since %s: plans are not reloaded until then, and the active plans stay",
			p.path, p.since.UTC().Format(time.RFC3339)),
		Advice: "check the file system, or what writes to the file; a restart ends the read, and recordings go on",
	}}
}
