// Package runnertest runs a node on a PostgreSQL for tests that know a node by what the standard library has words for, and by
// no type of ours. So a test can have nodes of two versions in one process: make mixed compiles this file against an earlier
// version, too, as .ci/mixed says. It must not use what a neighbouring version does not have.
package runnertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/runner"
	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
)

// Config says what a node is. All of it but the hooks is needed.
type Config struct {
	Address   string // of the database
	Name      string
	Plan      string // the text of a plan in one file
	Poll      time.Duration
	Transport http.RoundTripper // to the service
	Logger    *slog.Logger
	OnCommit  func(took time.Duration) // as in [store.Options]
	Failpoint func(point string)       // as in [runner.Config]
}

// Node is a node whose store is open. [Node.Close] ends it, whether it has started or not.
type Node struct {
	engine *runner.Engine
	store  *store.Store
	plan   *plan.Plan
}

// Open opens the store of a node, and makes or migrates it. The error is [ErrUnreachable] where the database does not answer.
func Open(ctx context.Context, c Config) (*Node, error) {
	p, err := read(c.Plan)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, c.Address, store.Options{Create: true, Work: true, Node: c.Name, Service: "simulator", OnCommit: c.OnCommit})
	if err != nil {
		return nil, err
	}
	engine := runner.New(runner.Config{
		Store: s, Logger: c.Logger, Who: c.Name, Horizon: 26 * time.Hour, Poll: c.Poll, MinQueryInterval: catalog.MonitorInterval(), Failpoint: c.Failpoint,
		Revision: func(p *plan.Plan) (store.Revision, error) { return runner.NewRevision(p, p.Files[0].Path, p.Files) },
		Connect: func(*plan.Plan) (*runner.Connection, error) {
			return &runner.Connection{Lookup: Values, Client: func(r catalog.Region) (*agora.Client, error) {
				return agora.New(func(context.Context) (string, string, error) { return "customer", "canary", nil },
					agora.WithTransport(c.Transport), agora.WithRegion(r), agora.WithLogger(c.Logger))
			}}, nil
		},
	})
	return &Node{engine, s, p}, nil
}

// Unreachable says that the error of [Open] is for a database that does not answer.
func Unreachable(err error) bool { return errors.Is(err, store.ErrUnreachable) }

// Values are what references stand for; every one of them is a canary.
func Values(r plan.Reference) (string, error) { return "canary-" + r.Name, nil }

// Start has the node work, on its plan.
func (n *Node) Start(ctx context.Context) error { return n.engine.Start(ctx, n.plan) }

// Isolate takes the node's way to the database away, for good.
func (n *Node) Isolate() { _ = n.store.Close() }

// Abandon has [Node.Close] wait for nothing.
func (n *Node) Abandon() { n.engine.Abandon() }

// Close ends the node.
func (n *Node) Close() {
	n.engine.Close()
	_ = n.store.Close()
}

// Cancel has a class not recorded, as the command does.
func Cancel(ctx context.Context, address, id string) error {
	return order(ctx, address, id, func(s *store.Store, c view.Class, by operate.Operator) error {
		_, err := operate.Cancel(ctx, s, c, by)
		return err
	})
}

// Extend has a class last longer, as the command does.
func Extend(ctx context.Context, address, id string, length time.Duration) error {
	return order(ctx, address, id, func(s *store.Store, c view.Class, by operate.Operator) error {
		_, err := operate.Extend(ctx, s, c, length, by)
		return err
	})
}

func order(ctx context.Context, address, id string, give func(*store.Store, view.Class, operate.Operator) error) error {
	named, err := view.ParseID(id)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, address, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	now := time.Now()
	class, err := view.NewFinder(s, now).Class(ctx, named)
	if err != nil {
		return err
	}
	return give(s, class, operate.Operator{Who: "operator", Now: now})
}

// file is the one file of a plan.
type file string

const path = "term.yaml"

func (f file) ReadFile(name string) ([]byte, error) {
	if name != path {
		return nil, os.ErrNotExist
	}
	return []byte(f), nil
}

func (f file) Glob(pattern string) ([]string, error) { return filepath.Glob(pattern) }

func read(text string) (*plan.Plan, error) {
	p, findings, err := load.Load(file(text), path)
	if err != nil {
		return nil, err
	}
	for _, f := range findings {
		if f.Severity == plan.SeverityError {
			return nil, fmt.Errorf("%s:%d: %s [%s]", f.Pos.File, f.Pos.Line, f.Message, f.Rule)
		}
	}
	return p, nil
}
