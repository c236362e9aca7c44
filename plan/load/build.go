package load

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
)

// builder turns decoded files into a plan, in the order in which names are needed: apps, storages, targets and variables, then
// the calendars of all files, then recordings. What has a mistake is reported and left out, so that one mistake gives one
// finding. It is for one goroutine.
type builder struct {
	p        *plan.Plan
	root     *sourceFile // the only file with credentials and definitions other than calendars
	expose   map[string]*plan.Definition
	apps     names[*plan.App]
	storages names[*plan.Storage]
	cdns     names[*plan.CDN]
	days     names[*plan.Calendar]
	ids      map[string]*plan.Recording // ids and earlier ids
	sources  []*sourceFile
	allIDs   map[string]bool // of the recordings of all files; by [builder.freeID]

	unreadDays map[*plan.Calendar]bool // calendars of which some days could not be read
	zones      map[string]*time.Location
}

// build makes the plan of all files that could be read.
func (l *loader) build(file *rootFile) *plan.Plan {
	p := &plan.Plan{Uses: &plan.Uses{Unclear: map[string]bool{}}}
	for _, u := range l.sources {
		p.Files = append(p.Files, plan.File{Path: u.src.Path, Text: u.original})
	}
	b := &builder{
		p: p, root: l.sources[0], sources: l.sources,
		expose:     map[string]*plan.Definition{},
		apps:       newNames[*plan.App]("app", p.Uses),
		storages:   newNames[*plan.Storage]("storage", p.Uses),
		cdns:       newNames[*plan.CDN]("cdn target", p.Uses),
		days:       newNames[*plan.Calendar]("calendar", p.Uses),
		ids:        map[string]*plan.Recording{},
		unreadDays: map[*plan.Calendar]bool{},
		zones:      map[string]*time.Location{},
	}
	if file.Name != nil {
		p.Name, p.Pos = *file.Name, b.root.src.Pos(file.value("name"))
	}
	b.account(file.Account)
	for i := range file.Apps {
		b.app(&file.Apps[i])
	}
	for i := range file.Storage {
		b.storage(&file.Storage[i])
	}
	for i := range file.CDN {
		b.cdn(&file.CDN[i])
	}
	b.exposed(file.Expose)
	for i := range file.Notify {
		b.notify(&file.Notify[i])
	}
	p.Ping = b.root.textOf(&file.positions, "ping", file.Ping, plan.TextSecret)
	b.severities(file.Rules)
	for _, u := range l.sources {
		if u.part != nil {
			for i := range u.part.Calendars {
				b.calendar(u, &u.part.Calendars[i])
			}
		}
	}
	b.recordings(l.sources)
	b.unreadUses()
	b.notifyZones(file.Defaults)
	return p
}

// text parses a text that may contain references. A mistake in it is reported, and gives the zero Text.
func (u *sourceFile) text(s string, where plan.Span, kind plan.TextKind) plan.Text {
	t, err := plan.NewText(s, u.src.Pos(where), kind)
	if err != nil {
		u.syntax("invalid-value", where, err)
		return plan.Text{}
	}
	return t
}

// textOf is [sourceFile.text] for the value of a key, which may be absent.
func (u *sourceFile) textOf(a *positions, key string, value *string, kind plan.TextKind) plan.Text {
	if value == nil {
		return plan.Text{}
	}
	return u.text(*value, a.value(key), kind)
}

// syntax reports the error of one of the small parsers, with its hint.
func (u *sourceFile) syntax(id string, where plan.Span, err error) {
	var e *plan.SyntaxError
	if !errors.As(err, &e) {
		e = &plan.SyntaxError{Message: err.Error()}
	}
	u.advise(id, where, e.Message, e.Hint)
}

// noReference reports a reference where none is expanded; true when there is one.
func (u *sourceFile) noReference(key string, value scalar) bool {
	if !strings.Contains(value.Text, "${") {
		return false
	}
	u.report("reference-not-allowed", value.At, fmt.Sprintf("%s cannot contain a reference", key),
		"references work for credentials and addresses in account, apps, storage, cdn and notify of the root file; a url may use exposed variables")
	return true
}

// plain gives the value of a key that may not contain references; "" when the key is absent or contains one.
func (u *sourceFile) plain(a *positions, key string, value *string) string {
	if value == nil || u.noReference(key, scalar{*value, a.value(key)}) {
		return ""
	}
	return *value
}

// notEmpty reports an empty text where a key needs one: the parameter of the request would be missing.
func (u *sourceFile) notEmpty(a *positions, rule, key string, value *string) {
	if value != nil && *value == "" {
		u.report(rule, a.value(key), key+" is empty", "")
	}
}

// valuePositions names the places of a mapping's values by key.
func (u *sourceFile) valuePositions(a *positions) map[string]plan.Pos {
	from := make(map[string]plan.Pos, len(a.keys))
	for _, k := range a.keys {
		from[k.name] = u.src.Pos(k.value)
	}
	return from
}

// account reads the REST credentials.
func (b *builder) account(k *accountKeys) {
	if k == nil {
		return
	}
	b.root.notEmpty(&k.positions, "invalid-value", "customer_id", k.CustomerID)
	b.root.notEmpty(&k.positions, "invalid-value", "customer_secret", k.CustomerSecret)
	b.p.Account = plan.Account{
		CustomerID:     b.root.textOf(&k.positions, "customer_id", k.CustomerID, plan.TextPlain),
		CustomerSecret: b.root.textOf(&k.positions, "customer_secret", k.CustomerSecret, plan.TextSecret),
	}
}

// app reads an entry of apps.
func (b *builder) app(e *entry[appKeys]) {
	k := &e.Value
	a := &plan.App{Name: e.Key.Text, Pos: b.root.src.Pos(e.Key.At)}
	b.root.notEmpty(&k.positions, "invalid-value", "id", k.ID)
	a.ID = b.root.textOf(&k.positions, "id", k.ID, plan.TextPlain)
	if l := k.Limits; l != nil {
		setLimit(&a.Limits.QPS, l.QPS)
		setLimit(&a.Limits.Concurrent, l.Concurrent)
		if s := l.Streams; s != nil {
			setLimit(&a.Limits.SD, s.SD)
			setLimit(&a.Limits.HD, s.HD)
			setLimit(&a.Limits.FHD, s.FHD)
		}
	}
	if b.apps.add(b.root, e.Key, a) {
		b.p.Apps = append(b.p.Apps, a)
	}
}

// set copies a value that the plan gives, and says whether it gives one.
func set[T any](target, value *T) bool {
	if value != nil {
		*target = *value
	}
	return value != nil
}

// setLimit copies a limit of at least 1. A lower one is reported by validator, and then nothing is checked against
// it.
func setLimit(target, value *int) {
	if value != nil && *value > 0 {
		*target = *value
	}
}

// cdn reads an entry of cdn.
func (b *builder) cdn(e *entry[cdnKeys]) {
	k := &e.Value
	c := &plan.CDN{
		Name: e.Key.Text, Pos: b.root.src.Pos(e.Key.At),
		URL:      b.root.textOf(&k.positions, "url", k.URL, plan.TextAddress),
		Fallback: b.root.textOf(&k.positions, "fallback", k.Fallback, plan.TextAddress),
	}
	if b.cdns.add(b.root, e.Key, c) {
		b.p.CDNs = append(b.p.CDNs, c)
	}
}

// exposed reads the variables that a url may use.
func (b *builder) exposed(list *textList) {
	if list == nil {
		return
	}
	for _, name := range *list {
		switch {
		case !plan.IsVariableName(name.Text):
			var hint plan.Hint
			if inner := strings.TrimSuffix(strings.TrimPrefix(name.Text, "${"), "}"); plan.IsVariableName(inner) && !slices.ContainsFunc(*list, func(i scalar) bool { return i.Text == inner }) {
				hint = plan.WriteHint(inner).Append(": expose takes names")
			}
			b.root.advise("invalid-value", name.At, fmt.Sprintf("%s is not a valid variable name: letters, digits and _, not beginning with a digit", plan.Quoted(name.Text)), hint)
		case b.expose[name.Text] != nil:
			b.root.report("duplicate-key", name.At, fmt.Sprintf("%s is defined twice in expose", name.Text), "remove one of the two")
		default:
			b.expose[name.Text] = b.p.Uses.Define(variableKind, name.Text, b.root.src.Pos(name.At))
			b.p.Expose = append(b.p.Expose, name.Text)
		}
	}
}

// severities reads rules:, by the ids of our rules and of the whole catalogue.
func (b *builder) severities(list entries[severityKey]) {
	words := map[string]plan.Severity{"off": "", "note": plan.SeverityInformation, "warning": plan.SeverityWarning, "error": plan.SeverityError}
	for _, e := range list {
		id, word := e.Key.Text, e.Value.scalar
		_, ours := plan.RuleByID(id)
		if _, documented := catalog.RestrictionByID(id); !ours && !documented {
			b.root.advise("unknown-reference", e.Key.At, fmt.Sprintf("%s is not the id of a rule", plan.Quoted(id)), plan.DidYouMean(id, plan.RuleIDs()))
			continue
		}
		if plan.Structural[id] {
			b.root.report("invalid-value", e.Key.At, fmt.Sprintf("%s is a structural rule, whose severity cannot be changed", id), "remove it")
			continue
		}
		if plan.Fixed(id) { // a warning: the plan is as good as without it
			message := fmt.Sprintf("%s reports what no class can be recorded without, so its severity stays", id)
			f := b.root.advised("invalid-value", e.Key.At, message, plan.NewHint("remove it"))
			f.Severity = plan.SeverityWarning
			b.root.add(f)
			continue
		}
		severity, ok := words[word.Text]
		if !ok {
			if word.At != (plan.Span{}) {
				choices := []string{"off", "note", "warning", "error"}
				b.root.advise("invalid-value", word.At, fmt.Sprintf("%s is not a severity: off, note, warning or error", plan.Quoted(word.Text)), plan.DidYouMean(word.Text, choices))
			}
			continue
		}
		if b.p.Severities == nil {
			b.p.Severities = map[string]plan.Severity{}
		}
		b.p.Severities[id] = severity
	}
}

// calendar reads an entry of calendars, from any file.
func (b *builder) calendar(u *sourceFile, e *entry[calendarKeys]) {
	c := &plan.Calendar{Name: e.Key.Text, Pos: u.src.Pos(e.Key.At)}
	if len(e.Value.Days) == 0 {
		b.unreadDays[c] = true
	}
	for _, days := range e.Value.Days {
		r, err := ParseDays(days.Text)
		if err != nil {
			u.syntax("invalid-value", days.At, err)
			b.unreadDays[c] = true
			continue
		}
		c.Entries = append(c.Entries, plan.CalendarEntry{Pos: u.src.Pos(days.At), Days: r})
	}
	if b.days.add(u, e.Key, c) {
		b.p.Calendars = append(b.p.Calendars, c)
	}
}

// where describes a position in a message about another one: on line 7, or in other.yaml, line 7.
func where(here *sourceFile, there plan.Pos) string {
	if there.File == here.src.Path {
		return fmt.Sprintf("on line %d", there.Line)
	}
	return fmt.Sprintf("in %s, line %d", path.Clean(there.File), there.Line)
}

// names are the definitions of one kind, by name.
type names[T any] struct {
	kind   string // as messages call it
	uses   *plan.Uses
	values map[string]defined[T]
}

// defined is a definition, and whether it is used.
type defined[T any] struct {
	value T
	use   *plan.Definition
}

func newNames[T any](kind string, uses *plan.Uses) names[T] {
	return names[T]{kind: kind, uses: uses, values: map[string]defined[T]{}}
}

// add defines a name; false where the name is not valid or defined already, which it reports.
func (n *names[T]) add(u *sourceFile, name scalar, value T) bool {
	if name.Text == "" || name.Text == none {
		u.report("invalid-value", name.At, fmt.Sprintf("%s is not a valid %s name", plan.Quoted(name.Text), n.kind), "choose another name")
		return false
	}
	if first, twice := n.values[name.Text]; twice {
		u.duplicate(name.At, fmt.Sprintf("the %s %s is already defined %s", n.kind, name.Text, where(u, first.use.Pos)))
		return false
	}
	n.values[name.Text] = defined[T]{value, n.uses.Define(n.kind, name.Text, u.src.Pos(name.At))}
	return true
}

// get finds a definition and marks it as used; false where there is none, which it reports.
func (n *names[T]) get(u *sourceFile, name scalar) (T, bool) {
	found, ok := n.values[name.Text]
	if ok {
		found.use.Used = true
		return found.value, true
	}
	n.uses.Unclear[n.kind] = true
	if u.noReference(n.kind, name) {
		return found.value, false
	}
	known := slices.Sorted(maps.Keys(n.values))
	list := "there is none"
	if len(known) > 0 {
		const most = 20
		list = "defined: " + strings.Join(known[:min(most, len(known))], ", ")
		if len(known) > most {
			list += ", …"
		}
	}
	hint := plan.DidYouMean(name.Text, known)
	if days, err := ParseDays(name.Text); err == nil && n.kind == "calendar" {
		hint = plan.NewHint(fmt.Sprintf("define the days under calendars, as in holidays: %s, and write that name here", days))
	}
	shown := plan.Quoted(name.Text)
	if n.kind != "calendar" && strings.Contains(name.Text, "/") && !strings.Contains(name.Text, "://") {
		shown = "that stands here" // a mistyped address, which may hold a stream key; that of a whole one is masked
	}
	u.advise("unknown-reference", name.At, fmt.Sprintf("the %s %s is not defined (%s)", n.kind, shown, list), hint)
	return found.value, false
}
