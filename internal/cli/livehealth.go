package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"rundown/internal/host"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/store"
	"rundown/runner/view"
)

// A daemon reports its health issues to the store, but not while the store cannot be written, which is the worst of them. So status
// and doctor ask a daemon on this machine itself, and where there is no answer they look at the disk.

// listenSetting is the setting with the address of the daemon's HTTP server, as the daemon of an SQLite store wrote it last.
const listenSetting = "listen"

// liveWithin is how long a daemon may take to answer. One that hangs must not hold up status.
const liveWithin = 2 * time.Second

// noSpace is the free space, in bytes, below which an SQLite store cannot be counted on to take another write.
const noSpace = 1 << 20

// storeListen writes the address of the daemon's HTTP server to an SQLite store, unless it is there already. Without it, status and
// doctor show what the store has.
func (d *daemon) storeListen(ctx context.Context) {
	if d.work.store.Remote() {
		return
	}
	before, err := d.work.store.Setting(ctx, listenSetting)
	if err == nil && before != d.urls.server {
		err = d.work.store.SetSetting(ctx, listenSetting, d.urls.server)
	}
	if err != nil && ctx.Err() == nil {
		d.log.Warn("the address of this daemon cannot be stored: status and doctor cannot ask it", "error", err)
	}
}

// alsoInUse says that the store that the flags name is in use: another address alone would not help. It is "" where it is not, or
// where that cannot be seen.
func (a *app) alsoInUse(ctx context.Context) string {
	if a.ownStore() {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, liveWithin) // a database that cannot be reached must not hold up the error
	defer cancel()
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return ""
	}
	defer s.Close()
	if pid := s.InUse(); pid > 0 {
		return fmt.Sprintf("; the store %s is in use by process %d, too", s.Path(), pid)
	}
	return ""
}

// readOverview reads what status shows, with the health issues as they are now.
func (a *app) readOverview(ctx context.Context, s *store.Store) (view.Overview, error) {
	o, err := view.ReadOverview(ctx, s, a.now())
	if err != nil {
		return o, err
	}
	issues, answers := liveIssues(ctx, s, o.Daemon)
	if answers {
		o.Health, o.Daemon.Answers = issues, true
	} else if full, is := a.fullIssue(s); is {
		o.Health = append(o.Health, full)
	}
	return o, nil
}

// liveDaemon reads whether a daemon is using the store, and its health issues as they are now.
func (a *app) liveDaemon(ctx context.Context, s *store.Store) (view.DaemonState, []runner.Issue, error) {
	d, err := view.ReadDaemon(ctx, s, a.now())
	if err != nil {
		return d, nil, err
	}
	if issues, answers := liveIssues(ctx, s, d); answers {
		d.Answers = true
		return d, issues, nil
	}
	issues, err := view.ReadHealth(ctx, s, a.now())
	return d, issues, err
}

// liveIssues are the health issues that a daemon of this machine answers with; false where it does not answer, or is not asked: a
// database has several daemons, which cannot fail to write it without being unable to work on it.
func liveIssues(ctx context.Context, s *store.Store, d view.DaemonState) ([]runner.Issue, bool) {
	if s.Remote() || !d.Running() || d.PID == 0 {
		return nil, false
	}
	address, err := s.Setting(ctx, listenSetting)
	if err != nil || address == "" {
		return nil, false
	}
	u, err := url.Parse(address)
	if err != nil || !ofThisMachine(u.Hostname()) {
		return nil, false
	}
	listen := u.Host
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsUnspecified() { // by IPv4, which a machine without IPv6 has, too
		listen = ":" + u.Port()
	}
	o := healthcheckOptions{listen: listen, ready: true, tls: u.Scheme == "https"}
	target, err := o.url()
	if err != nil {
		return nil, false
	}
	_, body, err := askLocally(ctx, target, "application/json", liveWithin)
	if err != nil {
		return nil, false
	}
	var ready struct {
		Ready  *bool          `json:"ready"`
		Reason string         `json:"reason"`
		Issues []runner.Issue `json:"issues"`
	}
	if err := json.Unmarshal(body, &ready); err != nil || ready.Ready == nil {
		return nil, false
	}
	if ready.Reason != "" { // it is starting or ending, or does not move: it has not looked, and the store knows more
		return nil, false
	}
	return ready.Issues, true
}

// ofThisMachine says that an address that a daemon listens on belongs to this machine. Whoever can write the store must not be able
// to have status ask another one.
func ofThisMachine(name string) bool {
	ip := net.ParseIP(name)
	if ip == nil || ip.IsLoopback() || ip.IsUnspecified() {
		return ip != nil
	}
	own, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(own, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && n.IP.Equal(ip)
	})
}

// fullIssue is the health issue of an SQLite store on a disk without free space.
func (a *app) fullIssue(s *store.Store) (runner.Issue, bool) {
	if s.Remote() {
		return runner.Issue{}, false
	}
	free, err := host.FreeSpace(filepath.Dir(s.Path()))
	if err != nil || free >= noSpace {
		return runner.Issue{}, false
	}
	return runner.Issue{
		ID: reason.IssueStoreFailed, Severity: runner.SeverityCritical, Since: a.now(), Blocking: true,
		Text: fmt.Sprintf("the disk of %s is full: no class begins until some space is free", s.Path()), Advice: "free some space",
	}, true
}
