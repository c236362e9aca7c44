package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
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

// The free space, in bytes, below which an SQLite store needs a person. A class takes about 10 KB of the store, and a backup beside it
// as much again, so lowSpace leaves days to a timetable of a thousand classes a day, and weeks to most. noSpace is what the store cannot
// be counted on to take another write with.
const (
	lowSpace = 200 << 20
	noSpace  = 1 << 20
)

// diskSpace gives what is free on the disk of a folder, and its size, in bytes.
var diskSpace = host.DiskSpace

// leastSpace is lowSpace, or less on a small disk, which would never have as much.
func leastSpace(size uint64) uint64 { return min(lowSpace, size/5) }

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
	} else {
		o.Health = a.withDisk(s, o.Health)
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

// withDisk adds the health issue of the disk of an SQLite store to those that the store has, which its daemon may have reported.
func (a *app) withDisk(s *store.Store, issues []runner.Issue) []runner.Issue {
	if s.Remote() {
		return issues
	}
	free, size, err := diskSpace(filepath.Dir(s.Path()))
	if err != nil || free >= leastSpace(size) {
		return issues
	}
	issue := diskIssue(s.Path(), free, a.now())
	if slices.ContainsFunc(issues, func(i runner.Issue) bool { return i.ID == issue.ID }) {
		return issues
	}
	return append(issues, issue)
}

// diskIssue is the health issue of a disk with little or no free space.
func diskIssue(path string, free uint64, since time.Time) runner.Issue {
	if free < noSpace {
		return runner.Issue{
			ID: reason.IssueStoreFailed, Severity: runner.SeverityCritical, Since: since, Blocking: true,
			Text: fmt.Sprintf("the disk of %s is full: no class begins until some space is free", path), Advice: "free some space",
		}
	}
	return runner.Issue{
		ID: reason.IssueDiskLow, Severity: runner.SeverityWarning, Since: since,
		Text:   fmt.Sprintf("%d MB are free in %s: once the disk is full, no class begins", free>>20, filepath.Dir(path)),
		Advice: "free some space",
	}
}

// diskWatch watches the disk of the daemon's store. It is safe for concurrent use. A disk that does not answer holds up the goroutine
// that looks, and nobody who asks.
type diskWatch struct {
	mu    sync.Mutex
	known bool
	free  uint64
	issue *runner.Issue // nil: there is room
}

// look looks at the disk of an SQLite store, if it is one. The issue is cleared at a quarter more than it is raised at, so that it does
// not come and go.
func (w *diskWatch) look(s *store.Store, now time.Time) {
	if s.Remote() {
		return
	}
	free, size, err := diskSpace(filepath.Dir(s.Path()))
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known = err == nil; !w.known {
		return
	}
	w.free = free
	least, since := leastSpace(size), now
	if w.issue != nil {
		least, since = least/4*5, w.issue.Since
	}
	if w.issue = nil; free < least {
		issue := diskIssue(s.Path(), max(free, noSpace), since) // that nothing can be written the engine finds out
		w.issue = &issue
	}
}

// issues are those of the disk.
func (w *diskWatch) issues() []runner.Issue {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.issue == nil {
		return nil
	}
	return []runner.Issue{*w.issue}
}

// freeBytes is what is free; known is false where that cannot be told, as for a database.
func (w *diskWatch) freeBytes() (free uint64, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.free, w.known
}

// room checks the disk of an SQLite store: free space, and that a file can be made there, as the journal of SQLite needs.
func (c *checkup) room(path string) {
	folder := filepath.Dir(path)
	free, size, err := diskSpace(folder)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
	case err != nil:
		c.add("space", checkWarn, "unknown: "+err.Error(), "")
	case free < leastSpace(size):
		issue, result := diskIssue(path, free, c.a.now()), checkWarn
		if issue.Severity == runner.SeverityCritical {
			result = checkFail
		}
		c.add("space", result, issue.Text, issue.Advice)
	default:
		c.add("space", checkOK, fmt.Sprintf("%d MB are free in %s", free>>20, folder), "")
	}
	probe, err := os.CreateTemp(folder, ".rundown-doctor-*")
	if err != nil {
		c.add("store", checkFail, "the folder is not writable: "+cause(err).Error(), "make the user of the daemon its owner")
		return
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
}

// issueLog logs health issues, each once as it is raised, once more where it becomes critical, and once as it is cleared. It belongs to
// one goroutine.
type issueLog struct {
	log    *slog.Logger
	raised map[issueKey]runner.Issue
}

// issueKey tells issues apart. Those of one id about one thing, such as the orphans of a class, are numbered: the most severe first, then
// the one that began first.
type issueKey struct {
	id     reason.Code
	about  string
	number int
}

// numbered gives each issue its key.
func numbered(issues []runner.Issue) map[issueKey]runner.Issue {
	critical := func(i runner.Issue) int {
		if i.Severity == runner.SeverityCritical {
			return 0
		}
		return 1
	}
	issues = slices.SortedStableFunc(slices.Values(issues), func(a, b runner.Issue) int {
		return cmp.Or(critical(a)-critical(b), a.Since.Compare(b.Since))
	})
	all := make(map[issueKey]runner.Issue, len(issues))
	for _, issue := range issues {
		key := issueKey{issue.ID, issue.About, 0}
		for ; all[key].ID != ""; key.number++ {
		}
		all[key] = issue
	}
	return all
}

// note takes in the issues that there are now.
func (l *issueLog) note(issues []runner.Issue) {
	now := numbered(issues)
	for key, issue := range now {
		before, open := l.raised[key]
		if open && (before.Severity == issue.Severity || issue.Severity != runner.SeverityCritical) {
			continue
		}
		level := slog.LevelWarn
		if issue.Severity == runner.SeverityCritical {
			level = slog.LevelError
		}
		attrs := append(issueAttrs(issue), "text", issue.Text)
		if issue.Advice != "" {
			attrs = append(attrs, "try", issue.Advice)
		}
		l.log.Log(context.Background(), level, "health issue raised", attrs...)
	}
	for key, issue := range l.raised {
		if _, open := now[key]; !open {
			l.log.Info("health issue cleared", append(issueAttrs(issue), "since", issue.Since.UTC())...)
		}
	}
	l.raised = now
}

// issueAttrs say which issue a line of the log is about.
func issueAttrs(issue runner.Issue) []any {
	attrs := []any{"id", issue.ID, "reason_code", cmp.Or(issue.ReasonCode, issue.ID)}
	if issue.About != "" {
		attrs = append(attrs, "about", issue.About)
	}
	return attrs
}
