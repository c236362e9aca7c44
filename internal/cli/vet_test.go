package cli

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
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
	if d.work, err = a.openEnvironment(t.Context(), ""); err != nil {
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
