package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rundown/plan"
	"rundown/plan/load"
	"rundown/runner/notify"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// planText is a plan with two recordings, one of a campus; notify stands before the rest.
const planText = `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${SECRET}"}}
defaults: {timezone: Europe/Madrid, ready_timeout: 30s, url: "https://school.example/{id}"}
recordings:
  algebra: {title: Algebra I, labels: {campus: berlin}, when: 2031-09-15 09:00-09:50}
  german-a1: {when: 2031-09-15 09:00-09:50}
`

// oneHook is an entry that hears of all.
const oneHook = `notify: [{name: duty, webhook: "${HOOK}", secret: "${HOOK_SECRET}", severity: info}]` + "\n"

// pass lets virtual time pass: it is called within synctest.Test only, and waits for nothing.
func pass(d time.Duration) { time.Sleep(d) }

// rig is a store with a notifier on it, and a receiver, in memory and in the bubble's time.
type rig struct {
	t     *testing.T
	store *store.Store
	file  string
	term  int64
	plan  *plan.Plan
	log   bytes.Buffer

	mu     sync.Mutex
	issues []notify.Issue
	moves  error
	values map[string]string
	check  func(context.Context, notify.Look) []notify.Issue
	link   func(occurrence string) string
	nodes  func(context.Context, []int64) ([]notify.Node, error)
	gone   bool            // the plan is not active any more
	unfit  bool            // this process cannot work on the plan
	fits   bool            // it can, from right after the next question for the plans that it works on
	again  bool            // the notifier is started again by the same process
	taken  bool            // another node has the duties by the store
	failed map[string]bool // the calls of the store that fail, by name

	receiver *receiver
	notifier atomic.Pointer[notify.Notifier]
}

// receiver takes webhooks over connections in memory.
type receiver struct {
	t *testing.T

	mu     sync.Mutex
	took   []taken
	asked  int
	answer func(e notify.CloudEvent, w http.ResponseWriter) // nil: 204
	conns  chan net.Conn
}

// taken is a message that a receiver took.
type taken struct {
	notify.CloudEvent
	at   time.Time
	path string
}

func (r *receiver) Accept() (net.Conn, error) {
	c, ok := <-r.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (r *receiver) Close() error   { return nil }
func (r *receiver) Addr() net.Addr { return &net.TCPAddr{} }

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	r.asked++
	answer := r.answer
	r.mu.Unlock()
	var e notify.CloudEvent
	if req.Method == http.MethodPost {
		hook, err := webhooks.NewWebhook(hookSecret)
		if err != nil {
			r.t.Error(err)
		}
		if err := hook.VerifyIgnoringTimestamp(body, req.Header); err != nil {
			r.t.Errorf("signature: %v", err)
		}
		if strings.Contains(string(body), "CANARY") || strings.Contains(string(body), "?") {
			r.t.Errorf("a secret or a query is sent: %s", body)
		}
		if err := json.Unmarshal(body, &e); err != nil {
			r.t.Errorf("%v in %s", err, body)
		}
	}
	status := &statusWriter{ResponseWriter: w, status: http.StatusOK, path: req.URL.Path}
	if answer != nil {
		answer(e, status)
	}
	if status.status/100 == 2 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.took = append(r.took, taken{e, time.Now(), req.URL.Path})
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
	path   string // of the request
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// heard are the kinds of what was taken at a path, in order.
func (r *receiver) heard(path string) (kinds []string) {
	for _, e := range r.events("") {
		if e.path == path {
			kinds = append(kinds, strings.TrimPrefix(e.Type, "rundown."))
		}
	}
	return kinds
}

// requests is how often it was asked.
func (r *receiver) requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

func (r *receiver) answers(f func(e notify.CloudEvent, w http.ResponseWriter)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// events are those of a kind that were taken, "" for all.
func (r *receiver) events(kind string) []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.took), func(e taken) bool { return kind != "" && e.Type != "rundown."+kind })
}

// kinds are those of what was taken, in order, but for what every start tells.
func (r *receiver) kinds() (kinds []string) {
	for _, e := range r.events("") {
		if kind := strings.TrimPrefix(e.Type, "rundown."); kind != "node.joined" && kind != "plan.applied" {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func newRig(t *testing.T, entries string) *rig {
	t.Helper()
	r := &rig{t: t, file: filepath.Join(t.TempDir(), "rundown.db"), values: map[string]string{
		"HOOK": "http://127.0.0.1:1/CANARY-path?CANARY-query", "HOOK_SECRET": hookSecret, "PING": "http://127.0.0.1:1/ping",
		"OTHER": "http://127.0.0.1:1/other",
	}, failed: map[string]bool{}}
	r.plan = loadPlan(t, entries)
	r.receiver = &receiver{t: t, conns: make(chan net.Conn)}
	server := &http.Server{Handler: r.receiver}
	go func() { _ = server.Serve(r.receiver) }()
	t.Cleanup(func() {
		r.close()
		close(r.receiver.conns)
		_ = server.Close()
		if strings.Contains(r.log.String(), "CANARY") {
			t.Errorf("a secret is logged:\n%s", r.log.String())
		}
	})
	r.open()
	return r
}

func loadPlan(t *testing.T, entries string) *plan.Plan {
	t.Helper()
	p, findings, err := load.Load(plan.FileSet{"plan.yaml": strings.Replace(planText, "account:", entries+"account:", 1)}, "plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Severity == plan.SeverityError {
			t.Fatalf("%d: %s", f.Pos.Line, f.Message)
		}
	}
	return p
}

// disk is the rig's store with a disk that may be full or not be read.
type disk struct {
	*store.Store
	r *rig
}

// does gives the error of a call of the store that fails.
func (d disk) does(call string) error {
	d.r.mu.Lock()
	defer d.r.mu.Unlock()
	if d.r.failed[call] {
		return errors.New("the disk is full, or does not answer")
	}
	return nil
}

func (d disk) Announce(ctx context.Context, marks []store.Mark, announcements ...store.Announcement) error {
	if err := d.does("Announce"); err != nil {
		return err
	}
	return d.Store.Announce(ctx, marks, announcements...)
}

func (d disk) Post(ctx context.Context, routed ...store.Routed) error {
	if err := d.does("Post"); err != nil {
		return err
	}
	if err := d.Store.Post(ctx, routed...); err != nil {
		return err
	}
	return d.does("Post, whose answer is lost")
}

func (d disk) Settle(ctx context.Context, messages []store.Message, target string, hurry time.Time) error {
	if err := d.does("Settle"); err != nil {
		return err
	}
	return d.Store.Settle(ctx, messages, target, hurry)
}

func (d disk) Briefs(ctx context.Context, from, until time.Time) ([]store.Brief, error) {
	if err := d.does("Briefs"); err != nil {
		return nil, err
	}
	return d.Store.Briefs(ctx, from, until)
}

func (d disk) DutiesLease(ctx context.Context) (store.Lease, error) {
	d.r.mu.Lock()
	taken := d.r.taken
	d.r.mu.Unlock()
	if taken {
		return store.Lease{App: store.Duties, Node: d.NodeID() + 1, Term: 2}, nil
	}
	return d.Store.DutiesLease(ctx)
}

// open starts a notifier on the rig's store.
func (r *rig) open() {
	r.t.Helper()
	var err error
	if r.store, err = store.Open(context.Background(), r.file, store.Options{Create: true, Work: true}); err != nil {
		r.t.Fatal(err)
	}
	if r.term, err = storetest.Term(context.Background(), r.store, "app"); err != nil {
		r.t.Fatal(err)
	}
	r.start()
}

func (r *rig) start() {
	r.t.Helper()
	n, err := notify.Start(context.Background(), notify.Config{
		Store: disk{r.store, r}, Node: "host:1", Logger: slog.New(slog.NewTextHandler(&r.log, nil)),
		Plans: func() []notify.Plan {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.gone || r.unfit {
				r.unfit = r.unfit && !r.fits
				return nil
			}
			return []notify.Plan{{Plan: r.plan, Revision: 1}}
		},
		Unfit: func() []notify.Plan {
			r.mu.Lock()
			defer r.mu.Unlock()
			if !r.unfit {
				return nil
			}
			return []notify.Plan{{Plan: r.plan, Revision: 1}}
		},
		Check: r.check, Link: r.link, Again: r.again, Nodes: r.nodes,
		Lookup: func(*plan.Plan) plan.Lookup {
			return func(ref plan.Reference) (string, error) {
				r.mu.Lock()
				defer r.mu.Unlock()
				if v, ok := r.values[ref.Name]; ok {
					return v, nil
				}
				return "", fmt.Errorf("%s is not set", ref)
			}
		},
		Issues: func() []notify.Issue {
			r.mu.Lock()
			defer r.mu.Unlock()
			return append(slices.Clone(r.issues), r.notifierIssues()...)
		},
		Moves: func(time.Duration) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.moves
		},
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			here, there := net.Pipe()
			select {
			case r.receiver.conns <- there:
				return here, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}, DisableKeepAlives: true},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.notifier.Store(n)
}

func (r *rig) notifierIssues() []notify.Issue {
	if n := r.notifier.Load(); n != nil {
		return n.Issues()
	}
	return nil
}

// replan makes a plan with other entries the active one.
func (r *rig) replan(entries string) {
	r.t.Helper()
	p := loadPlan(r.t, entries)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.plan = p
}

func (r *rig) close() {
	n := r.notifier.Swap(nil)
	if n == nil {
		return
	}
	n.Close()
	if err := r.store.Close(); err != nil {
		r.t.Error(err)
	}
}

// fails has a call of the store fail, or not any more.
func (r *rig) fails(call string, fails bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed[call] = fails
}

func (r *rig) raise(issues ...notify.Issue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.issues = issues
}

// class is a class as the engine knows it.
func class(recording string, start time.Time, phase session.Phase) session.State {
	id := "school/" + recording + "/" + start.UTC().Format("20060102T150405Z")
	return session.State{
		Target: session.Target{Identity: session.Identity{ID: id, Plan: "school", Recording: recording, Zone: "Europe/Madrid"}, Service: session.Service{App: "app"}, Interval: session.Interval{Start: start, End: start.Add(50 * time.Minute)}},
		Status: session.Status{Phase: phase},
	}
}

// write stores a step from one state to the next as the engine does.
func (r *rig) write(before, after session.State, version int64) {
	r.t.Helper()
	doc, err := json.Marshal(after)
	if err != nil {
		r.t.Fatal(err)
	}
	row := storetest.Row{Occurrence: store.Occurrence{
		ID: after.ID, Plan: after.Plan, Recording: after.Recording, App: after.App, Start: after.Start, End: after.End,
		State: string(after.Phase), Outcome: string(after.Outcome), Reason: after.Reason, ReasonCode: string(after.ReasonCode), Versions: store.Versions{Version: version}, Doc: doc,
	}}
	if err := r.store.WriteSpecs(context.Background(), func(t *store.SpecTx) error { _, err := t.Add(row.Spec()); return err }); err != nil {
		r.t.Fatal(err)
	}
	step := row.Step()
	step.Announced = notify.Changes(before, after, time.Now())
	results, err := r.store.Commit(context.Background(), "app", r.term, []store.Step{step})
	if err = errors.Join(append(results, err)...); err != nil {
		r.t.Fatal(err)
	}
}

// ends stores a class that ended with an outcome.
func (r *rig) ends(recording string, start time.Time, outcome session.Outcome) session.State {
	r.t.Helper()
	s := class(recording, start, session.Ended)
	s.Outcome, s.EndedAt, s.Reason = outcome, time.Now(), "see https://user:CANARY@school.example/room?token=CANARY"
	r.write(class(recording, start, session.Stopping), s, 0)
	return s
}

// waiting is how many messages wait.
func (r *rig) waiting() int {
	r.t.Helper()
	list, err := r.store.Outbox(context.Background(), store.OutboxFilter{State: store.MessageWaiting})
	if err != nil {
		r.t.Fatal(err)
	}
	return len(list)
}
