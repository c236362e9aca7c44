package plan

import "fmt"

func init() {
	register(rule{
		id:        "overlap-self",
		severity:  SeverityError,
		statement: "No two classes of a recording overlap, padding left aside.",
		check:     checkOverlapSelf,
	})
}

// checkOverlapSelf compares each class of the window with the one before it that ends last. Two times that give the
// same start are one class; unless they are written alike, they overlap too.
func checkOverlapSelf(c *checker) {
	e := c.expansion()
	from, until := unixCeil(e.from), unixCeil(e.until)
	for _, s := range e.schedules {
		var found overlaps
		merged := make(map[[2]int]bool)
		var longest class
		for classes := s.cursor(from-e.maxLength, until); ; {
			k, ok := classes.next()
			if !ok {
				break
			}
			if k.cancelled() {
				continue
			}
			if k.start >= from && k.start < longest.end {
				found.add(&longest, k)
			}
			if pair := [2]int{k.entry, k.merged - 1}; k.start >= from && k.merged > 0 && !merged[pair] {
				merged[pair] = true
				a, b := &s.recording.When[min(pair[0], pair[1])], &s.recording.When[max(pair[0], pair[1])]
				c.report(b.Pos, fmt.Sprintf("the recording overlaps with itself: %s, where %s and %s start together", k.interval(), a, b),
					"give them different times, or recordings of their own")
			}
			if longest.schedule == nil || k.end > longest.end {
				longest = *k
			}
		}
		for _, o := range found.order {
			c.report(o.pos(), "the recording overlaps with itself: "+o.String(), "give them times apart, or recordings of their own")
		}
	}
}
