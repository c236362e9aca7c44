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

	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
)

func parseBare(tb testing.TB, text []byte) *yaml.Node {
	var n yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&n); err != nil {
		tb.Fatal(err)
	}
	return &n
}

// validate loads a plan, applies every rule and sums it up, as the command does.
func validate(tb testing.TB, text []byte) Summary {
	p := build.LoadTerm(tb, plantest.Texts{"plan.yaml": string(text)})
	r := Review(p, Options{Now: build.TermDay})
	if len(r.Findings) > 0 {
		tb.Fatal(plantest.Show(r.Findings[:1]))
	}
	return Summary{r.Forecast, len(p.Recordings), NotChecked(p, nil)}
}

// BenchmarkValidateAgainstBareParse gives the time and the peak memory of validate as multiples of what yaml.v3 takes for
// the bare nodes of the same file: 10,000 recordings with two classes a week over sixteen weeks. The goals are a ratio of
// at most 2 where classes begin at bells, and 3.2 where each time is drawn at random, and a peak-ratio of at most 2.5. The
// measurements alternate, and of each kind the median counts.
func BenchmarkValidateAgainstBareParse(b *testing.B) {
	for name, bells := range map[string]bool{"bells": true, "random": false} {
		b.Run(name, func(b *testing.B) {
			text := []byte(build.TermPlan(10_000, bells))
			if n := validate(b, text).Classes; n != 320_000 {
				b.Fatal("the plan has", n, "classes")
			}
			var bare, whole []float64
			for b.Loop() {
				bare = append(bare, timed(func() { runtime.KeepAlive(parseBare(b, text)) }))
				whole = append(whole, timed(func() { validate(b, text) }))
			}
			b.ReportMetric(0, "ns/op") // of no use here
			b.ReportMetric(median(bare)*1000, "bare-ms")
			b.ReportMetric(median(whole)/median(bare), "ratio")

			path := filepath.Join(b.TempDir(), "plan.yaml")
			if err := os.WriteFile(path, text, 0o644); err != nil {
				b.Fatal(err)
			}
			if least := peakMemory(b, "parse", path); least > 0 {
				b.ReportMetric(float64(least)/1024, "bare-peak-MB")
				b.ReportMetric(float64(peakMemory(b, "validate", path))/float64(least), "peak-ratio")
			}
		})
	}
}

// timed gives the seconds that a step takes, beginning with a clean heap.
func timed(step func()) float64 {
	runtime.GC()
	start := time.Now()
	step()
	return time.Since(start).Seconds()
}

func median(list []float64) float64 {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}

// measured names, for a process of this test binary, what its peak memory is measured of.
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

// TestPeakMemoryOfAProcess is what [peakMemory] starts; by itself it does nothing.
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
		validate(t, text)
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
