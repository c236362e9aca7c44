package load

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/go-playground/validator/v10"

	"rundown/plan"
)

// idPattern matches the ids of plans and recordings. They are part of the id of every occurrence.
var idPattern = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// fieldChecks is validator/v10 with our own checks, for the validate tags of file.go.
var fieldChecks = sync.OnceValue(func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	must(v.RegisterValidation("version", func(f validator.FieldLevel) bool { return f.Field().Int() == formatVersion }))
	must(v.RegisterValidation("id", func(f validator.FieldLevel) bool { return idPattern.MatchString(f.Field().String()) }))
	must(v.RegisterValidation("restriction", func(f validator.FieldLevel) bool {
		r := plan.RestrictionOf(f.Param())
		if f.Field().Kind() == reflect.String {
			return r.AllowsText(f.Field().String())
		}
		return r.AllowsInt(f.Field().Int())
	}))
	return v
})

// formatVersion is the only version of the format so far.
const formatVersion = 1

// checkFields runs validator over a file's types and reports each error at the key that it concerns. It checks single values
// and required keys; what needs more than one value the builder checks, and package rules.
func (d *decoder) checkFields(file any) {
	var errs validator.ValidationErrors
	if err := fieldChecks().Struct(file); !errors.As(err, &errs) {
		return
	}
	for _, err := range errs {
		d.fieldError(reflect.ValueOf(file), err)
	}
}

// fieldError turns an error of validator into a finding: of the rule in the missing tag for a missing key, of the
// restriction for a value that the catalogue does not allow, and of invalid-value for the rest.
func (d *decoder) fieldError(file reflect.Value, err validator.FieldError) {
	_, path, _ := strings.Cut(err.StructNamespace(), ".")
	t := trace(file, path)
	if t.holder.self == (plan.Span{}) {
		return // the value is no mapping, which is reported already
	}
	if err.Tag() == "required" {
		if _, given := t.holder.find(t.key); given || t.holder.merged || slices.Contains(t.holder.meant, t.key) {
			return // given with another type, which is reported already
		}
		id := t.field.Tag.Get("missing")
		if id == "" {
			id = "missing-key"
		}
		hint := plan.NewHint("add " + t.key)
		if example, _, _ := strings.Cut(t.field.Tag.Get("example"), " | "); example != "" && !strings.Contains(example, "${") {
			hint.Text += fmt.Sprintf(", as in %s: %s", t.key, example)
		}
		if value := t.field.Tag.Get("paste"); value != "" {
			hint = insertion(d.src, t.holder, t.key+": "+value)
		}
		d.advise(id, t.holder.self, fmt.Sprintf("%s is missing in %s", t.key, t.description), hint)
		return
	}
	at := t.holder.value(t.key)
	switch v := err.Value(); err.Tag() {
	case "version":
		d.advise("invalid-value", at, fmt.Sprintf("version %v of the format is not known", v), plan.NumberHint("version", v, strconv.Itoa(formatVersion)))
	case "id":
		name, _ := v.(string)
		d.advise("invalid-value", at, fmt.Sprintf("%s %s is not a valid id: a-z, 0-9 and -, at most 40 characters", t.key, plan.Quoted(name)), validIDHint(name))
	case "min", "max":
		word := map[string]string{"min": "at least", "max": "at most"}[err.Tag()]
		hint := plan.NumberHint(t.key, v, err.Param())
		if t.key == "redundancy" && err.Tag() == "max" {
			hint = plan.NewHint(fmt.Sprintf("write 1 to %s: so many sessions record each class, and each is billed", err.Param()))
		}
		d.advise("invalid-value", at, fmt.Sprintf("%s is %v and must be %s %s", t.key, v, word, err.Param()), hint)
	case "oneof":
		choices := strings.Fields(err.Param())
		text, _ := v.(string)
		d.advise("invalid-value", at, fmt.Sprintf("%s is %s and must be one of %s", t.key, plan.Quoted(text), strings.Join(choices, ", ")), plan.DidYouMean(text, choices))
	default:
		d.restrictionError(t.key, at, err)
	}
}

// restrictionError reports a value that the catalogue does not allow: restriction=ID, alone or as an alternative to none.
func (d *decoder) restrictionError(key string, at plan.Span, err validator.FieldError) {
	param := err.Param()
	if _, alternative, ok := strings.Cut(err.Tag(), "restriction="); ok {
		param, _, _ = strings.Cut(alternative, "|")
	}
	r := plan.RestrictionOf(param)
	switch v := err.Value().(type) {
	case string:
		hint := plan.DidYouMean(v, r.Values)
		if vendor := vendorAliases[strings.ToLower(v)]; vendor != "" && r.ID == "storage-vendor-values" {
			hint = plan.WriteHint(vendor)
		}
		if area := areaAliases[strings.ToLower(v)]; area != "" && r.ID == "acquire-region-values" {
			hint = plan.WriteHint(area)
		}
		if hint.Text == "" && r.ID == "acquire-region-values" {
			hint = plan.NewHint("this region is the area of Agora's servers; the region of a bucket is a key of its storage")
		}
		d.advise(r.ID, at, fmt.Sprintf("%s is %s and must be %s", key, plan.Quoted(v), r.Allowed()), hint)
	case boundedDuration:
		d.advise(r.ID, at, fmt.Sprintf("%s is %s and must be %s", key, plan.DurationText(time.Duration(v)), r.Allowed()), plan.WriteRawHint(r.Nearest(int64(v))))
	default:
		i := reflect.ValueOf(v).Int()
		hint := plan.NumberHint(key, i, r.Recommended(i))
		if nearest := r.Nearest(i); nearest != r.Recommended(i) {
			hint = hint.Append("; another rule warns about " + nearest)
		}
		switch {
		case r.Values != nil: // they are no scale: which one is near says nothing about which one is meant
			last := len(r.Values) - 1
			hint = plan.NewHint("write " + strings.Join(r.Values[:last], ", ") + " or " + r.Values[last])
		case key == "bitrate":
			hint = bitrateHint(r, i)
		}
		f := d.advised(r.ID, at, fmt.Sprintf("%s is %d and must be %s", key, i, r.Allowed()), hint)
		if key == "bitrate" && i < 1 {
			f.Severity = plan.SeverityError // the documented range is a warning's; nothing is no bitrate at all
		}
		d.add(f)
	}
}

// bitrateHint is the hint for a bitrate that is not allowed. One of bit/s is recognised where it would be a usual one.
// One that is too low has no edit: it is likely meant in Mbit/s, and the lowest that is allowed would spoil each recording.
func bitrateHint(r plan.Restriction, given int64) plan.Hint {
	const usual = 300 // kbit/s; fewer bit/s may as well be too many kbit/s
	if kbits := given / 1000; given%1000 == 0 && kbits >= usual && r.AllowsInt(kbits) {
		return plan.NumberHint("bitrate", given, strconv.FormatInt(kbits, 10)).Append(fmt.Sprintf("; it is in kbit/s, and %d looks like bit/s", given))
	}
	if given < r.Min {
		return plan.NewHint("it is in kbit/s, as in bitrate: 2000")
	}
	return plan.NumberHint("bitrate", given, r.Recommended(given)).Append("; it is in kbit/s")
}

// bitrateText matches a bitrate with its unit, as people write it.
var bitrateText = regexp.MustCompile(`^([0-9]{1,5}(?:\.[0-9])?) ?([kKmM])(?:bit|bits|bps|b|bit/s|bits/s|b/s)?$`)

// bitrateTextHint is the hint for a bitrate that is written as text.
func bitrateTextHint(text string) plan.Hint {
	if m := bitrateText.FindStringSubmatch(text); m != nil {
		number, _ := strconv.ParseFloat(m[1], 64)
		if strings.EqualFold(m[2], "m") {
			number *= 1000
		}
		if kbits := int64(number); float64(kbits) == number && plan.RestrictionOf("video-bitrate-range").AllowsInt(kbits) {
			return plan.WriteRawHint(strconv.FormatInt(kbits, 10)).Append(", in kbit/s")
		}
	}
	return plan.NewHint("write kbit/s as a whole number, as in bitrate: 2000")
}

// validIDHint turns a name into an id, where the result is still the same word; no hint otherwise.
func validIDHint(name string) plan.Hint {
	var b strings.Builder
	for _, r := range foldLatin(umlauts.Replace(strings.ToLower(name))) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			b.WriteRune(r)
		case r == ' ' || r == '_' || r == '.' || r == '/':
			b.WriteByte('-')
		case unicode.IsLetter(r):
			return plan.Hint{} // without it, the id would be another word
		}
	}
	mended := strings.Trim(b.String(), "-")
	if len(mended) > 40 {
		mended = strings.Trim(mended[:40], "-")
	}
	if mended == "" || mended == name {
		return plan.Hint{}
	}
	return plan.WriteHint(mended)
}

// umlauts are replaced as their languages do; other accents are dropped.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "æ", "ae", "ø", "o", "ł", "l")

// tracedField is where a namespace of validator leads: the mapping that contains the key, and the key's field.
type tracedField struct {
	holder      *positions
	description string
	key         string
	field       reflect.StructField
}

// trace follows a path of Go field names, as Recordings[17].Value.settingsKeys.pictureKeys.Video.FPS. A field without a key of its
// own belongs to the key above it.
func trace(v reflect.Value, path string) tracedField {
	var t tracedField
	for _, step := range strings.Split(path, ".") {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.CanInterface() { // else a part of a mapping, which is embedded
			if holder, ok := v.Addr().Interface().(positioned); ok {
				t.holder, t.description = holder.positionsOf(), fieldsOf(v.Type()).description
			}
		}
		name, index, indexed := strings.Cut(step, "[")
		field, _ := v.Type().FieldByName(name)
		if key, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); key != "" && key != "-" {
			t.key, t.field = key, field
		}
		v = v.FieldByIndex(field.Index)
		if indexed {
			i, _ := strconv.Atoi(strings.TrimSuffix(index, "]"))
			v = v.Index(i)
		}
	}
	return t
}
