package plan

import "math/bits"

// sortEvents sorts events by their second and kind, and keeps the order of those that agree in both. It counts
// instead of comparing: the offsets of a few weeks have some twenty bits. The spare is of use for the next call.
func sortEvents(events, spare []uint64) []uint64 {
	const digit = 11 // bits
	if cap(spare) < len(events) {
		spare = make([]uint64, len(events), 2*len(events))
	}
	var all uint64
	for _, e := range events {
		all |= e
	}
	from, to := events, spare[:len(events)]
	for shift := profileBits; shift < bits.Len64(all); shift += digit {
		var count [1<<digit + 1]int
		for _, e := range from {
			count[e>>shift&(1<<digit-1)+1]++
		}
		for i := 1; i < len(count); i++ {
			count[i] += count[i-1]
		}
		for _, e := range from {
			i := e >> shift & (1<<digit - 1)
			to[count[i]] = e
			count[i]++
		}
		from, to = to, from
	}
	if len(events) > 0 && &from[0] != &events[0] {
		copy(events, from)
	}
	return spare
}
