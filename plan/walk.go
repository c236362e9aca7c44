package plan

import (
	"slices"
	"time"
)

// sweep gives the classes of some schedules in order of start and then of the document.
type sweep struct {
	heads classHeap
	moved bool // the top of the heap has been given and is still to be replaced
}

func newSweep(schedules []*schedule, from, until int64) sweep {
	var w sweep
	for _, s := range schedules {
		c := s.cursor(from, until)
		if k, ok := c.next(); ok {
			w.heads = append(w.heads, newHead(k, c))
		}
	}
	w.heads.init()
	return w
}

// next gives the next class with the padding that was asked for. It is valid until the call after.
func (w *sweep) next() (*class, bool) {
	if w.moved {
		w.moved = false
		h := w.heads
		if next, ok := h[0].cursor.next(); ok {
			h[0] = newHead(next, h[0].cursor)
		} else {
			h[0] = h[len(h)-1]
			h = h[:len(h)-1]
		}
		h.down(0)
		w.heads = h
	}
	if len(w.heads) == 0 {
		return nil, false
	}
	w.moved = true
	return w.heads[0].class, true
}

// starts gives the classes that start in [from, until) in order of start and then of the document, with the
// padding that was asked for, until yield is content. A class is valid during its call only.
func (e *expansion) starts(from, until int64, yield func(*class) bool) {
	w := newSweep(e.schedules, from, until)
	for c, ok := w.next(); ok && yield(c); c, ok = w.next() {
	}
}

// walk gives the classes that start in [from, until) in order of start and then of the document, with the padding
// that neighbours leave, until yield is content.
func (e *expansion) walk(from, until time.Time, yield func(*class) bool) {
	first, last := unixCeil(from), unixCeil(until)
	if first >= last {
		return
	}
	w := e.walker(e.schedules, first, last)
	for c, ok := w.next(); ok && yield(c); c, ok = w.next() {
	}
	clear(e.pages)
	clear(e.fixed)
}

// walker gives the classes of some schedules with the padding that neighbours leave. It holds no more classes than
// the longest one and the paddings span.
//
// Neighbours outside of the window count too: those before, which may still run at the padding of the first, and
// those after, whose padding may begin in that of the last. No schedule outside of the walker may share a page with
// one of it.
type walker struct {
	e           *expansion
	sweep       sweep
	lone        *page // of all classes, where they have one page in common
	first, last int64
	maxBefore   int64
	queue       []*queued
	head        int     // of the queue
	given       *queued // to be reused
	arrived     int64   // start of the latest class in the queue
	dry         bool    // no further class is to come
}

func (e *expansion) walker(schedules []*schedule, first, last int64) *walker {
	w := &walker{e: e, first: first, last: last, maxBefore: e.maxBefore, arrived: firstInstant * 2}
	w.sweep = newSweep(schedules, first-e.maxLength-e.maxBefore, last+e.maxLength+e.maxAfter+e.maxBefore)
	return w
}

// next gives the next class. It is valid until the call after.
func (w *walker) next() (*class, bool) {
	for {
		for w.head < len(w.queue) {
			q := w.queue[w.head]
			if !w.dry && q.end+q.after+w.maxBefore > w.arrived {
				break
			}
			w.queue[w.head] = nil
			w.head++
			w.e.leave(q)
			w.given = q
			if q.start >= w.first && q.start < w.last {
				return &q.class, true
			}
		}
		if w.head == len(w.queue) {
			w.queue, w.head = w.queue[:0], 0
		}
		if w.dry {
			return nil, false
		}
		c, ok := w.sweep.next()
		if !ok || len(w.queue) == 0 && c.start >= w.last {
			w.dry = true
			continue
		}
		w.arrive(c)
	}
}

// arrive puts a class into the queue, and takes its paddings and those of the classes before it back to where they
// meet.
func (w *walker) arrive(c *class) {
	q := w.given
	if w.given = nil; q == nil {
		q = new(queued)
	}
	q.class, q.waiting = *c, false
	if w.arrived = q.start; !q.cancelled() {
		if q.page = w.lone; q.page == nil {
			q.page = w.e.pageOf(&q.class)
		}
		q.page.arrive(q)
	}
	if w.head > 64 && w.head > len(w.queue)/2 {
		n := copy(w.queue, w.queue[w.head:])
		clear(w.queue[n:])
		w.queue, w.head = w.queue[:n], 0
	}
	w.queue = append(w.queue, q)
}

// arrive takes the paddings of a class and of those before it back to where they meet.
func (p *page) arrive(q *queued) {
	if q.start > p.latestStart {
		p.endBefore = max(p.endBefore, p.endAt)
		p.latestStart = q.start
		// Whoever begins later than the first neighbour begins to record later too.
		for _, other := range p.classes[:p.met] {
			other.waiting = false
		}
		p.classes = slices.Delete(p.classes, 0, p.met)
		p.met = 0
	}
	q.recordFrom = max(q.recordFrom, min(q.start, p.endBefore))
	p.endAt = max(p.endAt, q.end)

	for p.met < len(p.classes) && p.classes[p.met].end <= q.start {
		p.met++
	}
	for _, other := range p.classes[:p.met] {
		other.recordUntil = max(other.end, min(other.recordUntil, q.recordFrom))
	}
	q.waiting = true
	i := len(p.classes)
	for i > p.met && p.classes[i-1].end > q.end {
		i--
	}
	p.classes = slices.Insert(p.classes, i, q)
}

// leave forgets a class whose padding is settled, and the page of a single class with it.
func (e *expansion) leave(q *queued) {
	p := q.page
	if p == nil || !q.waiting {
		return
	}
	i := slices.Index(p.classes, q)
	p.classes = slices.Delete(p.classes, i, i+1)
	if i < p.met {
		p.met--
	}
	if len(p.classes) == 0 && !p.lasting {
		delete(e.pages, p.url)
	}
}
