package cli

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	bellRooms  = 12              // classes that begin at a bell, each of a project of its own
	bellLength = 3 * time.Second // of a class
)

// rhythm is how rounds without viewers and with viewers follow each other. A round begins half a second before its first bell, or
// before the quiet seconds that precede it.
type rhythm struct{ quiet, bells int }

func (r rhythm) length() time.Duration { return time.Duration(r.quiet+r.bells) * time.Second }

// round is when a round begins, of which the first has its first second at first.
func (r rhythm) round(first time.Time, number int) time.Time {
	return first.Add(time.Duration(number)*r.length() - time.Second/2)
}

// bell is when the classes of a bell begin.
func (r rhythm) bell(first time.Time, bell int) time.Time {
	round, in := bell/r.bells, bell%r.bells
	return first.Add(time.Duration(round)*r.length() + time.Duration(r.quiet+in)*time.Second)
}

// BenchmarkStartsBesideViewers compares starts beside 100 viewers of the page with starts beside nobody in one run. Each second twelve
// classes of as many projects begin, to be written from the exact start, and two seconds with viewers follow two without: both have the
// same machine. Viewers keep their connections and each of them looks every five seconds that have viewers, as the page's script does,
// which is 20 pages a second. They are a process of their own at the lowest priority, so that their work is not taken for the daemon's.
//
// It reports how long after its start a class was being written, as mean, median and 99th percentile, and for each the ratio of both
// with the bounds of its 95 % confidence interval: mean-ratio-low, mean-ratio-high, and so on. They are by bootstrap over pairs of
// neighbouring rounds, one with viewers and one without, since classes that begin together wait for each other. Where low is below
// 1.05 and high above it, the run is too short, or the machine too busy, to tell. What does not depend on the machine's other work is
// the processor time of the daemon, in milliseconds a second: cpu-ms/s-alone and cpu-ms/s-watched.
//
// A run takes two minutes, and -benchtime 130x lasts five:
//
//	go test ./internal/cli -run '^$' -bench StartsBesideViewers
func BenchmarkStartsBesideViewers(b *testing.B) {
	startsBeside(b, rhythm{bells: 1}, 42, false)
}

// BenchmarkStartsBesideFollowers is the same beside 100 viewers who also follow the events of the API, which is more than the page
// does. They come and go with each round, which has five bells and a second before them.
func BenchmarkStartsBesideFollowers(b *testing.B) {
	startsBeside(b, rhythm{quiet: 1, bells: 5}, 7, true)
}

// startsBeside takes at least so many pairs of rounds, with viewers who also follow the events or do not.
func startsBeside(b *testing.B, r rhythm, fewestPairs int, follow bool) {
	const lead = 30 * time.Second // the daemon prepares the classes of the first minute at once, which is to be over
	address, _ := serve(b, "--start-after", "1s")
	folder := b.TempDir()
	dsn := "sqlite:" + filepath.Join(folder, "rundown.db")
	first := time.Now().UTC().Truncate(time.Second).Add(lead)
	rounds := 2 * max(fewestPairs, b.N)
	path := filepath.Join(folder, "today.yaml")
	if err := os.WriteFile(path, []byte(bellPlan(r, first, rounds)), 0o600); err != nil {
		b.Fatal(err)
	}
	p := start(b, "stderr", slices.Concat(canaries, bellApps()), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	watching := startProgram(b, "nice", "stdout", nil, "-n", "19", "viewers", "http://"+p.awaitListen(),
		strconv.FormatInt(first.UnixMilli(), 10), strconv.Itoa(rounds), strconv.Itoa(r.quiet), strconv.Itoa(r.bells), strconv.FormatBool(follow))
	go func() {
		for range p.lines { // a daemon whose log nobody reads has more to do
		}
	}()
	b.ResetTimer()
	var spent [2]time.Duration // by the daemon, in rounds without viewers and with
	before := time.Duration(0)
	for round := range rounds + 1 {
		time.Sleep(time.Until(r.round(first, round))) // the rounds have instants of their own, which the plan names
		now := processorTime(b, p.cmd.Process.Pid)
		if round > 0 {
			spent[index(isWatched(round-1))] += now - before
		}
		before = now
	}
	time.Sleep(time.Until(r.bell(first, rounds*r.bells).Add(bellLength))) // until all classes are over
	b.StopTimer()
	var pages, messages int
	if _, err := fmt.Sscanf(watching.await(1, "pages"), "pages %d messages %d", &pages, &messages); err != nil {
		b.Fatal(err)
	}
	alone, watched := lateness(b, address, r, first, rounds)
	for name, of := range map[string]func([]float64) float64{
		"mean":   mean,
		"median": func(v []float64) float64 { return groupedQuantile(v, 0.5) },
		"p99":    func(v []float64) float64 { return groupedQuantile(v, 0.99) },
	} {
		low, high := ratioBounds(alone, watched, of)
		before, beside := of(slices.Concat(alone...)), of(slices.Concat(watched...))
		b.ReportMetric(before, "ms-alone-"+name)
		b.ReportMetric(beside, "ms-watched-"+name)
		b.ReportMetric(beside/before, name+"-ratio")
		b.ReportMetric(low, name+"-ratio-low")
		b.ReportMetric(high, name+"-ratio-high")
	}
	half := (time.Duration(rounds) * r.length() / 2).Seconds()
	b.ReportMetric(spent[0].Seconds()*1000/half, "cpu-ms/s-alone")
	b.ReportMetric(spent[1].Seconds()*1000/half, "cpu-ms/s-watched")
	b.ReportMetric(float64(len(slices.Concat(alone...))), "starts-alone")
	b.ReportMetric(float64(pages)/half, "pages/s-watched")
	if follow {
		b.ReportMetric(float64(messages)/half, "messages/s-watched")
	}
	p.end(syscall.SIGTERM)
}

func index(watched bool) int {
	if watched {
		return 1
	}
	return 0
}

// processorTime is what a process has used so far, in steps of 10 ms.
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := bytes.Cut(stat, []byte(") ")) // the name may hold spaces
	fields := strings.Fields(string(after))
	var ticks int
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// bellApps are the projects of the plan, as many as keep the starts of one from waiting for its request budget.
func bellApps() (env []string) {
	for app := range 2 * bellRooms {
		env = append(env, fmt.Sprintf("APP_%d=app-%d", app, app))
	}
	return env
}

// bellPlan is a plan with the classes of all rounds. Of one project a class begins every two seconds. Letters tell the names apart also
// where only letters and digits count.
func bellPlan(r rhythm, first time.Time, rounds int) string {
	text := strings.Replace(aroundNow, "padding: {before: 1s, after: 1s}", "app: main, padding: {before: 0s, after: 0s}, exact_start: true", 1)
	var apps string
	for app := range 2 * bellRooms {
		apps += fmt.Sprintf(`app-%d: {id: "${APP_%d}"}, `, app, app)
	}
	text = strings.Replace(text, "apps: {", "apps: {"+apps, 1)
	for bell := range rounds * r.bells {
		for room := range bellRooms {
			text += fmt.Sprintf("  bell-%ds%d: {app: app-%d, when: %s}\n", bell, room, bell%2*bellRooms+room, dated(r.bell(first, bell), bellLength))
		}
	}
	return text
}

// lateness gives how many milliseconds after its start each class was being written, by round, of the rounds without viewers and of
// those with. Those of one index are neighbours. A class of which nothing was written, on a machine that is far too busy, is late by
// all of it.
func lateness(b *testing.B, address string, r rhythm, first time.Time, rounds int) (alone, watched [][]float64) {
	b.Helper()
	written := map[[2]int]float64{} // by bell and room
	for _, s := range readLedger(b, address).Sessions {
		var bell, room int
		_, name, _ := strings.Cut(s.Cname, "bell-")
		if n, err := fmt.Sscanf(name, "%ds%d", &bell, &room); n != 2 {
			b.Fatalf("a session of another class: %+v, %v", s, err)
		}
		if s.RecordingAt == nil {
			continue
		}
		late := s.RecordingAt.Sub(r.bell(first, bell)).Seconds() * 1000
		if before, there := written[[2]int{bell, room}]; !there || late < before {
			written[[2]int{bell, room}] = late
		}
	}
	for round := range rounds {
		var of []float64
		for class := range r.bells * bellRooms {
			late, there := written[[2]int{round*r.bells + class/bellRooms, class % bellRooms}]
			if !there {
				late = bellLength.Seconds() * 1000
			}
			of = append(of, late)
		}
		if isWatched(round) {
			watched = append(watched, of)
		} else {
			alone = append(alone, of)
		}
	}
	return alone, watched
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// groupedQuantile is a quantile of values that were rounded to whole numbers, as the ledger's milliseconds are: each stands for the
// values around it.
func groupedQuantile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	rank := share * float64(len(sorted))
	at := sorted[min(int(rank), len(sorted)-1)]
	below, same := 0, 0
	for _, v := range sorted {
		switch {
		case v < at:
			below++
		case v == at:
			same++
		}
	}
	return at - 0.5 + (rank-float64(below))/float64(same)
}

// ratioBounds are the bounds of the 95 % confidence interval of the ratio of a figure, over values in groups. Groups of one index are
// drawn together, since they had the same machine.
func ratioBounds(alone, watched [][]float64, figure func([]float64) float64) (low, high float64) {
	random := rand.New(rand.NewPCG(1, 2))
	ratios := make([]float64, 2000)
	for i := range ratios {
		var before, beside []float64
		for range alone {
			pair := random.IntN(len(alone))
			before, beside = append(before, alone[pair]...), append(beside, watched[pair]...)
		}
		ratios[i] = figure(beside) / figure(before)
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/40], ratios[len(ratios)-1-len(ratios)/40]
}
