package load

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
)

// programDefaults are the settings of a recording that sets nothing and inherits nothing. The default tags of file.go name the same
// values, for the schema.
func programDefaults() plan.Settings {
	return plan.Settings{
		Video:      plan.Video{Width: 1280, Height: 720},
		Preflight:  true,
		Padding:    plan.Padding{Before: 30 * time.Second, After: 2 * time.Minute},
		Attempts:   3,
		Redundancy: 1,
		Priority:   plan.PriorityNormal,
	}
}

// layer is the settings of one mapping (defaults, a recording or a change), with names resolved. A change keeps its layer as
// [plan.Change].Over, so that it can be laid over whatever its recording inherits.
type layer struct {
	values plan.Settings
	keys   []string
	from   []plan.Pos
}

// applyTo gives settings with the layer's keys replaced. It does not modify s, and shares what the layer does not
// set.
func (l *layer) applyTo(s plan.Settings) plan.Settings {
	if len(l.keys) == 0 {
		return s
	}
	s.From = plan.NewOrigins(l.keys, l.from, s.From)
	for _, key := range l.keys {
		settingRows[key].Apply(&l.values, &s)
	}
	return s
}

// settingRows are the rows of [plan.SettingTable] by key.
var settingRows = func() map[string]*plan.Setting {
	rows := make(map[string]*plan.Setting, len(plan.SettingTable))
	for i := range plan.SettingTable {
		rows[plan.SettingTable[i].Key] = &plan.SettingTable[i]
	}
	return rows
}()

// settingReader reads the settings of one mapping into values, one key at a time.
type settingReader struct {
	b    *builder
	u    *sourceFile
	keys *settingsKeys
	days *filterKeys // nil for a change
	at   plan.Span   // of the value of the key that is read
	into *plan.Settings
}

// layerOf reads the settings of a mapping. Keys with mistakes are reported and left out.
func (b *builder) layerOf(u *sourceFile, k *settingsKeys, f *filterKeys, a *positions) *layer {
	l := &layer{keys: make([]string, 0, len(a.keys)), from: make([]plan.Pos, 0, len(a.keys))}
	r := settingReader{b: b, u: u, keys: k, days: f, into: &l.values}
	for _, given := range a.keys {
		set := setters[given.name]
		if r.at = given.value; set != nil && set(&r) {
			l.keys, l.from = append(l.keys, given.name), append(l.from, u.src.Pos(given.value))
		}
	}
	doubt := func(key, kind string, unread bool) {
		if _, given := a.find(key); unread && given || a.merged {
			b.p.Uses.Unclear[kind] = true
		}
	}
	doubt("app", "app", k.App == nil)
	doubt("storage", "storage", k.Storage == nil)
	doubt("cdn", "cdn target", k.CDN == nil)
	if f != nil {
		doubt("only", "calendar", f.Only == nil || !f.Only.None && len(f.Only.Value) == 0)
		doubt("skip", "calendar", f.Skip == nil || !f.Skip.None && len(f.Skip.Value) == 0)
	}
	return l
}

// setters read one given key each; they return false where the key cannot be read or has a mistake, which they or the
// decoder report. Each key of [plan.SettingTable] has a setter.
var setters = map[string]func(*settingReader) bool{
	"timezone": func(r *settingReader) bool {
		if r.keys.Timezone != nil {
			r.into.Zone = r.b.zone(r.u, scalar{*r.keys.Timezone, r.at})
		}
		return r.into.Zone != nil
	},
	"app":    func(r *settingReader) bool { return resolve(r, r.keys.App, &r.b.apps, &r.into.App) },
	"region": (*settingReader).region,
	"near":   (*settingReader).near,
	"storage": func(r *settingReader) bool {
		return resolve(r, r.keys.Storage, &r.b.storages, &r.into.Storage)
	},
	"cdn":           (*settingReader).cdn,
	"url":           (*settingReader).url,
	"cname":         (*settingReader).cname,
	"only":          func(r *settingReader) bool { return r.calendars(r.days.Only, &r.into.Only, &r.into.UnreadOnly) },
	"skip":          func(r *settingReader) bool { return r.calendars(r.days.Skip, &r.into.Skip, &r.into.UnreadSkip) },
	"video":         (*settingReader).video,
	"audio_profile": func(r *settingReader) bool { return set(&r.into.AudioProfile, r.keys.AudioProfile) },
	"mp4":           (*settingReader).mp4,
	"mobile":        (*settingReader).mobile,
	"ready_timeout": (*settingReader).readyTimeout,
	"exact_start":   func(r *settingReader) bool { return set(&r.into.ExactStart, r.keys.ExactStart) },
	"preflight":     func(r *settingReader) bool { return set(&r.into.Preflight, r.keys.Preflight) },
	"padding":       (*settingReader).padding,
	"min_remainder": (*settingReader).remainder,
	"attempts":      func(r *settingReader) bool { return set(&r.into.Attempts, r.keys.Attempts) },
	"redundancy":    func(r *settingReader) bool { return set(&r.into.Redundancy, r.keys.Redundancy) },
	"priority":      func(r *settingReader) bool { return set((*string)(&r.into.Priority), r.keys.Priority) },
	"labels":        (*settingReader).labels,
	"note":          (*settingReader).note,
}

// resolve reads a key that names a definition.
func resolve[T any](r *settingReader, name *string, of *names[*T], into **T) (ok bool) {
	if name != nil {
		*into, ok = of.get(r.u, scalar{*name, r.at})
	}
	return ok
}

// region reads an area of recording servers, or none.
func (r *settingReader) region() bool {
	v := r.keys.Region
	if v == nil || *v != none && !plan.RestrictionOf("acquire-region-values").AllowsText(*v) {
		return false
	}
	if *v != none {
		r.into.Region = catalog.Region(*v)
	}
	return true
}

// near reads a preferred area. none is kept as "", which overrides the area of the storage.
func (r *settingReader) near() bool {
	v := r.keys.Near
	if v == nil || *v != none && !slices.Contains(catalog.Areas(), catalog.Area(*v)) {
		return false
	}
	area := catalog.Area(*v)
	if *v == none {
		area = ""
	}
	r.into.OwnNear = &area
	return true
}

// cdn reads the name of a target, or none.
func (r *settingReader) cdn() bool {
	name := r.keys.CDN
	return name != nil && *name == none || resolve(r, name, &r.b.cdns, &r.into.CDN)
}

// url reads the address of the page. An empty one breaks the rule of the required key, since the request would lack it.
func (r *settingReader) url() bool {
	switch v := r.keys.URL; {
	case v == nil:
	case *v == "":
		r.u.report("url-required", r.at, "url is empty", "write the address of the page, as in url: https://lingua.example/rooms/{id}")
	default:
		r.into.URL = r.b.url(r.u, *v, r.at)
	}
	return !r.into.URL.IsZero()
}

// cname reads a channel name, or none for the derived one.
func (r *settingReader) cname() bool {
	v := r.keys.Cname
	switch {
	case v == nil:
	case *v == none:
		return true
	case *v == "":
		r.u.report("cname-required", r.at, "cname is empty", "remove it: it is then derived from plan and id")
	case !r.u.noReference("cname", scalar{*v, r.at}):
		r.into.Cname = r.u.text(*v, r.at, plan.TextTemplate)
	}
	return !r.into.Cname.IsZero()
}

// calendars reads only or skip, and notes whether all of their days are known.
func (r *settingReader) calendars(list *nameList, into *[]*plan.Calendar, unread *bool) bool {
	if list == nil {
		return false
	}
	found, whole := r.b.calendars(r.u, list)
	*into, *unread = found, !whole
	return true
}

// video reads the picture as a whole: a layer that gives a size gives frame rate and bitrate too, if only by leaving them out.
func (r *settingReader) video() bool {
	v := r.keys.Video
	if v == nil || v.Width == nil || v.Height == nil {
		return false
	}
	r.into.Video = plan.Video{Width: *v.Width, Height: *v.Height}
	set(&r.into.Video.FPS, v.FPS)
	set(&r.into.Video.Bitrate, v.Bitrate)
	return true
}

// mp4 reads whether MP4 is written, and after how long a new file begins; 0 is the service's own length.
func (r *settingReader) mp4() bool {
	v := r.keys.MP4
	if v == nil {
		return false
	}
	r.into.MP4.Enabled = v.Enabled
	set((*boundedDuration)(&r.into.MP4.Split), v.Split)
	return true
}

// mobile reads true, false or none. Nil differs from false: the parameter is then not sent.
func (r *settingReader) mobile() bool {
	v := r.keys.Mobile
	if v != nil && !v.None {
		r.into.Mobile = &v.Value
	}
	return v != nil
}

// readyTimeout notes a value that could not be read, so that no rule says that it is missing.
func (r *settingReader) readyTimeout() bool {
	if v := r.keys.ReadyTimeout; v != nil {
		r.into.ReadyTimeout = (*time.Duration)(v.Duration)
	} else {
		r.into.UnreadReady = true
	}
	return true
}

// padding reads both sides; a side that is not given is the program's default, not an inherited one.
func (r *settingReader) padding() bool {
	v := r.keys.Padding
	if v == nil {
		return false
	}
	r.into.Padding = programDefaults().Padding
	set((*duration)(&r.into.Padding.Before), v.Before)
	set((*duration)(&r.into.Padding.After), v.After)
	return true
}

// remainder reads what must be left of a class for a late start.
func (r *settingReader) remainder() bool {
	v := r.keys.MinRemainder
	if v != nil {
		r.into.MinRemainder = plan.MinRemainder{Never: v.Never, Duration: time.Duration(v.Duration)}
	}
	return v != nil
}

// labels reads labels, which [plan.SettingTable] adds to those below; nil for none, which removes them.
func (r *settingReader) labels() bool {
	v := r.keys.Labels
	if v == nil {
		return false
	}
	if labels := r.b.labels(r.u, v); !v.None {
		r.into.Labels = labels
	}
	return true
}

// note reads a remark; none leaves it empty, which removes that of a lower layer.
func (r *settingReader) note() bool {
	v := r.keys.Note
	if v == nil {
		return false
	}
	if !r.u.noReference("note", scalar{*v, r.at}) && *v != none {
		r.into.Note = *v
	}
	return true
}

// zone loads a zone once per plan; nil where there is none of that name, which it reports each time.
func (b *builder) zone(u *sourceFile, name scalar) *time.Location {
	zone, known := b.zones[name.Text]
	if !known {
		zone, _ = plan.Zone(name.Text)
		b.zones[name.Text] = zone
	}
	if zone == nil && !u.noReference("timezone", name) {
		hint := zoneHint(name.Text)
		u.advise("timezone-unknown", name.At, fmt.Sprintf("%s is not a time zone of the IANA database", plan.Quoted(name.Text)), hint)
	}
	return zone
}

// url reads the address of a page: http or https, with placeholders and exposed variables.
func (b *builder) url(u *sourceFile, text string, where plan.Span) plan.Text {
	t := u.text(text, where, plan.TextURL)
	if t.IsZero() {
		b.p.Uses.Unclear[variableKind] = true
		return t
	}
	for _, ref := range t.References() {
		if variable := b.expose[ref.Name]; variable != nil {
			variable.Used = true
			continue
		}
		hint := "only variables can be exposed, not files"
		if ref.Name != "" {
			hint = fmt.Sprintf("add %s to expose in the root file", ref.Name)
		}
		u.report("reference-not-allowed", where, fmt.Sprintf("a url may use exposed variables only, and %s is not exposed", ref), hint)
	}
	if first := t.Parts()[0]; first.Kind == plan.PartLiteral && !plan.BeginsWebAddress(first.S) {
		hint := addressHint(text)
		u.advise("invalid-value", where, "url is not a web address: it must begin with https:// or http:// and a host", hint)
	}
	return t
}

// addressHint corrects the beginning of an address, where the rest is one.
func addressHint(text string) plan.Hint {
	if m := shellVariable.FindStringSubmatch(text); m != nil {
		return plan.NewHint(fmt.Sprintf("write ${%s}, and add %s to expose in the root file", m[1], m[1]))
	}
	rest := text
	if scheme, after, ok := strings.Cut(text, ":"); ok && slices.Contains([]string{"http", "https", "htp", "htps", "ttps", "hhtps"}, strings.ToLower(scheme)) {
		rest = strings.TrimLeft(after, "/")
	}
	if !strings.Contains(rest, "://") && hostLike.MatchString(rest) {
		return plan.Hint{Text: "begin with https://", Replacement: "https://" + rest}
	}
	return plan.Hint{}
}

// shellVariable matches a variable as a shell writes it.
var shellVariable = regexp.MustCompile(`^\$([A-Za-z_][A-Za-z0-9_]*)$`)

// hostLike matches text that begins with a host name: www.example.org/rooms.
var hostLike = regexp.MustCompile(`(?i)^[a-z0-9]([a-z0-9-]*\.)+[a-z]{2,}(:[0-9]+)?([/?#]|$)`)

// calendars resolves the names of only or skip. whole says whether all of their days could be read.
func (b *builder) calendars(u *sourceFile, list *nameList) (found []*plan.Calendar, whole bool) {
	whole = list.None || len(list.Value) > 0
	for _, name := range list.Value {
		if name.Text == none {
			u.report("invalid-value", name.At, "none cannot be an item of a list", "write none, or names of calendars")
			whole = false
			continue
		}
		c, ok := b.days.get(u, name)
		if !ok || b.unreadDays[c] {
			whole = false
		}
		if ok && !slices.Contains(found, c) {
			found = append(found, c)
		}
	}
	return found, whole
}

// labelName matches the names of labels.
var labelName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)

// labels reads the labels of a mapping.
func (b *builder) labels(u *sourceFile, k *labelKeys) map[string]string {
	labels := make(map[string]string, len(k.Value))
	for _, l := range k.Value {
		switch {
		case !l.Value.given: // reported already
		case slices.Contains(plan.BuiltinPlaceholders, l.Key.Text):
			u.report("invalid-value", l.Key.At, fmt.Sprintf("{%s} is a built-in placeholder; a label cannot have its name", l.Key.Text), "choose another name")
		case !labelName.MatchString(l.Key.Text):
			u.report("invalid-value", l.Key.At, fmt.Sprintf("%s is not a valid label name: a letter, then letters, digits, _ and -, at most 40", plan.Quoted(l.Key.Text)), "")
		case !u.noReference("a label", l.Value.scalar):
			labels[l.Key.Text] = l.Value.Text
		}
	}
	return labels
}
