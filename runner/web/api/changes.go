package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rundown/runner/store"
	"rundown/runner/view"
)

const (
	lookEvery = time.Second
	backlog   = 1000 // changes that a client hears of which it missed
	buffer    = 256  // changes that a client may be behind
)

// changes follows the event log of the store for all streams together: one query a second while there are any, none
// otherwise. It is safe for concurrent use.
type changes struct {
	store *store.Store
	log   *slog.Logger

	mu       sync.Mutex
	reserved int
	feeds    map[chan Change]bool
	last     int64 // the newest that was handed on
	stop     chan struct{}
	closed   bool
}

func newChanges(s *store.Store, log *slog.Logger) *changes {
	return &changes{store: s, log: log, feeds: map[chan Change]bool{}}
}

// reserve takes a place for a stream, if there is one.
func (c *changes) reserve() (release func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.reserved >= maxStreams {
		return nil, false
	}
	c.reserved++
	return func() {
		c.mu.Lock()
		c.reserved--
		c.mu.Unlock()
	}, true
}

// follow gives what comes after an event, and the events that came before the feed; after -1 none of these.
func (c *changes) follow(ctx context.Context, after int64) (feed chan Change, begin []Change, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.feeds) == 0 {
		if c.last, err = c.store.LastEvent(ctx); err != nil {
			return nil, nil, err
		}
	}
	if after >= 0 && after < c.last && c.last-after <= backlog {
		events, err := c.store.Events(ctx, "", after, int(c.last-after))
		if err != nil {
			return nil, nil, err
		}
		for _, e := range events {
			if e.Seq <= c.last {
				begin = append(begin, changeOf(e))
			}
		}
	}
	feed = make(chan Change, buffer)
	if c.closed {
		close(feed)
		return feed, nil, nil
	}
	c.feeds[feed] = true
	if c.stop == nil {
		c.stop = make(chan struct{})
		go c.run(c.stop)
	}
	return feed, begin, nil
}

// leave ends a feed.
func (c *changes) leave(feed chan Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.feeds, feed)
	if len(c.feeds) == 0 && c.stop != nil {
		close(c.stop)
		c.stop = nil
	}
}

// close ends all feeds.
func (c *changes) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for feed := range c.feeds {
		close(feed)
	}
	clear(c.feeds)
	if c.stop != nil {
		close(c.stop)
		c.stop = nil
	}
}

// run looks for changes until it is stopped.
func (c *changes) run(stop <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		err := c.look(stop)
		if err != nil && !failed {
			c.log.Warn("changes cannot be read", "error", err)
		}
		failed = err != nil
	}
}

// look hands on what is new.
func (c *changes) look(stop <-chan struct{}) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-stop: // while it waited for the lock
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	events, err := c.store.Events(ctx, "", c.last, backlog)
	if err != nil {
		return err
	}
	for _, e := range events {
		c.last = e.Seq
		for feed := range c.feeds {
			select {
			case feed <- changeOf(e):
			default: // too slow: it comes back with its last event
				close(feed)
				delete(c.feeds, feed)
			}
		}
	}
	return nil
}

func changeOf(e store.Event) Change {
	return Change{e.Seq, view.SessionTime(&e.At), view.OrNull(e.Occurrence), e.Kind, view.OrNull(e.Who), view.Line(e.Text)}
}
