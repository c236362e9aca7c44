package plan

// head is the next class of a cursor.
type head struct {
	class  *class
	cursor *cursor
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
			if compareClasses(h[child].class, h[least].class) < 0 {
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
