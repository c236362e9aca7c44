package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rundown/agora"
)

// restriction is what the catalogue allows for one key: whole numbers within bounds, or one of some values. It is
// what the tag restriction=ID[/UNIT] stands for, in the loader as in the schema.
type restriction struct {
	id     string
	lo, hi int64         // without values
	values []string      // in the catalogue's order; numbers as they are written
	unit   time.Duration // of a length of time; 0 for plain numbers
}

var restrictionTable sync.Map // tag parameter → restriction

// restrictionOf reads the catalogue for a tag's parameter: an id, with /s or /m where the documented figure counts
// seconds or minutes and plans write a length of time.
func restrictionOf(param string) restriction {
	if known, ok := restrictionTable.Load(param); ok {
		return known.(restriction)
	}
	id, unit, _ := strings.Cut(param, "/")
	r := restriction{id: id, lo: math.MinInt64, hi: math.MaxInt64, unit: map[string]time.Duration{"s": time.Second, "m": time.Minute}[unit]}
	switch {
	case id == "storage-vendor-values": // numbers at the service, names in plans
		for _, v := range agora.Vendors() {
			r.values = append(r.values, v.Name)
		}
	case id == "extparams-sse":
		r.values = agora.StringsOf(id, "values")
	case agora.HasBound(id):
		lo, hi := agora.Bound(id)
		if lo != nil {
			r.lo = *lo
		}
		if hi != nil {
			r.hi = *hi
		}
	default:
		r.values = agora.Strings(id)
	}
	restrictionTable.Store(param, r)
	return r
}

// allowsInt says whether a number, or a length of time in nanoseconds where there is a unit, is allowed.
func (r restriction) allowsInt(v int64) bool {
	if r.unit != 0 {
		if v%int64(r.unit) != 0 {
			return false
		}
		v /= int64(r.unit)
	}
	if r.values != nil {
		return r.allowsText(strconv.FormatInt(v, 10))
	}
	return r.lo <= v && v <= r.hi
}

func (r restriction) allowsText(s string) bool { return slices.Contains(r.values, s) }

// allowed says what is, for messages.
func (r restriction) allowed() string {
	if r.values != nil {
		return "one of " + strings.Join(r.values, ", ")
	}
	switch {
	case r.lo == math.MinInt64:
		return "at most " + r.figure(r.hi)
	case r.hi == math.MaxInt64:
		return "at least " + r.figure(r.lo)
	}
	whole := ""
	switch r.unit {
	case time.Second:
		whole = ", in whole seconds"
	case time.Minute:
		whole = ", in whole minutes"
	}
	return fmt.Sprintf("%s to %s%s", r.figure(r.lo), r.figure(r.hi), whole)
}

// nearest is the allowed value next to v.
func (r restriction) nearest(v int64) string {
	if r.values != nil {
		best, least := "", int64(math.MaxInt64)
		for _, s := range r.values {
			if n, err := strconv.ParseInt(s, 10, 64); err == nil && max(n-v, v-n) < least {
				best, least = s, max(n-v, v-n)
			}
		}
		return best
	}
	if r.unit != 0 {
		v = int64(time.Duration(v).Round(r.unit) / r.unit)
	}
	return r.figure(min(max(v, r.lo), r.hi))
}

func (r restriction) figure(v int64) string {
	if r.unit != 0 {
		return shortDuration(time.Duration(v) * r.unit)
	}
	return strconv.FormatInt(v, 10)
}

// advisable is the nearest value that no other rule warns of: some figures of the catalogue allow more than the service
// is said to support.
func (r restriction) advisable(v int64) string {
	switch r.id {
	case "video-fps-range":
		return usableFPS().nearest(v)
	case "video-side-range":
		least, _ := agora.Bound("video-side-small-without-mobile")
		return r.nearest(max(v, *least))
	}
	return r.nearest(v)
}

// usableFPS are the frame rates for which profiles are listed, within the bounds and below what is supported.
func usableFPS() restriction {
	_, most := agora.Bound("stream-fps-cap")
	bounds, listed := restrictionOf("video-fps-range"), restrictionOf("video-fps-listed-values")
	listed.values = slices.DeleteFunc(slices.Clone(listed.values), func(s string) bool {
		n, err := strconv.ParseInt(s, 10, 64)
		return err != nil || !bounds.allowsInt(n) || n > *most
	})
	return listed
}
