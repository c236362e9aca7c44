package api

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	lookEvery = time.Second
	backlog   = 1000 // messages that a client hears of which it missed
	buffer    = 256  // messages that a client may be behind
)

// journal is a part of the store that only grows, and whose entries have rising numbers.
type journal struct {
	last func(context.Context) (int64, error) // the newest number
	// after gives the messages of the entries after a number, in order, at most limit.
	after func(ctx context.Context, seq int64, limit int) ([]message, error)
}

// follower follows a journal for all streams together: one query a second while there are any, none otherwise. It is safe
// for concurrent use.
type follower struct {
	journal
	log *slog.Logger

	mu     sync.Mutex            // also held while the journal is read, so that no stream begins between a message and its number
	feeds  map[chan message]bool // one a stream; closed by the follower, read by the stream alone
	last   int64                 // the newest that was handed on
	stop   chan struct{}         // ends run; nil: it does not run
	closed bool                  // no feed begins any more
}

// newFollower makes a follower that looks at nothing before somebody follows it.
func newFollower(j journal, log *slog.Logger) *follower {
	return &follower{journal: journal{j.last, encoded(j.after)}, log: log, feeds: map[chan message]bool{}}
}

// encoded gives messages whose text is made, so that many streams cost little more than one.
func encoded(after func(context.Context, int64, int) ([]message, error)) func(context.Context, int64, int) ([]message, error) {
	return func(ctx context.Context, seq int64, limit int) ([]message, error) {
		messages, err := after(ctx, seq, limit)
		for i := range messages {
			if m := &messages[i]; err == nil && m.data != nil {
				err = m.encode()
			}
		}
		return messages, err
	}
}

// follow gives what comes after a number, and the messages that came before the feed; after -1 none of these. missed says
// that the client missed more than it hears of.
func (c *follower) follow(ctx context.Context, after int64) (feed chan message, begin []message, missed bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.feeds) == 0 {
		if c.last, err = c.journal.last(ctx); err != nil {
			return nil, nil, false, err
		}
	}
	if missed = after >= 0 && c.last-after > backlog; !missed && after >= 0 && after < c.last {
		if begin, err = c.after(ctx, after, int(c.last-after)); err != nil {
			return nil, nil, false, err
		}
		for len(begin) > 0 && begin[len(begin)-1].id > c.last { // the feed has it
			begin = begin[:len(begin)-1]
		}
	}
	feed = make(chan message, buffer)
	if c.closed {
		close(feed)
		return feed, nil, false, nil
	}
	c.feeds[feed] = true
	if c.stop == nil {
		c.stop = make(chan struct{})
		go c.run(c.stop)
	}
	return feed, begin, missed, nil
}

// leave ends a feed.
func (c *follower) leave(feed chan message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.feeds, feed)
	if len(c.feeds) == 0 && c.stop != nil {
		close(c.stop)
		c.stop = nil
	}
}

// close ends all feeds.
func (c *follower) close() {
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
func (c *follower) run(stop <-chan struct{}) {
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
			c.log.Warn("cannot read events for the API; trying again", "error", err)
		}
		failed = err != nil
	}
}

// look hands on what is new.
func (c *follower) look(stop <-chan struct{}) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-stop: // while it waited for the lock
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	messages, err := c.after(ctx, c.last, backlog)
	if err != nil {
		return err
	}
	for _, m := range messages {
		c.last = m.id
		for feed := range c.feeds {
			select {
			case feed <- m:
			default: // too slow: it comes back with its last event
				close(feed)
				delete(c.feeds, feed)
			}
		}
	}
	return nil
}
