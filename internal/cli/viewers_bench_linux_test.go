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

	"rundown/plan/schedule"
)

// day is when the classes of a benchmark begin, and of which projects they are. Rounds without viewers and with viewers follow each
// other. A round begins half a second before its first bell, or before the quiet time that precedes it.
type day struct {
	quiet       time.Duration
	bells       int           // of a round
	every       time.Duration // from a bell to the next
	apps, rooms int           // projects of a bell, and classes of each that begin at it
	turns       int           // bells in a row whose projects differ
	length      time.Duration // of a class
	lead        time.Duration // before the first bell: what the daemon prepares at once when it is started is to be over by then
}

func (d day) roundLength() time.Duration { return d.quiet + time.Duration(d.bells)*d.every }

// round is when a round begins, of which the first has its first second at first.
func (d day) round(first time.Time, number int) time.Time {
	return first.Add(time.Duration(number)*d.roundLength() - time.Second/2)
}

// bell is when the classes of a bell begin.
func (d day) bell(first time.Time, bell int) time.Time {
	round, in := bell/d.bells, bell%d.bells
	return first.Add(time.Duration(round)*d.roundLength() + d.quiet + time.Duration(in)*d.every)
}

// seconds are starts that wait for nothing but the daemon: each second twelve classes of as many projects begin.
var seconds = day{bells: 1, every: time.Second, apps: 12, rooms: 1, turns: 2, length: 3 * time.Second, lead: 30 * time.Second}

// BenchmarkADayBesideViewers compares starts beside 100 viewers of the page with starts beside nobody, in one run of a day of 2,000
// classes. At each of eight bells 250 classes begin, on five projects with the limits that are assumed where a plan states none: 50
// concurrent recordings and five requests a second. The classes are to be written from the exact start, which takes a request
// of each at the bell. So the last of a project is ten seconds late, and that is the lateness that users see. Four of the
// bells have viewers. Bells are 22 seconds apart, so that the day takes five minutes. Pages are opened up to 100 seconds before
// their bell, and so no project is used again within six bells.
//
// Viewers keep their connections and each of them looks every five seconds that have viewers, as the page's script does,
// which is 20 pages a second. They are a process of their own at the lowest priority, so that their work is not taken for the daemon's.
//
// It reports how long after its start a class was being written, as mean, median and 99th percentile, and for each the ratio of both
// with the bounds of its 95 % confidence interval: mean-ratio-low, mean-ratio-high, and so on. They are by bootstrap over pairs of a
// project at a bell with viewers and one at a neighbouring bell without, since classes of one project wait for each other. metric-ms-mean
// is the mean of all classes by the daemon's own rundown_start_lateness_seconds. What does not depend on the machine's other work is
// the processor time of the daemon, in milliseconds a second: cpu-ms/s-alone and cpu-ms/s-watched.
//
//	go test ./internal/cli -run '^$' -bench ADayBesideViewers
func BenchmarkADayBesideViewers(b *testing.B) {
	const apps, rooms = 5, 50
	opens := schedule.HoldLead() + schedule.Lead() + rooms*schedule.Spacing(0)
	startsBeside(b, day{
		bells: 1, every: 22 * time.Second, apps: apps, rooms: rooms, turns: 6, length: 25 * time.Second,
		lead: opens.Truncate(time.Second) + 5*time.Second,
	}, 4, false)
}

// BenchmarkStartsBesideViewers is the stricter view: the same of starts that no request rate spreads. Half of them are less than about
// 20 milliseconds late, so that milliseconds of the machine count. Two seconds with viewers follow two without, and the bootstrap is over
// pairs of neighbouring seconds, since classes that begin together wait for each other. Where low is below 1.05 and high above it, the
// run is too short, or the machine too busy, to tell. A run takes two minutes, and -benchtime 130x lasts five.
func BenchmarkStartsBesideViewers(b *testing.B) {
	startsBeside(b, seconds, 42, false)
}

// BenchmarkStartsBesideFollowers is the same beside 100 viewers who also follow the events of the API, which is more than the page
// does. They come and go with each round, which has five bells and a second before them.
func BenchmarkStartsBesideFollowers(b *testing.B) {
	d := seconds
	d.quiet, d.bells = time.Second, 5
	startsBeside(b, d, 7, true)
}

// startsBeside takes at least so many pairs of rounds, with viewers who also follow the events or do not.
func startsBeside(b *testing.B, d day, fewestPairs int, follow bool) {
	address, _ := serve(b, "--start-after", "1s")
	folder := b.TempDir()
	dsn := "sqlite:" + filepath.Join(folder, "rundown.db")
	first := time.Now().UTC().Truncate(time.Second).Add(d.lead)
	rounds := 2 * max(fewestPairs, b.N)
	path := filepath.Join(folder, "today.yaml")
	if err := os.WriteFile(path, []byte(bellPlan(d, first, rounds)), 0o600); err != nil {
		b.Fatal(err)
	}
	p := start(b, "stderr", slices.Concat(canaries, d.variables()), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	page := p.awaitListen()
	watching := startProgram(b, "nice", "stdout", nil, "-n", "19", "viewers", "http://"+page,
		strconv.FormatInt(d.round(first, 0).UnixMilli(), 10), strconv.Itoa(rounds), d.roundLength().String(), strconv.FormatBool(follow))
	go func() {
		for range p.lines { // a daemon whose log nobody reads has more to do
		}
	}()
	b.ResetTimer()
	var spent [2]time.Duration // by the daemon, in rounds without viewers and with
	before := time.Duration(0)
	for round := range rounds + 1 {
		time.Sleep(time.Until(d.round(first, round))) // the rounds have instants of their own, which the plan names
		now := processorTime(b, p.cmd.Process.Pid)
		if round > 0 {
			spent[index(isWatched(round-1))] += now - before
		}
		before = now
	}
	time.Sleep(time.Until(d.bell(first, rounds*d.bells-1).Add(d.length))) // until all classes are over
	b.StopTimer()
	var pages, messages int
	if _, err := fmt.Sscanf(watching.await(1, "pages"), "pages %d messages %d", &pages, &messages); err != nil {
		b.Fatal(err)
	}
	alone, watched := lateness(b, address, d, first, rounds)
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
	half := (time.Duration(rounds) * d.roundLength() / 2).Seconds()
	b.ReportMetric(spent[0].Seconds()*1000/half, "cpu-ms/s-alone")
	b.ReportMetric(spent[1].Seconds()*1000/half, "cpu-ms/s-watched")
	b.ReportMetric(float64(len(slices.Concat(alone...))), "starts-alone")
	b.ReportMetric(ownLateness(b, page), "metric-ms-mean")
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

// ownLateness is the mean of what the daemon tells of the lateness of classes, in milliseconds.
func ownLateness(b *testing.B, address string) float64 {
	b.Helper()
	_, text := health(address, "/metrics")
	of := func(suffix string) (n float64) {
		_, line, _ := strings.Cut(text, "\nrundown_start_lateness_seconds_"+suffix+" ")
		if _, err := fmt.Sscanf(line, "%g", &n); err != nil {
			b.Fatal(err)
		}
		return n
	}
	return of("sum") / of("count") * 1000
}

// app is the project of a class of a bell.
func (d day) app(bell, class int) int { return bell%d.turns*d.apps + class%d.apps }

// variables are those of the projects.
func (d day) variables() (env []string) {
	for app := range d.turns * d.apps {
		env = append(env, fmt.Sprintf("APP_%d=app-%d", app, app))
	}
	return env
}

// bellPlan is a plan with the classes of all rounds. Letters tell the names apart also where only letters and digits count.
func bellPlan(d day, first time.Time, rounds int) string {
	text := strings.Replace(aroundNow, "padding: {before: 1s, after: 1s}", "app: main, padding: {before: 0s, after: 0s}, exact_start: true", 1)
	var apps string
	for app := range d.turns * d.apps {
		apps += fmt.Sprintf(`app-%d: {id: "${APP_%d}"}, `, app, app)
	}
	text = strings.Replace(text, "apps: {", "apps: {"+apps, 1)
	for bell := range rounds * d.bells {
		for class := range d.apps * d.rooms {
			text += fmt.Sprintf("  bell-%ds%d: {app: app-%d, when: %s}\n", bell, class, d.app(bell, class), dated(d.bell(first, bell), d.length))
		}
	}
	return text
}

// lateness gives how many milliseconds after its start each class was being written, in the rounds without viewers and in those with,
// in groups: those of a project at a bell, or those of a round where each project has one. Groups of one index are neighbours. A class
// of which nothing was written, on a machine that is far too busy, is late by all of it.
func lateness(b *testing.B, address string, d day, first time.Time, rounds int) (alone, watched [][]float64) {
	b.Helper()
	written := map[[2]int]float64{} // by bell and class
	for _, s := range readLedger(b, address).Sessions {
		var bell, class int
		_, name, _ := strings.Cut(s.Cname, "bell-")
		if n, err := fmt.Sscanf(name, "%ds%d", &bell, &class); n != 2 {
			b.Fatalf("a session of another class: %+v, %v", s, err)
		}
		if s.RecordingAt == nil {
			continue
		}
		late := s.RecordingAt.Sub(d.bell(first, bell)).Seconds() * 1000
		if before, there := written[[2]int{bell, class}]; !there || late < before {
			written[[2]int{bell, class}] = late
		}
	}
	groups := 1
	if d.rooms > 1 {
		groups = d.apps
	}
	for round := range rounds {
		of := make([][]float64, groups)
		for n := range d.bells * d.apps * d.rooms {
			bell, class := round*d.bells+n/(d.apps*d.rooms), n%(d.apps*d.rooms)
			late, there := written[[2]int{bell, class}]
			if !there {
				late = d.length.Seconds() * 1000
			}
			of[class%groups] = append(of[class%groups], late)
		}
		if isWatched(round) {
			watched = append(watched, of...)
		} else {
			alone = append(alone, of...)
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
