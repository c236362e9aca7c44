package plan

// head is the next class of a cursor. What orders the heads stands in them, since following their pointers would
// cost more than all the rest.
type head struct {
	start  int64
	index  int
	class  *class
	cursor *cursor
}

func newHead(c *class, from *cursor) head {
	return head{start: c.start, index: c.schedule.index, class: c, cursor: from}
}

// before orders heads as [compareClasses] orders classes; no two are of one recording.
func (a *head) before(b *head) bool {
	return a.start < b.start || a.start == b.start && a.index < b.index
}

// classHeap has the earliest class on top. It is not container/heap, whose calls through an interface cost more
// than counting the days.
type classHeap []head

func (h classHeap) init() {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

// down lets the head at i sink to its place.
func (h classHeap) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].before(&h[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
