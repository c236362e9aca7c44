package plan

import "slices"

// Origins tell where effective settings are written. They are a chain of layers that recordings share, since
// thousands of recordings have all but the last layer in common.
type Origins struct {
	keys  []string
	from  []Pos
	under *Origins
}

// Of gives the position of a key's effective value, by the key as plans write it (url, padding, …); false for a key
// that the plan does not set.
func (o *Origins) Of(key string) (Pos, bool) {
	for ; o != nil; o = o.under {
		if i := slices.Index(o.keys, key); i >= 0 {
			return o.from[i], true
		}
	}
	return Pos{}, false
}

// NewOrigins adds a layer of keys and their positions on top of another, which may be nil.
func NewOrigins(keys []string, from []Pos, under *Origins) *Origins {
	return &Origins{keys, from, under}
}
