package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	viewers    = 100
	bellRooms  = 3
	bellEvery  = 10 * time.Second
	bellLength = 6 * time.Second
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

// BenchmarkStartsBesideViewers rings bells at which three classes begin, by turns with nobody and with 100 viewers of the
// page, who run on the same machine. It reports how long after the bell a class of exact_start was being written, at the mean of either,
// and the ratio: of one run, so that both have had the same machine.
//
//	go test ./internal/cli -run '^$' -bench StartsBesideViewers -benchtime 20x
func BenchmarkStartsBesideViewers(b *testing.B) {
	address, _ := serve(b, "--start-after", "1s")
	folder := b.TempDir()
	dsn := "sqlite:" + filepath.Join(folder, "rundown.db")
	first := time.Now().UTC().Truncate(time.Second).Add(15 * time.Second)
	text := strings.Replace(aroundNow, "padding: {before: 1s, after: 1s}", "padding: {before: 0s, after: 0s}, exact_start: true", 1)
	bells := 2 * max(1, b.N/2)
	for bell := range bells {
		for room := range bellRooms {
			text += fmt.Sprintf("  bell-%d-%d: {when: %s}\n", bell, room, dated(first.Add(time.Duration(bell)*bellEvery), bellLength))
		}
	}
	plan := filepath.Join(folder, "today.yaml")
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	p := start(b, "stderr", canaries, "run", plan, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	listen := "http://" + p.awaitListen()
	var pages, messages atomic.Int64
	b.ResetTimer()
	for bell := range bells {
		at := first.Add(time.Duration(bell) * bellEvery)
		time.Sleep(time.Until(at.Add(-5 * time.Second)))
		ctx, leave := context.WithDeadline(b.Context(), at.Add(2500*time.Millisecond))
		var all sync.WaitGroup
		if bell%2 == 1 {
			for number := range viewers {
				all.Go(func() { viewer(ctx, number, listen, &pages, &messages) })
			}
		}
		<-ctx.Done()
		leave()
		all.Wait()
	}
	time.Sleep(time.Until(first.Add(time.Duration(bells) * bellEvery)))
	b.StopTimer()
	var alone, watched []float64
	for _, s := range readLedger(b, address).Sessions {
		_, name, _ := strings.Cut(s.Cname, "bell-")
		number, _, _ := strings.Cut(name, "-")
		bell, err := strconv.Atoi(number)
		if err != nil || s.RecordingAt == nil {
			b.Fatalf("a session that did not record: %+v", s)
		}
		late := s.RecordingAt.Sub(first.Add(time.Duration(bell)*bellEvery)).Seconds() * 1000
		if bell%2 == 1 {
			watched = append(watched, late)
		} else {
			alone = append(alone, late)
		}
	}
	if len(alone) != len(watched) || len(alone) != bells/2*bellRooms {
		b.Fatalf("%d classes alone, %d watched", len(alone), len(watched))
	}
	b.ReportMetric(mean(alone), "ms-alone")
	b.ReportMetric(mean(watched), "ms-watched")
	b.ReportMetric(slices.Max(alone), "ms-alone-max")
	b.ReportMetric(slices.Max(watched), "ms-watched-max")
	b.ReportMetric(mean(watched)/mean(alone), "ratio")
	b.ReportMetric(float64(pages.Load())/float64(bells/2), "pages/bell")
	b.ReportMetric(float64(messages.Load())/float64(bells/2), "messages/bell")
	p.end(syscall.SIGTERM)
}

func mean(all []float64) float64 {
	sum := 0.0
	for _, x := range all {
		sum += x
	}
	return sum / float64(len(all))
}
