package plan

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"rundown/agora"
)

// overlay lays the keys that a recording, its defaults or a change give over settings.
type overlay func(Settings) Settings

// programDefaults are the settings of a recording that sets nothing and has no defaults.
func programDefaults() Settings {
	return Settings{
		Video:      Video{Width: 1280, Height: 720},
		Padding:    Padding{Before: 30 * time.Second, After: 2 * time.Minute},
		Attempts:   3,
		Redundancy: 1,
		Priority:   PriorityNormal,
	}
}

// layer is what one mapping of settings sets, with its names resolved.
type layer struct {
	set  []func(*Settings)
	keys []string
	from []Pos
}

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

// over lays the layer over settings, which are shared as far as it does not touch them and never changed.
func (l *layer) over(s Settings) Settings {
	if len(l.keys) == 0 {
		return s
	}
	s.From = &Origins{l.keys, l.from, s.From}
	for _, set := range l.set {
		set(&s)
	}
	return s
}

// layerOf resolves the keys of a mapping; those with mistakes are reported and left out.
func (b *builder) layerOf(u *unit, k *settingsKeys, f *filterKeys, a *at) *layer {
	l := &layer{set: make([]func(*Settings), 0, len(a.keys)), keys: make([]string, 0, len(a.keys)), from: make([]Pos, 0, len(a.keys))}
	add := func(key string, set func(*Settings)) {
		l.set = append(l.set, set)
		l.keys = append(l.keys, key)
		l.from = append(l.from, u.src.pos(a.value(key)))
	}
	doubt := func(key, kind string, unread bool) {
		if _, given := a.find(key); unread && given || a.merged {
			b.p.uses.doubt(kind)
		}
	}
	doubt("app", "app", k.App == nil)
	doubt("storage", "storage", k.Storage == nil)
	doubt("cdn", "cdn target", k.CDN == nil)
	if f != nil {
		doubt("only", "calendar", f.Only == nil || !f.Only.None && len(f.Only.Names) == 0)
		doubt("skip", "calendar", f.Skip == nil || !f.Skip.None && len(f.Skip.Names) == 0)
	}
	if k.Timezone != nil {
		if zone := b.zone(u, item{*k.Timezone, a.value("timezone")}); zone != nil {
			add("timezone", func(s *Settings) { s.Zone = zone })
		}
	}
	if k.App != nil {
		if app, ok := b.apps.get(u, item{*k.App, a.value("app")}); ok {
			add("app", func(s *Settings) { s.App = app })
		}
	}
	if k.Region != nil {
		region := agora.Region(*k.Region)
		if region == none {
			region = ""
		}
		if region == "" || restrictionOf("acquire-region-values").allowsText(*k.Region) {
			add("region", func(s *Settings) { s.Region = region })
		}
	}
	if k.Storage != nil {
		if storage, ok := b.storages.get(u, item{*k.Storage, a.value("storage")}); ok {
			add("storage", func(s *Settings) { s.Storage = storage })
		}
	}
	if k.CDN != nil {
		if *k.CDN == none {
			add("cdn", func(s *Settings) { s.CDN = nil })
		} else if cdn, ok := b.cdns.get(u, item{*k.CDN, a.value("cdn")}); ok {
			add("cdn", func(s *Settings) { s.CDN = cdn })
		}
	}
	if k.URL != nil && *k.URL == "" {
		u.report("url-required", a.value("url"), "url is empty", "write the address of the page, as in url: https://lingua.example/rooms/{id}")
	} else if k.URL != nil {
		if url := b.url(u, *k.URL, a.value("url")); !url.IsZero() {
			add("url", func(s *Settings) { s.URL = url })
		}
	}
	if k.Cname != nil {
		if at := a.value("cname"); *k.Cname == none {
			add("cname", func(s *Settings) { s.Cname = Text{} })
		} else if *k.Cname == "" {
			u.report("cname-required", at, "cname is empty", "leave it out, and it is derived from plan and id")
		} else if !u.noReference("cname", item{*k.Cname, at}) {
			if cname := u.text(*k.Cname, at, textTemplate); !cname.IsZero() {
				add("cname", func(s *Settings) { s.Cname = cname })
			}
		}
	}
	if f != nil && f.Only != nil {
		only, whole := b.calendars(u, f.Only)
		add("only", func(s *Settings) { s.Only, s.unreadOnly = only, !whole })
	}
	if f != nil && f.Skip != nil {
		skip, whole := b.calendars(u, f.Skip)
		add("skip", func(s *Settings) { s.Skip, s.unreadSkip = skip, !whole })
	}
	if v := k.Video; v != nil && v.Width != nil && v.Height != nil {
		video := Video{Width: *v.Width, Height: *v.Height}
		set(&video.FPS, v.FPS)
		set(&video.Bitrate, v.Bitrate)
		add("video", func(s *Settings) { s.Video = video })
	}
	if v := k.AudioProfile; v != nil {
		add("audio_profile", func(s *Settings) { s.AudioProfile = *v })
	}
	if v := k.MP4; v != nil {
		mp4 := MP4{Enabled: v.Enabled}
		if v.Split != nil {
			mp4.Split = time.Duration(*v.Split)
		}
		add("mp4", func(s *Settings) { s.MP4 = mp4 })
	}
	if v := k.Mobile; v != nil {
		var mobile *bool
		if !v.None {
			mobile = &v.Value
		}
		add("mobile", func(s *Settings) { s.Mobile = mobile })
	}
	if v := k.ReadyTimeout; v != nil {
		timeout := (*time.Duration)(v.Duration)
		add("ready_timeout", func(s *Settings) { s.ReadyTimeout, s.unreadReady = timeout, false })
	}
	if _, given := a.find("ready_timeout"); given && k.ReadyTimeout == nil {
		add("ready_timeout", func(s *Settings) { s.unreadReady = true })
	}
	if v := k.ExactStart; v != nil {
		add("exact_start", func(s *Settings) { s.ExactStart = *v })
	}
	if v := k.Padding; v != nil {
		padding := programDefaults().Padding
		set((*duration)(&padding.Before), v.Before)
		set((*duration)(&padding.After), v.After)
		add("padding", func(s *Settings) { s.Padding = padding })
	}
	if v := k.MinRemainder; v != nil {
		remainder := MinRemainder{Never: v.Never, Duration: time.Duration(v.Duration)}
		add("min_remainder", func(s *Settings) { s.MinRemainder = remainder })
	}
	if v := k.Attempts; v != nil {
		add("attempts", func(s *Settings) { s.Attempts = *v })
	}
	if v := k.Redundancy; v != nil {
		add("redundancy", func(s *Settings) { s.Redundancy = *v })
	}
	if v := k.Priority; v != nil {
		add("priority", func(s *Settings) { s.Priority = Priority(*v) })
	}
	if k.Labels != nil {
		labels := b.labels(u, k.Labels)
		remove := k.Labels.None
		add("labels", func(s *Settings) {
			if remove {
				s.Labels = nil
				return
			}
			sum := make(map[string]string, len(s.Labels)+len(labels))
			maps.Copy(sum, s.Labels)
			maps.Copy(sum, labels)
			s.Labels = sum
		})
	}
	if k.Note != nil {
		note := u.plain(a, "note", k.Note)
		if note == none {
			note = ""
		}
		add("note", func(s *Settings) { s.Note = note })
	}
	return l
}

// url reads a page's address: an http or https one, with placeholders and exposed variables.
func (b *builder) url(u *unit, text string, where span) Text {
	t := u.text(text, where, textURL)
	if t.IsZero() {
		return t
	}
	for _, ref := range t.References() {
		if ref.Name != "" && b.expose[ref.Name] {
			b.p.uses.use("variable", ref.Name)
			continue
		}
		hint := "only variables can be exposed, not files"
		if ref.Name != "" {
			hint = fmt.Sprintf("add %s to expose in the root file", ref.Name)
		}
		u.report("reference-not-allowed", where, fmt.Sprintf("a url may use exposed variables only, and %s is not exposed", ref), hint)
	}
	if first := t.t.parts[0]; first.kind == partLiteral && !webAddress.MatchString(first.s) {
		hint := ""
		if !strings.Contains(text, "://") && !strings.HasPrefix(text, "/") && strings.Contains(text, ".") {
			hint = "begin with https://"
		}
		u.report("invalid-value", where, "url is no web address: it begins with https:// or http:// and a host", hint)
	}
	return t
}

// webAddress matches up to where a reference or placeholder may begin.
var webAddress = regexp.MustCompile(`(?i)^https?://([^\s/?#].*)?$`)

// calendars resolves the names of only or skip; whole says that all of them could be read.
func (b *builder) calendars(u *unit, list *nameList) (found []*Calendar, whole bool) {
	whole = list.None || len(list.Names) > 0
	for _, name := range list.Names {
		if name.Text == none {
			u.report("invalid-value", name.At, "none stands alone, not in a list", "write none, or names of calendars")
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

var labelName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)

// builtinPlaceholders are known without any label.
var builtinPlaceholders = []string{"plan", "id", "date", "time"}

func (b *builder) labels(u *unit, k *labelKeys) map[string]string {
	labels := make(map[string]string, len(k.List))
	for _, l := range k.List {
		switch {
		case slices.Contains(builtinPlaceholders, l.Key.Text):
			u.report("invalid-value", l.Key.At, fmt.Sprintf("{%s} is a placeholder of its own, and no label can be called so", l.Key.Text), "choose another name")
		case !labelName.MatchString(l.Key.Text):
			u.report("invalid-value", l.Key.At, fmt.Sprintf("%s is no name of a label: a letter, then letters, digits, _ and -, at most 40", quoted(l.Key.Text)), "")
		case !u.noReference("a label", l.Value):
			labels[l.Key.Text] = l.Value.Text
		}
	}
	return labels
}
