package plan

import "math/bits"

// sortEvents sorts events by their second and kind, and keeps the order of those that agree in both. It counts
// instead of comparing: the keys of a few weeks have some twenty-five bits. The spare is of use for the next call.
func sortEvents(events, spare []event) []event {
	const digit = 13 // bits: twice that are a span
	if cap(spare) < len(events) {
		spare = make([]event, len(events), 2*len(events))
	}
	var all uint64
	for i := range events {
		all |= events[i].key
	}
	from, to := events, spare[:len(events)]
	for shift := 0; shift < bits.Len64(all); shift += digit {
		var count [1<<digit + 1]int32
		for i := range from {
			count[from[i].key>>shift&(1<<digit-1)+1]++
		}
		for i := 1; i < len(count); i++ {
			count[i] += count[i-1]
		}
		for i := range from {
			at := &count[from[i].key>>shift&(1<<digit-1)]
			to[*at] = from[i]
			*at++
		}
		from, to = to, from
	}
	if len(events) > 0 && &from[0] != &events[0] {
		copy(events, from)
	}
	return spare
}
