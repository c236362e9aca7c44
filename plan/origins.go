package plan

import "slices"

// Origins tell where effective settings stand. They are those of the layers that were laid over one another, since thousands of
// recordings share all but the last.
type Origins struct {
	keys  []string
	from  []Pos
	under *Origins
}

// Of gives the place of a key's effective value, by the key as plans write it (url, padding, …); false for a key that
// the plan does not set.
func (o *Origins) Of(key string) (Pos, bool) {
	for ; o != nil; o = o.under {
		if i := slices.Index(o.keys, key); i >= 0 {
			return o.from[i], true
		}
	}
	return Pos{}, false
}

// NewOrigins lays the places of some keys over those below them.
func NewOrigins(keys []string, from []Pos, under *Origins) *Origins {
	return &Origins{keys, from, under}
}
