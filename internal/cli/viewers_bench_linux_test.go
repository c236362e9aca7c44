package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	viewers      = 100
	bellRooms    = 12
	bellSeconds  = 5 // of a round, at each of which classes begin
	quietSeconds = 1 // before them
	bellLength   = 3 * time.Second
	roundLength  = (quietSeconds + bellSeconds) * time.Second
	fewestPairs  = 7 // of rounds, one with viewers and one without
)

// viewer looks at the page of the day every five seconds, as its script does, from an address of its own, until ctx ends. Where
// messages is not nil, it follows the events of the API, too.
func viewer(ctx context.Context, number int, address string, pages, messages *atomic.Int64) {
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+number))}}
	client := &http.Client{Transport: &http.Transport{DialContext: from.DialContext}}
	defer client.CloseIdleConnections()
	get := func(path string, read func(io.Reader)) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
		if err != nil {
			return
		}
		answer, err := client.Do(r)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			read(answer.Body)
		}
	}
	if messages != nil {
		go get("/api/v1/events", func(r io.Reader) {
			for lines := bufio.NewScanner(r); lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "event: ") {
					messages.Add(1)
				}
			}
		})
	}
	tick := time.NewTimer(time.Duration(number) * 5 * time.Second / viewers)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			get("/", func(r io.Reader) {
				if _, err := io.Copy(io.Discard, r); err == nil {
					pages.Add(1)
				}
			})
			tick.Reset(5 * time.Second)
		}
	}
}

// BenchmarkStartsBesideViewers compares starts beside 100 viewers of the page with starts beside nobody in one run, so that both have
// the same machine. A round takes six seconds: the viewers come, and from the next second on twelve classes of as many projects begin
// each second, to be written from the exact start. Rounds with and without viewers follow each other as ABBA, so that a machine that
// becomes slower makes both slower. The viewers run on the same machine.
//
// It reports how long after its start a class was being written, as median and 99th percentile, and for each the ratio of both with
// the bounds of its 95 % confidence interval: median-ratio-low, median-ratio-high, and so on. They are by bootstrap over bells, since
// classes that begin at one instant wait for each other. The ledger has milliseconds, so that percentiles are those of grouped data.
// Where low is below 1.05 and high above it, the run is too short to tell. Seven pairs of rounds take 105 s,
//
//	go test ./internal/cli -run '^$' -bench StartsBesideViewers
//
// and -benchtime 20x does twenty pairs after those seven, which takes six minutes.
func BenchmarkStartsBesideViewers(b *testing.B) { startsBeside(b, nil) }

// BenchmarkStartsBesideFollowers is the same beside 100 viewers who also follow the events of the API, which is more than the page does.
func BenchmarkStartsBesideFollowers(b *testing.B) { startsBeside(b, new(atomic.Int64)) }

// startsBeside counts the messages of viewers that follow the events, where it is given a counter.
func startsBeside(b *testing.B, messages *atomic.Int64) {
	const lead = 16 * time.Second
	address, _ := serve(b, "--start-after", "1s")
	folder := b.TempDir()
	dsn := "sqlite:" + filepath.Join(folder, "rundown.db")
	first := time.Now().UTC().Truncate(time.Second).Add(lead)
	pairs := max(fewestPairs, b.N)
	bell := func(round, second int) time.Time {
		return first.Add(time.Duration(round)*roundLength + time.Duration(quietSeconds+second)*time.Second)
	}
	path := filepath.Join(folder, "today.yaml")
	if err := os.WriteFile(path, []byte(bellPlan(2*pairs, bell)), 0o600); err != nil {
		b.Fatal(err)
	}
	p := start(b, "stderr", slices.Concat(canaries, bellApps()), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	listen := "http://" + p.awaitListen()
	var pages atomic.Int64
	b.ResetTimer()
	for round := range 2 * pairs {
		begins := first.Add(time.Duration(round) * roundLength)
		time.Sleep(time.Until(begins)) // the rounds have instants of their own, which the plan names
		ctx, leave := context.WithDeadline(b.Context(), begins.Add(roundLength-200*time.Millisecond))
		var all sync.WaitGroup
		if isWatched(round) {
			for number := range viewers {
				all.Go(func() { viewer(ctx, number, listen, &pages, messages) })
			}
		}
		<-ctx.Done()
		leave()
		all.Wait()
	}
	time.Sleep(time.Until(bell(2*pairs, 0).Add(bellLength))) // until all classes are over
	b.StopTimer()
	alone, watched := lateness(b, address, 2*pairs, bell)
	for name, share := range map[string]float64{"median": 0.5, "p99": 0.99} {
		low, high := ratioBounds(alone, watched, share)
		before, beside := groupedQuantile(slices.Concat(alone...), share), groupedQuantile(slices.Concat(watched...), share)
		b.ReportMetric(before, "ms-alone-"+name)
		b.ReportMetric(beside, "ms-watched-"+name)
		b.ReportMetric(beside/before, name+"-ratio")
		b.ReportMetric(low, name+"-ratio-low")
		b.ReportMetric(high, name+"-ratio-high")
	}
	b.ReportMetric(float64(len(slices.Concat(alone...))), "starts-alone")
	b.ReportMetric(float64(pages.Load())/float64(pairs), "pages/round")
	if messages != nil {
		b.ReportMetric(float64(messages.Load())/float64(pairs), "messages/round")
	}
	p.end(syscall.SIGTERM)
}

// isWatched says that a round has viewers: the second and third of each four.
func isWatched(round int) bool { return round%4 == 1 || round%4 == 2 }

// bellApps are the projects of the plan, as many as keep the starts of one from waiting for its request budget.
func bellApps() (env []string) {
	for app := range 2 * bellRooms {
		env = append(env, fmt.Sprintf("APP_%d=app-%d", app, app))
	}
	return env
}

// bellPlan is a plan with the classes of all rounds. Of one project a class begins every two seconds. Letters tell the names apart also
// where only letters and digits count.
func bellPlan(rounds int, bell func(round, second int) time.Time) string {
	text := strings.Replace(aroundNow, "padding: {before: 1s, after: 1s}", "app: main, padding: {before: 0s, after: 0s}, exact_start: true", 1)
	var apps string
	for app := range 2 * bellRooms {
		apps += fmt.Sprintf(`app-%d: {id: "${APP_%d}"}, `, app, app)
	}
	text = strings.Replace(text, "apps: {", "apps: {"+apps, 1)
	for round := range rounds {
		for second := range bellSeconds {
			for room := range bellRooms {
				text += fmt.Sprintf("  bell-%dr%ds%d: {app: app-%d, when: %s}\n", round, second, room, second%2*bellRooms+room, dated(bell(round, second), bellLength))
			}
		}
	}
	return text
}

// lateness gives how many milliseconds after its start each class was being written, by bell, of the rounds without viewers and of
// those with.
func lateness(b *testing.B, address string, rounds int, bell func(round, second int) time.Time) (alone, watched [][]float64) {
	b.Helper()
	late := make([][]float64, rounds*bellSeconds)
	for _, s := range readLedger(b, address).Sessions {
		var round, second, room int
		_, name, _ := strings.Cut(s.Cname, "bell-")
		if n, err := fmt.Sscanf(name, "%dr%ds%d", &round, &second, &room); n != 3 || s.RecordingAt == nil {
			b.Fatalf("a session that did not record: %+v, %v", s, err)
		}
		at := round*bellSeconds + second
		late[at] = append(late[at], s.RecordingAt.Sub(bell(round, second)).Seconds()*1000)
	}
	for at, of := range late {
		if len(of) != bellRooms {
			b.Fatalf("%d classes of bell %d, want %d", len(of), at, bellRooms)
		}
		if isWatched(at / bellSeconds) {
			watched = append(watched, of)
		} else {
			alone = append(alone, of)
		}
	}
	return alone, watched
}

// groupedQuantile is a quantile of values that were rounded to whole numbers: each stands for the values around it.
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

// ratioBounds are the bounds of the 95 % confidence interval of the ratio of a quantile, over values in groups of which each is drawn
// as a whole.
func ratioBounds(alone, watched [][]float64, share float64) (low, high float64) {
	random := rand.New(rand.NewPCG(1, 2))
	again := func(from [][]float64) float64 {
		var to []float64
		for range from {
			to = append(to, from[random.IntN(len(from))]...)
		}
		return groupedQuantile(to, share)
	}
	ratios := make([]float64, 2000)
	for i := range ratios {
		ratios[i] = again(watched) / again(alone)
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/40], ratios[len(ratios)-1-len(ratios)/40]
}
