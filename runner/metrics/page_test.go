package metrics_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rundown/runner/metrics"
)

var update = flag.Bool("update", false, "write docs/metrics.md anew")

// page is docs/metrics.md.
func page() string {
	var b strings.Builder
	b.WriteString(`# Metrics

Generated from the code by ` + "`go test ./runner/metrics -run Page -update`" + `, and held by that test.

` + "`rundown run`" + ` answers ` + "`GET /metrics`" + ` at the address of ` + "`--listen`" + ` in Prometheus' text format. Names and labels are a contract:
metrics and labels may be added, and none is renamed. Counters and histograms begin at 0 with each start of the daemon, as
` + "`rate()` and `increase()`" + ` expect. Gauges say how things stand when they are read. Where the store cannot be read, the metrics that
come from it are left out: sessions, plans, the next start and what was lost of late.

Of daemons that share a store each counts what it has done itself, and has the health issues and orphans of the App IDs that it
owns: add these up. Sessions, notifications that wait, plans, the next start and what was lost of late are those of the store, the
same from each.

Every label has a fixed set of values, except ` + "`plan`" + `, which has one for each active plan. So the number of series does not grow
with the timetable. Beside these the endpoint has the usual metrics of Go programs (` + "`go_…`" + `) and processes (` + "`process_…`" + `).

` + "`deploy/prometheus/rules.yaml` has alert rules and `deploy/grafana/rundown.json`" + ` a dashboard.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
`)
	for _, m := range metrics.Contract {
		var labels []string
		for _, l := range m.Labels {
			labels = append(labels, "`"+l.Name+"`: "+l.Values)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, m.Type, strings.Join(labels, "; "), m.Help)
	}
	b.WriteString(`
A class that is moved after it has ended, and recorded again, counts twice: an outcome belongs to an interval.
`)
	return b.String()
}

func TestTheMetricsPageIsThatOfTheCode(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "metrics.md")
	if *update {
		if err := os.WriteFile(path, []byte(page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != page() {
		t.Error("docs/metrics.md is not that of the code; write it anew with -update")
	}
}
