package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rundown/agora/catalog"
)

// Restriction is what the catalogue allows for one key: whole numbers within bounds, or one of a list of values. The
// tag restriction=ID[/UNIT] of the file types names it, for the loader and for the schema.
type Restriction struct {
	ID       string
	Min, Max int64         // without values
	Values   []string      // in the catalogue's order; numbers as they are written
	Unit     time.Duration // of a length of time; 0 for plain numbers
}

// restrictionTable caches restrictions by the parameter of their tag.
var restrictionTable sync.Map // tag parameter → restriction

// RestrictionOf reads the catalogue for the parameter of a tag: an id, followed by /s or /m where the documented
// figure counts seconds or minutes and plans write a duration. It panics for an id that the catalogue lacks.
func RestrictionOf(param string) Restriction {
	if known, ok := restrictionTable.Load(param); ok {
		return known.(Restriction)
	}
	id, unit, _ := strings.Cut(param, "/")
	r := Restriction{ID: id, Min: math.MinInt64, Max: math.MaxInt64, Unit: map[string]time.Duration{"s": time.Second, "m": time.Minute}[unit]}
	switch {
	case id == "storage-vendor-values": // numbers at the service, names in plans
		for _, v := range catalog.Vendors() {
			r.Values = append(r.Values, v.Name)
		}
	case id == "extparams-sse":
		r.Values = catalog.StringsOf(id, "values")
	case catalog.HasBound(id):
		lo, hi := catalog.Bound(id)
		if lo != nil {
			r.Min = *lo
		}
		if hi != nil {
			r.Max = *hi
		}
	default:
		r.Values = catalog.Strings(id)
	}
	restrictionTable.Store(param, r)
	return r
}

// AllowsInt says whether a number, or a length of time in nanoseconds where there is a unit, is allowed.
func (r Restriction) AllowsInt(v int64) bool {
	if r.Unit != 0 {
		if v%int64(r.Unit) != 0 {
			return false
		}
		v /= int64(r.Unit)
	}
	if r.Values != nil {
		return r.AllowsText(strconv.FormatInt(v, 10))
	}
	return r.Min <= v && v <= r.Max
}

// AllowsText says whether a text is one of the allowed values.
func (r Restriction) AllowsText(s string) bool { return slices.Contains(r.Values, s) }

// Allowed lists what is allowed, for messages: one of a, b or 5 to 60.
func (r Restriction) Allowed() string {
	if r.Values != nil {
		return "one of " + strings.Join(r.Values, ", ")
	}
	switch {
	case r.Min == math.MinInt64:
		return "at most " + r.figure(r.Max)
	case r.Max == math.MaxInt64:
		return "at least " + r.figure(r.Min)
	}
	whole := ""
	switch r.Unit {
	case time.Second:
		whole = ", in whole seconds"
	case time.Minute:
		whole = ", in whole minutes"
	}
	return fmt.Sprintf("%s to %s%s", r.figure(r.Min), r.figure(r.Max), whole)
}

// Nearest is the allowed value closest to v, as plans write it.
func (r Restriction) Nearest(v int64) string {
	if r.Values != nil {
		best, least := "", int64(math.MaxInt64)
		for _, s := range r.Values {
			if n, err := strconv.ParseInt(s, 10, 64); err == nil && max(n-v, v-n) < least {
				best, least = s, max(n-v, v-n)
			}
		}
		return best
	}
	if r.Unit != 0 {
		v = int64(time.Duration(v).Round(r.Unit) / r.Unit)
	}
	return r.figure(min(max(v, r.Min), r.Max))
}

// figure writes a bound as plans do, with its unit.
func (r Restriction) figure(v int64) string {
	if r.Unit != 0 {
		return DurationText(time.Duration(v) * r.Unit)
	}
	return strconv.FormatInt(v, 10)
}

// Recommended is the closest value that no other rule warns about: some bounds allow more than the service is
// documented to support.
func (r Restriction) Recommended(v int64) string {
	switch r.ID {
	case "video-fps-range":
		return UsableFPS().Nearest(v)
	case "video-side-range":
		least, _ := catalog.Bound("video-side-small-without-mobile")
		return r.Nearest(max(v, *least))
	}
	return r.Nearest(v)
}

// UsableFPS are the frame rates that have a listed profile, are within the bounds and are supported.
func UsableFPS() Restriction {
	_, most := catalog.Bound("stream-fps-cap")
	bounds, listed := RestrictionOf("video-fps-range"), RestrictionOf("video-fps-listed-values")
	listed.Values = slices.DeleteFunc(slices.Clone(listed.Values), func(s string) bool {
		n, err := strconv.ParseInt(s, 10, 64)
		return err != nil || !bounds.AllowsInt(n) || n > *most
	})
	return listed
}
