package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Codes of the service.
const (
	codeParameter     = 2   // types, spelling, ranges, presence
	codeStarted       = 7   // already started
	codeMalformed     = 8   // Content-Type or JSON malformed (older table)
	codeInvalidOp     = 49  // invalid operation: already leaving
	codeUploadTimeout = 50  // a synchronous stop whose upload takes too long
	codeConflict      = 53  // task conflict
	codeChannelName   = 401 // invalid_channel_name
	codeNotFound      = 404 // failed to find worker
	codeOverload      = 406 // vendor_over_load
	codeMismatch      = 432 // App ID, cname or uid does not match the resource id (older table)
	codeExpired       = 433 // resource id older than five minutes (older table)
	codeNoData        = 435 // no recorded data
	codeAllocate      = 502 // Failed to allocate worker
	codeResourceID    = 1001
)

const contentType = "application/json;charset=utf-8"

// object parses the body of a POST, after its Content-Type. strict is [Config.Strict], which the checks of members ask for too.
func (c *call) object(strict bool) (object, *reply) {
	malformed := func(format string, args ...any) (object, *reply) {
		r := refusal(http.StatusBadRequest, codeMalformed, format, args...)
		return object{}, &r
	}
	got := c.request.Header.Values("Content-Type")
	switch {
	case strict && (len(got) != 1 || got[0] != contentType):
		return malformed("Content-Type: must be exactly %s", contentType)
	case len(got) != 1 || !jsonMedia(got[0]):
		return malformed("Content-Type: must be application/json")
	}
	if c.bodyErr != nil {
		return malformed("body: cannot be read: %s", oneLine(c.bodyErr))
	}
	tree, err := decodeJSON(c.body)
	if err != nil {
		return malformed("body: no valid JSON: %s", oneLine(err))
	}
	m, ok := tree.(map[string]any)
	if !ok {
		return malformed("body: must be a JSON object")
	}
	return object{check: &check{strict: strict}, members: m}, nil
}

// decodeJSON parses one value and nothing after it. Numbers keep their text.
func decodeJSON(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return v, nil
}

// jsonMedia says whether a Content-Type is JSON in UTF-8, in any spelling.
func jsonMedia(value string) bool {
	media, params, err := mime.ParseMediaType(value)
	charset, stated := params["charset"]
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json")) &&
		(!stated || strings.EqualFold(charset, "utf-8"))
}

// check collects mistakes in parameters. Only the first one is reported, as the service does.
type check struct {
	strict bool
	code   int
	reason string
}

func (k *check) failed() bool { return k.code != 0 }

// fail notes a mistake, unless there is one already.
func (k *check) fail(code int, format string, args ...any) {
	if !k.failed() {
		k.code, k.reason = code, fmt.Sprintf(format, args...)
	}
}

// refusal is the answer to the first mistake.
func (k *check) refusal() reply {
	return refusal(http.StatusBadRequest, k.code, "%s", k.reason)
}

// object is a JSON object that is being checked. Its methods note mistakes under the path of the field and return the
// zero value. They do not repeat the values of strings, which may be secret.
type object struct {
	*check
	path    string
	members map[string]any
}

// at is the path of a member.
func (o object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// bad notes that a member is not what it must be.
func (o object) bad(name, format string, args ...any) {
	o.fail(codeParameter, "%s: %s", o.at(name), fmt.Sprintf(format, args...))
}

// allowOnly refuses other members: a misspelt field is an error.
func (o object) allowOnly(names ...string) {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !slices.Contains(names, name) {
			if len(name) > 64 {
				name = name[:64] + "…"
			}
			o.bad(strconv.Quote(name), "unknown field")
		}
	}
}

// dropUnlessStrict drops members that clients send and the service ignores in web mode; a strict service refuses
// them.
func (o object) dropUnlessStrict(names ...string) {
	if o.strict {
		return
	}
	for _, name := range names {
		delete(o.members, name)
	}
}

// has says whether the member is there; null counts as a value of a wrong type.
func (o object) has(name string) bool { _, ok := o.members[name]; return ok }

// missing notes a required member that is not there.
func (o object) missing(name string) { o.bad(name, "is required") }

// member gives a member of a type, which is named for people; false where it is absent or of another type, which is noted.
func member[T any](o object, name, typeName string) (v T, ok bool) {
	raw, there := o.members[name]
	if !there {
		return v, false
	}
	if v, ok = raw.(T); !ok {
		o.bad(name, "must be %s", typeName)
	}
	return v, ok
}

// text is a member that must be a string; "" when absent or wrong.
func (o object) text(name string) string {
	s, _ := member[string](o, name, "a string")
	return s
}

// requiredText is a required string that is not empty.
func (o object) requiredText(name string) string {
	s := o.text(name)
	if !o.has(name) {
		o.missing(name)
	} else if s == "" {
		o.bad(name, "is empty")
	}
	return s
}

// oneOf is an optional string from a list.
func (o object) oneOf(name string, allowed ...string) string {
	s := o.text(name)
	if o.has(name) && !slices.Contains(allowed, s) {
		o.bad(name, "must be one of %q", allowed)
	}
	return s
}

// integer is an optional whole number within bounds; fallback when absent or wrong.
func (o object) integer(name string, lo, hi, fallback int) int {
	n, ok := member[json.Number](o, name, "a number")
	if !ok {
		return fallback
	}
	f, err := strconv.ParseFloat(n.String(), 64)
	switch {
	case err != nil || f != math.Trunc(f):
		o.bad(name, "must be a whole number")
	case f < float64(lo) || f > float64(hi):
		o.bad(name, "must be between %d and %d", lo, hi)
	default:
		return int(f)
	}
	return fallback
}

// requiredInteger is a required whole number within bounds; lo when absent or wrong.
func (o object) requiredInteger(name string, lo, hi int) int {
	if !o.has(name) {
		o.missing(name)
	}
	return o.integer(name, lo, hi, lo)
}

// boolean is an optional true or false; false when absent or wrong.
func (o object) boolean(name string) bool {
	b, _ := member[bool](o, name, "true or false")
	return b
}

// object is a member that must be an object; an empty one when absent or wrong.
func (o object) object(name string) object {
	members, _ := member[map[string]any](o, name, "an object")
	return object{check: o.check, path: o.at(name), members: members}
}

// requiredObject is a required object.
func (o object) requiredObject(name string) object {
	if !o.has(name) {
		o.missing(name)
	}
	return o.object(name)
}

// objects is a required list of objects.
func (o object) objects(name string) []object {
	if !o.has(name) {
		o.missing(name)
	}
	list, _ := member[[]any](o, name, "a list")
	var out []object
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", name, i)
		m, ok := v.(map[string]any)
		if !ok {
			o.bad(at, "must be an object")
		}
		out = append(out, object{check: o.check, path: o.at(at), members: m})
	}
	return out
}

// texts is an optional list of strings.
func (o object) texts(name string) []string {
	list, _ := member[[]any](o, name, "a list")
	var out []string
	for i, v := range list {
		s, ok := v.(string)
		if !ok {
			o.bad(fmt.Sprintf("%s[%d]", name, i), "must be a string")
		}
		out = append(out, s)
	}
	return out
}

// canonical makes trees of decoded JSON comparable: 30 and 30.0 are the same number.
func canonical(v any) any {
	switch v := v.(type) {
	case json.Number:
		if f, err := strconv.ParseFloat(v.String(), 64); err == nil {
			return f
		}
		return v.String()
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = canonical(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = canonical(x)
		}
		return out
	default:
		return v
	}
}
