package cli

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/store"
	"rundown/runner/view"
)

// TestANodeThatJoinsAgainReportsItsHealthAgain has a node with a health issue that lasts join under another number.
func TestANodeThatJoinsAgainReportsItsHealthAgain(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), emptyStore(t), store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := atNoon()
	a.clock = time.Now
	d := &daemon{a: a, log: slog.New(slog.DiscardHandler), work: &environment{store: s}, engine: runner.New(runner.Config{Store: s})}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.reportHealth(ctx, func() []runner.Issue {
			return []runner.Issue{{ID: reason.IssueNodeUnfit, Severity: runner.SeverityCritical, Since: noon, Text: "it lacks a variable"}}
		})
	}()
	defer func() { end(); <-ended }()
	reported := func() bool {
		if err := s.Beat(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		reports, err := view.ReadReports(t.Context(), s, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return len(reports) == 1 && reports[0].Node == s.NodeID() && len(reports[0].Issues) == 1
	}
	eventually(t, 30*time.Second, "the issue is reported", reported)
	if err := s.Join(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the issue is reported under the new number", reported)
}
