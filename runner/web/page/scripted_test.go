package page

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/load"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web/access"
)

// school is a day of a school, worked on by the engine against the simulated service in virtual time.
type school struct {
	t     testing.TB
	text  string // of the plan
	dir   string // of the store
	sim   *simulator.Simulator
	store *store.Store
	at    time.Time // when the work stopped
	keep  []runner.Issue
}

func loadText(t testing.TB, text string) *plan.Plan {
	t.Helper()
	p, findings, err := load.Load(plan.FileSet{"/plans/school.yaml": text}, "/plans/school.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(findings, rules.Check(p, rules.Options{Now: time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)})...) {
		if f.Severity == plan.SeverityError {
			t.Fatalf("%s:%d: %s [%s]", f.Pos.File, f.Pos.Line, f.Message, f.Rule)
		}
	}
	return p
}

// schoolText is the plan of the scripted day.
func schoolText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/school.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// revisionOf is what the store keeps of a plan: its text, which holds no secret.
func revisionOf(p *plan.Plan) (store.Revision, error) {
	r, err := runner.NewRevision(p, p.Files[0].Path, p.Files)
	r.Who, r.Commit = "deploy", "3f9c2ab71e00"
	return r, err
}

func (s *school) begin(text string) *runner.Engine {
	s.t.Helper()
	p := loadText(s.t, text)
	log := slog.New(slog.DiscardHandler)
	e := runner.New(runner.Config{
		Store: s.store, Poll: time.Minute, MinQueryInterval: catalog.MonitorInterval(), Beat: time.Minute, Who: "deploy", Revision: revisionOf, Logger: log,
		Connect: func(*plan.Plan) (*runner.Connection, error) {
			return &runner.Connection{
				Lookup: func(r plan.Reference) (string, error) { return "canary-" + r.Name, nil },
				Client: func(r catalog.Region) (*agora.Client, error) {
					return agora.New(func(context.Context) (string, string, error) { return "canary-ID", "canary-SECRET", nil },
						agora.WithTransport(s.sim.Transport()), agora.WithRegion(r), agora.WithLogger(log))
				},
			}, nil
		},
	})
	if err := e.Start(context.Background(), p); err != nil {
		s.t.Fatal(err)
	}
	return e
}

// class finds a class for an operator.
func (s *school) class(id string) view.Class {
	s.t.Helper()
	parsed, err := view.ParseID(id)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := view.NewFinder(s.store, time.Now()).Class(context.Background(), parsed)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// scriptedFaults are what goes wrong on the scripted day.
var scriptedFaults = simulator.Faults{
	Seed: 7,
	Requests: []simulator.RequestFault{
		{Endpoint: "start", Cname: "school-french-a1", Times: 400, Status: 400, Code: 2, Reason: "invalid parameter: storageConfig.bucket"},
		{Endpoint: "start", Cname: "school-maths-9b", Times: 25, Status: 503, Code: 62, Reason: "request timeout"},
		{Endpoint: "acquire", Cname: "school-chemistry-10", Times: 1000, Status: 503, Code: 62, Reason: "request timeout"},
	},
	Sessions: []simulator.SessionFault{
		{Cname: "school-german-a1", After: simulator.Duration(17 * time.Minute), Stop: "recorder_error"},
		{Cname: "school-german-b1", After: simulator.Duration(9 * time.Minute), Stop: "page_load_timeout"},
	},
}

// scriptedDay works on the plan from the Monday on, with a holiday of the daemon, faults and orders on the Wednesday, and
// stops at 11:20. What it leaves is the store of a daemon in the middle of a day.
func scriptedDay(t *testing.T, text, dir string) *school {
	s := &school{t: t, text: text, dir: dir}
	work := func(t *testing.T) {
		wait := func(at string) {
			moment, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Until(moment)) // virtual: the engine works through the day meanwhile
		}
		var err error
		wait("2031-09-16T07:00:00+02:00")
		if s.sim, err = simulator.New(simulator.Config{Strict: true}); err != nil {
			t.Fatal(err)
		}
		open := func() { // as each daemon does, which is a node of its own
			if s.store, err = store.Open(context.Background(), filepath.Join(s.dir, "rundown.db"), store.Options{Create: true, Work: true, Service: "simulator"}); err != nil {
				t.Fatal(err)
			}
		}
		open()
		// Who gives orders has a connection of its own, as commands and pages have: the engine sees what others write.
		orders, err := store.Open(context.Background(), filepath.Join(s.dir, "rundown.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer orders.Close()
		e := s.begin(text)
		wait("2031-09-16T12:40:00+02:00")
		e.Close() // the daemon is down for a while
		if err := s.store.Close(); err != nil {
			t.Fatal(err)
		}
		wait("2031-09-16T13:20:00+02:00")
		open()
		e = s.begin(text)
		wait("2031-09-17T07:30:00+02:00")
		if err := s.sim.SetFaults(scriptedFaults); err != nil {
			t.Fatal(err)
		}
		by := operate.Operator{Who: "duty", Why: "the teacher is ill", Now: time.Now()}
		if _, err := operate.Cancel(context.Background(), orders, s.class("school/spanish-a1/20310917T063000Z"), by); err != nil {
			t.Fatal(err)
		}
		wait("2031-09-17T10:40:00+02:00")
		by = operate.Operator{Who: "duty", Why: "the experiment takes longer", Now: time.Now()}
		if _, err := operate.Extend(context.Background(), orders, s.class("school/physics-lab/20310917T084500Z"), 15*time.Minute, by); err != nil {
			t.Fatal(err)
		}
		wait("2031-09-17T11:05:00+02:00")
		s.propose(t, e)
		wait("2031-09-17T11:20:00+02:00")
		s.keep, s.at = e.Issues(), time.Now()
		e.Close()
		if err := s.store.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.sim.Close(); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, work)
	return s
}

// propose applies a plan that removes so much that it waits for a confirmation.
func (s *school) propose(t *testing.T, e *runner.Engine) {
	t.Helper()
	text := s.text[:strings.Index(s.text, "  physics-9a:")] +
		"  history-11: {when: Mon-Fri 13:15-14:00, labels: {campus: south}}\n  choir: {when: Fri 14:00-15:00}\n"
	text = strings.ReplaceAll(text, "Mon-Fri 09:00-09:50", "Mon 09:00-09:50")
	if _, err := e.Apply(context.Background(), loadText(t, text)); err == nil {
		t.Error("the plan does not wait")
	}
}

// common is the folder in which the tests share a scripted day.
var common string

func TestMain(m *testing.M) {
	var err error
	if common, err = os.MkdirTemp("", "rundown-page-*"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(common)
	os.Exit(code)
}

var (
	onceWorked sync.Once
	worked     *school
)

// schoolDay is the scripted day with a store of the test's own.
func schoolDay(t *testing.T) *school {
	t.Helper()
	onceWorked.Do(func() { worked = scriptedDay(t, schoolText(t), common) })
	if worked == nil {
		t.Fatal("the scripted day could not be made")
	}
	s := *worked
	s.t, s.dir = t, t.TempDir()
	data, err := os.ReadFile(filepath.Join(common, "rundown.db"))
	if err == nil {
		err = os.WriteFile(filepath.Join(s.dir, "rundown.db"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

// serve answers as the daemon would at the instant at which the work stopped.
func (s *school) serve(t testing.TB) (*httptest.Server, *Source) {
	t.Helper()
	file := filepath.Join(s.dir, "rundown.db")
	engine, err := store.Open(t.Context(), file, store.Options{Work: true, Service: "simulator"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	if err := engine.Beat(t.Context(), s.at); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	src := &Source{
		Store: st, Clock: func() time.Time { return s.at }, Issues: func() []runner.Issue { return s.keep }, Started: s.at.Add(-22 * time.Hour), Version: "1.4.0",
		State: func() (bool, string) { return true, "running since Tue 16 Sep 13:20 CEST" },
		GroupText: func(g forecast.DifferenceGroup) string {
			return cmp.Or(g.Classes[0].Start, g.Classes[0].OldStart).Format("Mon 15:04")
		},
	}
	server := httptest.NewServer(guarded(t, New(src, slog.New(slog.NewTextHandler(t.Output(), nil)))))
	t.Cleanup(server.Close)
	server.URL = as(server.URL, "duty")
	return server, src
}

// password is that of all users of the tests.
const password = "an example password"

// as is an address that is asked for by a user.
func as(address, user string) string {
	return strings.Replace(address, "http://", "http://"+url.UserPassword(user, password).String()+"@", 1)
}

// guarded puts the guard of the daemon before the pages: duty may do all, reader may look, and the room of english-b2 only
// has to do with its classes.
func guarded(t testing.TB, pages http.Handler) http.Handler {
	t.Helper()
	path := filepath.Join(t.TempDir(), "access.yaml")
	text := "users:\n  - {name: duty, password: x, scopes: [operate]}\n  - {name: reader, password: x, scopes: [read]}\n  - {name: room, password: x, scopes: ['recording:english-b2']}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	policy, err := access.Load(path, func(string) (access.Secret, error) {
		return func() (string, error) { return password, nil }, nil
	}, log)
	if err != nil {
		t.Fatal(err)
	}
	return access.New(access.Config{Policy: policy, Loopback: true}, nil).Handler(pages)
}

// get reads a page.
func get(t testing.TB, server *httptest.Server, path string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, server, r)
}

func do(t testing.TB, server *httptest.Server, r *http.Request) (status int, body string) {
	t.Helper()
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
