package load

import (
	"fmt"
	"slices"
	"time"

	"rundown/plan"
)

// recordings applies the layers of settings: the program's defaults, the root file's, those of the file, and the
// recording's own. The root file comes first in units, so that its defaults are known when an included file is read.
func (b *builder) recordings(units []*sourceFile) {
	base := programDefaults()
	if len(b.p.Apps) == 1 {
		base.App = b.p.Apps[0]
	}
	if len(b.p.Storages) == 1 {
		base.Storage = b.p.Storages[0]
	}
	for i, u := range units {
		if u.part == nil {
			continue
		}
		settings := base
		if d := u.part.Defaults; d != nil {
			settings = b.layerOf(u, &d.settingsKeys, &d.filterKeys, &d.positions).applyTo(base)
		}
		if i == 0 {
			base = settings
		}
		for j := range u.part.Recordings {
			b.recording(u, &u.part.Recordings[j], settings)
		}
	}
	if _, given := units[0].positions.find("recordings"); !given && !slices.Contains(units[0].positions.meant, "recordings") && len(b.p.Recordings) == 0 && units[0].part != nil {
		b.root.report("missing-key", units[0].positions.self, "recordings is missing: neither the plan nor what it includes has one", "add recordings")
		b.root.unread.recordings = true // they may stand under a key that is not known
	}
	if len(b.p.Recordings) > 0 {
		b.useDefaults()
	}
}

// useDefaults marks the only app and the only storage as used: recordings use them without naming them.
func (b *builder) useDefaults() {
	if len(b.p.Apps) == 1 {
		b.apps.values[b.p.Apps[0].Name].use.Used = true
	}
	if len(b.p.Storages) == 1 {
		b.storages.values[b.p.Storages[0].Name].use.Used = true
	}
}

// recording reads an entry of recordings on top of inherited settings. One whose id is not valid or taken is read for
// its findings only.
func (b *builder) recording(u *sourceFile, e *entry[recordingKeys], base plan.Settings) {
	k := &e.Value
	r := &plan.Recording{ID: e.Key.Text, Pos: u.src.Pos(e.Key.At), Title: u.plain(&k.positions, "title", k.Title)}
	if !b.reserveID(u, e.Key, r) {
		r = &plan.Recording{ID: e.Key.Text, Pos: u.src.Pos(e.Key.At)} // read on, for the findings
		b.p.UnreadRecordings = true
	} else {
		b.p.Recordings = append(b.p.Recordings, r)
	}
	u.unread.recordings = u.unread.recordings || k.self == (plan.Span{}) // it is no mapping
	if k.Was != nil {
		for _, was := range *k.Was {
			if b.reserveID(u, was, r) {
				r.Was = append(r.Was, was.Text)
			}
		}
	}
	r.Settings = b.layerOf(u, &k.settingsKeys, &k.filterKeys, &k.positions).applyTo(base)
	_, r.OwnSkip = k.find("skip") // it replaces that of defaults, which authors forget
	if k.When != nil {
		r.When = b.when(u, k.When)
		r.UnreadWhen = k.When.unread || len(r.When) < len(k.When.Items)
	} else {
		r.UnreadWhen = true
	}
	for i := range k.Changes {
		c, ok := b.change(u, &k.Changes[i])
		if !ok {
			continue
		}
		same := slices.IndexFunc(r.Changes, func(other plan.Change) bool { return other.Key == c.Key })
		if same >= 0 {
			u.report("duplicate-key", k.Changes[i].Key.At, fmt.Sprintf("the change %s is for the same classes as the one %s", c.Key, where(u, r.Changes[same].Pos)), "remove one of the two")
			continue
		}
		r.Changes = append(r.Changes, c)
	}
	b.complete(u, e, r)
}

// reserveID takes an id, or an earlier id, for a recording; false where it is not valid or belongs to another
// recording, which it reports.
func (b *builder) reserveID(u *sourceFile, id scalar, r *plan.Recording) bool {
	if !idPattern.MatchString(id.Text) {
		if !u.noReference("an id", id) {
			u.advise("invalid-value", id.At, fmt.Sprintf("%s is not a valid id: a-z, 0-9 and -, at most 40 characters", plan.Quoted(id.Text)), b.freeID(id.Text))
		}
		return false
	}
	if other, taken := b.ids[id.Text]; taken {
		u.duplicate(id.At, fmt.Sprintf("the id %s is already the id or an earlier id of a recording, %s", id.Text, where(u, other.Pos)))
		return false
	}
	b.ids[id.Text] = r
	return true
}

// freeID is the hint to correct an id, unless another recording has the corrected one.
func (b *builder) freeID(text string) plan.Hint {
	hint := validIDHint(text)
	if b.allIDs == nil {
		b.allIDs = make(map[string]bool)
		for _, u := range b.sources {
			if u.part == nil {
				continue
			}
			for i := range u.part.Recordings {
				b.allIDs[u.part.Recordings[i].Key.Text] = true
			}
		}
	}
	if b.ids[hint.Replacement] != nil || b.allIDs[hint.Replacement] {
		return plan.Hint{}
	}
	return hint
}

// complete reports what a recording needs and neither sets nor inherits. A key that is given with a mistake is
// reported where it is.
func (b *builder) complete(u *sourceFile, e *entry[recordingKeys], r *plan.Recording) {
	if e.Value.self == (plan.Span{}) {
		return // its value is no mapping, which is reported already
	}
	layers := []*positions{&e.Value.positions}
	if d := u.part.Defaults; d != nil {
		layers = append(layers, &d.positions)
	}
	if d := b.root.part.Defaults; d != nil && u != b.root {
		layers = append(layers, &d.positions)
	}
	given := func(key string) bool {
		return slices.ContainsFunc(layers, func(a *positions) bool { _, ok := a.find(key); return ok || a.merged })
	}
	missing := func(id, key, why, hint string) {
		u.report(id, e.Key.At, fmt.Sprintf("recording %s has no %s%s", r.ID, key, why), hint)
	}
	if r.Zone == nil && !given("timezone") {
		missing("timezone-missing", "timezone", ", and defaults sets none", "set timezone in defaults, as in timezone: Europe/Madrid")
	}
	if r.URL.IsZero() && !given("url") {
		missing("url-required", "url", ", and defaults sets none", "set url, here or in defaults")
	}
	if r.App == nil && !given("app") && len(b.p.Apps) > 1 {
		b.p.Uses.Unclear["app"] = true
		missing("missing-key", "app", fmt.Sprintf(", and with %d apps there is no default", len(b.p.Apps)), "set app, here or in defaults")
	}
	if r.Storage == nil && !given("storage") {
		b.p.Uses.Unclear["storage"] = true
		why := fmt.Sprintf(", and with %d of them there is no default", len(b.p.Storages))
		if len(b.p.Storages) == 0 {
			if _, tried := b.root.positions.find("storage"); tried {
				return
			}
			why = ", and the plan defines none"
		}
		missing("storage-config-required", "storage", why, "set storage, here or in defaults")
	}
}

// when parses the times of a recording and leaves out those with mistakes. The recording then has fewer classes than its author
// means, which rules learn from UnreadWhen.
func (b *builder) when(u *sourceFile, k *whenKeys) []plan.When {
	list := make([]plan.When, 0, len(k.Items))
	for i := range k.Items {
		next := &k.Items[i]
		if next.Cron != nil {
			if next.Cron.Cron == nil || next.Cron.Duration == nil {
				continue // reported as missing, or with its mistake
			}
			length := time.Duration(*next.Cron.Duration)
			w, err := NewCron(*next.Cron.Cron, length)
			wrong := cronLength(length)
			if wrong != nil {
				u.syntax("cron-syntax", next.Cron.value("duration"), wrong)
			}
			if err != nil {
				u.syntax("cron-syntax", next.Cron.value("cron"), err)
			}
			if err != nil || wrong != nil {
				continue
			}
			w.Pos = u.src.Pos(next.Cron.value("cron"))
			list = append(list, w)
			continue
		}
		if u.noReference("when", next.Text) {
			continue
		}
		w, err := ParseWhen(next.Text.Text)
		if err != nil {
			err = improveWhenError(err, next.Text.Text, next.list)
			if next.hint != "" {
				err = &plan.SyntaxError{Message: err.Error(), Hint: plan.NewHint(next.hint)}
			}
			u.syntax("when-syntax", next.Text.At, err)
			continue
		}
		w.Pos = u.src.Pos(next.Text.At)
		list = append(list, w)
	}
	return list
}

// change reads an entry of changes; false where it cannot apply to any class. Its settings are read all the same, so that their
// mistakes are reported and what they name counts as used.
func (b *builder) change(u *sourceFile, e *entry[changeKeys]) (plan.Change, bool) {
	k := &e.Value
	c := plan.Change{Pos: u.src.Pos(e.Key.At), Cancelled: k.Cancelled}
	l := b.layerOf(u, &k.settingsKeys, nil, &k.positions)
	key, err := ParseChangeKey(e.Key.Text)
	if err != nil {
		u.syntax("invalid-value", e.Key.At, err)
	}
	c.Key = key
	ok := err == nil
	if place, given := k.find("to"); given {
		c.ToPos = u.src.Pos(place.value)
		if k.To != nil && !u.noReference("to", scalar{*k.To, place.value}) {
			to, err := ParseChangeTo(*k.To)
			if err != nil {
				u.syntax("when-syntax", place.value, improveToError(err, *k.To))
				ok = false
			} else {
				c.To = &to
			}
		}
	}
	if !k.Cancelled && len(k.keys) == 0 {
		if k.keys != nil {
			u.report("invalid-value", e.Key.At, fmt.Sprintf("the change %s changes nothing", plan.Quoted(e.Key.Text)), `write cancelled, or give "to" or another key`)
		}
		return c, false // else its mistake is reported
	}
	for _, key := range k.keys {
		if key.name != "to" {
			c.Keys = append(c.Keys, key.name)
		}
	}
	if len(l.keys) > 0 {
		c.Over = l.applyTo
	}
	return c, ok
}
