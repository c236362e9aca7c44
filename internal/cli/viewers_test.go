package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	viewers   = 100
	lookEvery = 5 * time.Second // as the page's script does
)

// crowd are viewers of the page of the day, from an address of their own each.
type crowd struct {
	address  string
	clients  []*http.Client
	looking  sync.WaitGroup
	pages    atomic.Int64
	messages atomic.Int64
}

// viewersMain is the process of the viewers. Its arguments are the address of the daemon, when the first round begins in milliseconds,
// how many rounds there are, how long each is, and whether the viewers follow the events.
func viewersMain(args []string) error {
	if len(args) != 5 {
		return fmt.Errorf("%d arguments, want 5", len(args))
	}
	begin, errBegin := strconv.ParseInt(args[1], 10, 64)
	rounds, errRounds := strconv.Atoi(args[2])
	length, errLength := time.ParseDuration(args[3])
	if err := errors.Join(errBegin, errRounds, errLength); err != nil {
		return err
	}
	c := &crowd{address: args[0]}
	for number := range viewers {
		from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+number))}}
		// What is compressed stays so: to read it would cost the viewers more than the daemon.
		c.clients = append(c.clients, &http.Client{Transport: &http.Transport{DialContext: from.DialContext, DisableCompression: true}})
	}
	next := 0
	for round := range rounds {
		if !isWatched(round) {
			continue
		}
		begins := time.UnixMilli(begin).Add(time.Duration(round) * length)
		time.Sleep(time.Until(begins)) // the rounds have instants of their own
		next = c.watch(begins.Add(length), next, args[4] == "true")
	}
	c.looking.Wait()
	fmt.Printf("pages %d messages %d\n", c.pages.Load(), c.messages.Load())
	return nil
}

// isWatched says that a round has viewers: the second and third of each four, so that a machine that becomes slower makes both slower.
func isWatched(round int) bool { return round%4 == 1 || round%4 == 2 }

// watch has one viewer after the other look until a round ends, and all of them follow the events until then where follow says so. next
// is the viewer who looks first, and the one who looks first in the next round is given back.
func (c *crowd) watch(until time.Time, next int, follow bool) int {
	ctx, leave := context.WithDeadline(context.Background(), until)
	defer leave()
	if follow {
		for number := range viewers {
			c.looking.Go(func() { c.get(ctx, number, "/api/v1/events", c.count) })
		}
	}
	tick := time.NewTicker(lookEvery / viewers)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return next
		case <-tick.C:
			number := next % viewers
			c.looking.Go(func() {
				c.get(context.Background(), number, "/", func(r io.Reader) {
					if _, err := io.Copy(io.Discard, r); err == nil {
						c.pages.Add(1)
					}
				})
			})
			next++
		}
	}
}

// count counts the messages of a stream.
func (c *crowd) count(stream io.Reader) {
	for lines := bufio.NewScanner(stream); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "event: ") {
			c.messages.Add(1)
		}
	}
}

// get reads what an address has for a viewer.
func (c *crowd) get(ctx context.Context, number int, path string, read func(io.Reader)) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address+path, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	if path == "/" {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	answer, err := c.clients[number].Do(r)
	if err != nil {
		if ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		read(answer.Body)
	}
}
