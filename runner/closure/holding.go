package closure

import (
	"context"
	"maps"
	"slices"

	"rundown/runner/store"
)

// Same says that two closures do the same to the same classes, whoever gave them and why. Extensions are the same whatever
// their lengths.
func Same(x, y store.Closure) bool {
	return x.Kind == y.Kind && x.Day == y.Day && x.From == y.From && x.Until == y.Until && x.Recording == y.Recording && maps.Equal(x.Labels, y.Labels)
}

// Holding finds a closure that is the same as c, holds already, and leaves nothing for c to do, as where a request is repeated; false
// for none. Where an operator has taken a class of a day back, the day can be closed once more: that covers the class again. That a
// day lasts longer leaves nothing to do either: only who means to add up extensions does not ask.
func Holding(ctx context.Context, s *store.Store, c store.Closure) (store.Closure, bool, error) {
	open, err := s.OpenClosures(ctx, c.Day)
	k := slices.IndexFunc(open, func(o store.Closure) bool { return Same(o, c) })
	if err != nil || k < 0 {
		return store.Closure{}, false, err
	}
	if c.Kind == store.ClosureCancel {
		l, err := Preview(ctx, s, c, c.At)
		if err != nil || len(l.Rows) > 0 {
			return store.Closure{}, false, err
		}
	}
	return open[k], true, nil
}
