//go:build unix

package runner_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/runner"
	"rundown/runner/store"
)

// longTerm is a plan of 500 rooms with classes enough for 20,000 within the horizon of eight days.
func longTerm(b *testing.B) *plan.Plan {
	b.Helper()
	var text strings.Builder
	text.WriteString(`version: 1
name: term
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}", limits: {qps: 1000, concurrent: 1000}}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}", prefix: ["{id}", "{date}"]}}
calendars: {term: 2020-01-01..2099-12-31}
defaults: {timezone: Europe/Madrid, only: term, url: "https://school.example/rooms/{id}"}
recordings:
`)
	for i := range 500 {
		fmt.Fprintf(&text, "  room-%d: {when: [Mon-Sun 08:00-08:50, Mon-Sun 10:00-10:50, Mon-Sun 12:00-12:50, Mon-Sun 16:00-16:50, Mon-Sun 18:00-18:50]}\n", i)
	}
	p, findings, err := load.Load(files{"term.yaml": text.String()}, "term.yaml")
	if err != nil || p == nil {
		b.Fatal(err, findings)
	}
	return p
}

// BenchmarkIdle measures an engine that has 20,000 classes ahead and nothing to do: the share of a core that it takes,
// and the memory that it holds, on an SQLite file.
func BenchmarkIdle(b *testing.B) {
	const watched = 10 * time.Second
	// The engine stands at four in the morning: the first class is hours away.
	morning := time.Now().UTC().Truncate(24 * time.Hour).Add(26 * time.Hour)
	began := time.Now()
	now := func() time.Time { return morning.Add(time.Since(began)).Round(0) }
	var share, held float64
	for b.Loop() {
		sim, err := simulator.New(simulator.Config{QPS: -1, Concurrent: -1})
		if err != nil {
			b.Fatal(err)
		}
		s, err := store.Open(context.Background(), "sqlite:"+filepath.Join(b.TempDir(), "rundown.db"), store.Options{Create: true, Work: true, Service: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		p := longTerm(b)
		engine := runner.New(runner.Config{Store: s, Now: now, Connect: connect(sim.Transport())})
		if err := engine.Start(context.Background(), p); err != nil {
			b.Fatal(err)
		}
		if all, err := s.Occurrences(context.Background(), store.Filter{Open: true}); err != nil || len(all) != 20_000 {
			b.Fatal(len(all), "classes ahead", err)
		}
		debug.FreeOSMemory() // as [runner.Engine.Start] does a little later
		before := cpu(b)
		time.Sleep(watched)
		share += (cpu(b) - before).Seconds() / watched.Seconds()
		held += memory()
		engine.Close()
		s.Close()
		sim.Close()
	}
	b.ReportMetric(100*share/float64(b.N), "%core")
	b.ReportMetric(held/float64(b.N)/1e6, "MB")
}

// cpu is the time that the process has taken so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is what the runtime holds of the machine's, in bytes.
func memory() float64 {
	all := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(all)
	return float64(all[0].Value.Uint64() - all[1].Value.Uint64())
}
