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
	bellRooms    = 2
	bellSeconds  = 4 // of a round, at each of which classes begin
	quietSeconds = 2 // before them
	bellLength   = 3 * time.Second
	roundLength  = (quietSeconds + bellSeconds) * time.Second
)

// viewer looks at the page of the day every five seconds, as its script does, and follows the events, from an address of
// its own, until ctx ends.
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
	go get("/api/v1/events", func(r io.Reader) {
		for lines := bufio.NewScanner(r); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "event: ") {
				messages.Add(1)
			}
		}
	})
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

// BenchmarkStartsBesideViewers compares starts beside 100 viewers of the page with starts beside nobody, by turns in one run, so that
// both have the same machine. A round takes six seconds: the viewers come, and from the third second on two classes of four
// projects begin each second, to be written from the exact start. The viewers run on the same machine.
//
// It reports the medians of how long after its start a class was being written, and their ratio with the bounds of its 95 %
// confidence interval (ratio-low, ratio-high), by bootstrap. The ledger has milliseconds, so that the medians are those of grouped data.
// Where ratio-low is below 1.05 and ratio-high above it, the run is too short to tell: three pairs of rounds take 50 s,
//
//	go test ./internal/cli -run '^$' -bench StartsBesideViewers
//
// and -benchtime 20x does twenty pairs after those three, which takes five minutes.
func BenchmarkStartsBesideViewers(b *testing.B) {
	const lead = 14 * time.Second
	address, _ := serve(b, "--start-after", "1s")
	folder := b.TempDir()
	dsn := "sqlite:" + filepath.Join(folder, "rundown.db")
	first := time.Now().UTC().Truncate(time.Second).Add(lead)
	rounds := 2 * max(3, b.N)
	bell := func(round, second int) time.Time {
		return first.Add(time.Duration(round)*roundLength + time.Duration(quietSeconds+second)*time.Second)
	}
	path := filepath.Join(folder, "today.yaml")
	if err := os.WriteFile(path, []byte(bellPlan(rounds, bell)), 0o600); err != nil {
		b.Fatal(err)
	}
	p := start(b, "stderr", slices.Concat(canaries, bellApps()), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	listen := "http://" + p.awaitListen()
	var pages, messages atomic.Int64
	b.ResetTimer()
	for round := range rounds {
		begins := first.Add(time.Duration(round) * roundLength)
		time.Sleep(time.Until(begins)) // the rounds have instants of their own, which the plan names
		ctx, leave := context.WithDeadline(b.Context(), begins.Add(roundLength-200*time.Millisecond))
		var all sync.WaitGroup
		if round%2 == 1 {
			for number := range viewers {
				all.Go(func() { viewer(ctx, number, listen, &pages, &messages) })
			}
		}
		<-ctx.Done()
		leave()
		all.Wait()
	}
	time.Sleep(time.Until(bell(rounds, 0))) // until all classes are over
	b.StopTimer()
	alone, watched := lateness(b, address, bell)
	if len(alone) != len(watched) || len(alone) != rounds/2*bellSeconds*bellRooms {
		b.Fatalf("%d classes alone, %d watched", len(alone), len(watched))
	}
	low, high := ratioBounds(alone, watched)
	b.ReportMetric(groupedMedian(alone), "ms-alone")
	b.ReportMetric(groupedMedian(watched), "ms-watched")
	b.ReportMetric(slices.Max(alone), "ms-alone-max")
	b.ReportMetric(slices.Max(watched), "ms-watched-max")
	b.ReportMetric(groupedMedian(watched)/groupedMedian(alone), "ratio")
	b.ReportMetric(low, "ratio-low")
	b.ReportMetric(high, "ratio-high")
	b.ReportMetric(float64(pages.Load())/float64(rounds/2), "pages/round")
	b.ReportMetric(float64(messages.Load())/float64(rounds/2), "messages/round")
	p.end(syscall.SIGTERM)
}

// bellApps are the projects of the plan, as many as keep the starts of one from waiting for its request budget.
func bellApps() (env []string) {
	for app := range 2 * bellRooms {
		env = append(env, fmt.Sprintf("APP_%d=app-%d", app, app))
	}
	return env
}

// bellPlan is a plan with the classes of all rounds. Of one project a class begins every two seconds.
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
				text += fmt.Sprintf("  bell-%d-%d-%d: {app: app-%d, when: %s}\n", round, second, room, second%2*bellRooms+room, dated(bell(round, second), bellLength))
			}
		}
	}
	return text
}

// lateness gives how many milliseconds after its start each class was being written, of the rounds without viewers and of those with.
func lateness(b *testing.B, address string, bell func(round, second int) time.Time) (alone, watched []float64) {
	b.Helper()
	for _, s := range readLedger(b, address).Sessions {
		var round, second, room int
		_, name, _ := strings.Cut(s.Cname, "bell-")
		if n, err := fmt.Sscanf(name, "%d-%d-%d", &round, &second, &room); n != 3 || s.RecordingAt == nil {
			b.Fatalf("a session that did not record: %+v, %v", s, err)
		}
		late := s.RecordingAt.Sub(bell(round, second)).Seconds() * 1000
		if round%2 == 1 {
			watched = append(watched, late)
		} else {
			alone = append(alone, late)
		}
	}
	return alone, watched
}

// groupedMedian is the median of values that were rounded to whole numbers: each stands for the values around it.
func groupedMedian(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := sorted[len(sorted)/2]
	below, same := 0, 0
	for _, v := range sorted {
		switch {
		case v < at:
			below++
		case v == at:
			same++
		}
	}
	return at - 0.5 + (float64(len(sorted))/2-float64(below))/float64(same)
}

// ratioBounds are the bounds of the 95 % confidence interval of the ratio of the medians.
func ratioBounds(alone, watched []float64) (low, high float64) {
	random := rand.New(rand.NewPCG(1, 2))
	again := func(from []float64) float64 {
		to := make([]float64, len(from))
		for i := range to {
			to[i] = from[random.IntN(len(from))]
		}
		return groupedMedian(to)
	}
	ratios := make([]float64, 2000)
	for i := range ratios {
		ratios[i] = again(watched) / again(alone)
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/40], ratios[len(ratios)-1-len(ratios)/40]
}
