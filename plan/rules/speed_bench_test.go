package rules

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"rundown/plan"
	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
)

// checkBy runs the given checks.
func checkBy(p *plan.Plan, list []check) []plan.Finding {
	c := &checker{p: p, opts: Options{Now: build.TermDay}}
	c.apply(list)
	return plan.Sort(p, c.findings)
}

// rulesByNeed parts the rules into those that look at settings and those that count classes.
func rulesByNeed(p *plan.Plan) (static, counting []check) {
	for _, one := range checks {
		c := &checker{p: p, opts: Options{Now: build.TermDay}, rule: plan.RuleOf(one.rule)}
		if one.find(c); c.times == nil {
			static = append(static, one)
		} else {
			counting = append(counting, one)
		}
	}
	return static, counting
}

func parseBare(tb testing.TB, text []byte) *yaml.Node {
	var n yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&n); err != nil {
		tb.Fatal(err)
	}
	return &n
}

// BenchmarkValidateAgainstBareParse gives the time and the peak memory of validate as multiples of what yaml.v3 takes
// for the bare nodes of the same file: 10,000 recordings with two classes a week over sixteen weeks. The measurements
// alternate, and of each kind the median counts.
//
// The floor is yaml.v3, whose nodes carry the places of findings: 1 on one processor, and half of it on two, since a
// long file is parsed in pieces there. What stands between, in parts of a bare parse and of one processor's time, is
// reading the nodes into keys with their places (a quarter), laying the layers of settings over one another (a quarter,
// on one processor only, as ids and names are known across pieces), the static rules (a tenth), and the rules that need
// the whole plan: the forecast (a fifth, see [forecast.BenchmarkForecast]) and instants before, at and between classes (a fifth).
// The ratios are of wall time: where others use the second processor, load-ratio rises to what one processor takes.
func BenchmarkValidateAgainstBareParse(b *testing.B) {
	text := []byte(build.TermPlan(10_000))
	files := plantest.Texts{"plan.yaml": string(text)}
	p := build.LoadTerm(b, files)
	static, counting := rulesByNeed(p)
	if findings := Check(p, Options{Now: build.TermDay}); len(findings) > 0 {
		b.Fatal(plantest.Show(findings[:min(len(findings), 5)]))
	}
	if n := Summarize(p, Options{Now: build.TermDay}).Classes; n != 320_000 {
		b.Fatal("the plan has", n, "classes")
	}
	p = nil

	const (
		bare = iota
		load
		staticRules
		countingRules
		summary
		kinds
	)
	var took [kinds][]time.Duration
	round := func() {
		var p *plan.Plan
		var n *yaml.Node
		for kind, step := range []func(){
			func() { n = parseBare(b, text) },
			func() { n = nil; p = build.LoadTerm(b, files) },
			func() { checkBy(p, static) },
			func() { checkBy(p, counting) },
			func() { Summarize(p, Options{Now: build.TermDay}) },
		} {
			if kind <= load {
				n = nil
				runtime.GC()
			}
			start := time.Now()
			step()
			took[kind] = append(took[kind], time.Since(start))
		}
		runtime.KeepAlive(n)
	}
	rounds := 0
	for b.Loop() {
		round()
		rounds++
	}
	for ; rounds < 7; rounds++ {
		round()
	}
	median := func(kind int) float64 {
		slices.Sort(took[kind])
		return float64(took[kind][len(took[kind])/2])
	}
	total := median(load)
	b.ReportMetric(0, "ns/op") // of no use here
	b.ReportMetric(median(bare)/1e6, "bare-ms")
	b.ReportMetric(total/median(bare), "load-ratio")
	total += median(staticRules)
	b.ReportMetric(total/median(bare), "static-ratio")
	total += median(countingRules)
	b.ReportMetric(total/median(bare), "rules-ratio")
	total += median(summary)
	b.ReportMetric(total/median(bare), "summary-ratio")

	path := filepath.Join(b.TempDir(), "plan.yaml")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		b.Fatal(err)
	}
	if least := peakMemory(b, "parse", path); least > 0 {
		b.ReportMetric(float64(least)/1024, "bare-peak-MB")
		b.ReportMetric(float64(peakMemory(b, "validate", path))/float64(least), "peak-ratio")
	}
}

// measured tells a process of this test binary whose peak is looked at.
const measured = "RUNDOWN_MEASURED"

// peakMemory gives the most memory, in KiB, that a process of its own held, as the kernel counts it; 0 where it does
// not.
func peakMemory(b *testing.B, what, path string) int {
	cmd := exec.Command(os.Args[0], "-test.run", "^TestPeakMemoryOfAProcess$", "-test.v")
	cmd.Env = append(os.Environ(), measured+"="+what+":"+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	_, after, _ := bytes.Cut(out, []byte("VmHWM:"))
	number, _, _ := bytes.Cut(bytes.TrimLeft(after, " \t"), []byte(" "))
	kib, _ := strconv.Atoi(string(number))
	return kib
}

// TestPeakMemoryOfAProcess is what [peakMemory] starts; by itself it has nothing to do.
func TestPeakMemoryOfAProcess(t *testing.T) {
	what, path, ok := strings.Cut(os.Getenv(measured), ":")
	if !ok {
		return // the benchmarks run this in a process of its own
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	switch what {
	case "parse":
		runtime.KeepAlive(parseBare(t, text))
	case "validate":
		p := build.LoadTerm(t, plantest.Texts{"plan.yaml": string(text)})
		if findings := Check(p, Options{Now: build.TermDay}); len(findings) > 0 {
			t.Fatal(plantest.Show(findings[:1]))
		}
		Summarize(p, Options{Now: build.TermDay})
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM:") {
			fmt.Print(line)
		}
	}
}
