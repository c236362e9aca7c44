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

// Holding finds a closure that holds already and is the same, as where a request is repeated; false for none.
func Holding(ctx context.Context, s *store.Store, c store.Closure) (store.Closure, bool, error) {
	open, err := s.OpenClosures(ctx, c.Day)
	k := slices.IndexFunc(open, func(o store.Closure) bool { return Same(o, c) })
	if err != nil || k < 0 {
		return store.Closure{}, false, err
	}
	return open[k], true, nil
}
