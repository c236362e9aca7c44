package cli

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/internal/planfile"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

// lacking is a daemon on a PostgreSQL that holds a class of the plan of [vetted] which runs and which nobody works on. It lacks a key
// that the plan refers to.
func lacking(t *testing.T) (d *daemon, vetted func(key string) planfile.Checked) {
	t.Helper()
	dsn := pgtest.Start(t).Database(t)
	before, err := store.Open(t.Context(), dsn, store.Options{Create: true, Work: true, Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	put(t, before, store.Occurrence{Recording: "german", Start: time.Now().Add(-time.Minute), State: "recording"})
	if err := before.Leave(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	a := newApp(Streams{Out: io.Discard, Err: io.Discard})
	a.flags.store, a.flags.logFormat, a.flags.logLevel = dsn, "text", "info"
	a.env = func(name string) (string, bool) {
		v, ok := map[string]string{"ID": "customer", "KEY": "CANARY-key"}[name]
		return v, ok
	}
	path := filepath.Join(t.TempDir(), "plan.yaml")
	vetted = func(key string) planfile.Checked {
		write(t, path, `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${KEY}"}
apps: {main: {id: app}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${`+key+`}", secret_key: "${KEY}"}}
defaults: {timezone: UTC, url: "https://school.example/{id}"}
recordings:
  german: {when: 2091-09-15 09:00-09:50}
`)
		plans, err := a.soundPlans([]string{path})
		if err != nil {
			t.Fatal(err)
		}
		return plans[0]
	}
	d = &daemon{a: a, log: slog.New(slog.DiscardHandler)}
	if d.work, err = a.openEnvironment(t.Context(), store.Open, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.work.close(); err != nil {
			t.Error(err)
		}
	})
	return d, vetted
}

// TestAnEndDoesNotWaitForAVet has the daemon be told to end while it asks the store whether it is to finish what runs.
func TestAnEndDoesNotWaitForAVet(t *testing.T) {
	t.Parallel()
	d, vetted := lacking(t)
	d.begun.Store(true)
	p := vetted("LACKED").Plan
	ended, end := context.WithCancel(t.Context())
	end()
	if err := d.vet(ended, p); err == nil {
		t.Error("it has read the store after the end")
	}
	if err := d.vet(t.Context(), p); err != nil {
		t.Errorf("it does not finish what runs: %v", err)
	}
}

// TestAReadOfAnotherRevisionDoesNotHideWhatTheActiveOneLacks has a daemon finish what runs of a plan and read another revision of it,
// which lacks nothing or something else, and which it does not work on in the end.
func TestAReadOfAnotherRevisionDoesNotHideWhatTheActiveOneLacks(t *testing.T) {
	t.Parallel()
	d, vetted := lacking(t)
	d.plans = []planfile.Checked{vetted("LACKED")}
	active := d.plans[0].Plan
	if err := d.prepare(t.Context(), runOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := d.engine.Start(t.Context(), active); err != nil {
		t.Fatal(err)
	}
	defer d.engine.Close()
	first := d.unsetIssues()
	for _, key := range []string{"KEY", "LACKED_TOO", "KEY"} {
		if err := d.vet(t.Context(), vetted(key).Plan); err != nil {
			t.Fatal(err)
		}
		issues := d.unsetIssues()
		if len(issues) != 1 || !strings.Contains(issues[0].Text, "not set: ${LACKED}") || !issues[0].Since.Equal(first[0].Since) || !d.finishes(active) {
			t.Errorf("after a read of a revision with ${%s} the issues are %+v", key, issues)
		}
	}
	d.a.clock = func() time.Time { return time.Now().Add(time.Hour) }
	if err := d.vet(t.Context(), active); err != nil {
		t.Error(err)
	}
	if issues := d.unsetIssues(); len(issues) != 1 || !issues[0].Since.Equal(first[0].Since) {
		t.Errorf("it says now that it lacks something since %+v, and said before %+v", issues, first)
	}
	d.a.env = func(name string) (string, bool) { return "set", true }
	if err := d.vet(t.Context(), active); err != nil || len(d.unsetIssues()) != 0 || d.finishes(active) {
		t.Errorf("once it lacks nothing, the issues are %+v, %v", d.unsetIssues(), err)
	}
}
