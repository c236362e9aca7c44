package load

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rundown/agora/catalog"
	"rundown/plan"
)

// The types of the file that have a form of their own: either this or that, or a list, or a word. What each readNode accepts, the
// function form of schema.go describes; a test reads plans by both.

// none removes a default.
const none = "none"

// isWord says whether a node is this word.
func isWord(n *yaml.Node, word string) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Value == word
}

// readNode reads text and where it is.
func (i *scalar) readNode(d *decoder, n *yaml.Node, s location) bool {
	text, ok := d.text(n, s)
	i.Text, i.At = text, s.at
	if n.Kind == yaml.ScalarNode {
		i.At = nodeSpan(d.src, n)
	}
	return ok
}

// readNode reads text or a list of texts; of a list, the items that are text.
func (l *textList) readNode(d *decoder, n *yaml.Node, s location) bool {
	*l = textList{}
	if n.Kind != yaml.SequenceNode {
		if n.Kind == yaml.MappingNode || n.Tag == "!!null" {
			d.wrongType(n, s, "text or a list of texts")
			return false
		}
		var only scalar
		if !only.readNode(d, n, s) {
			return false
		}
		*l = append(*l, only)
		return true
	}
	*l = slices.Grow(*l, len(n.Content))
	for _, child := range n.Content {
		var next scalar
		if d.allowed(child) && next.readNode(d, child, location{"an item of " + s.name, nodeSpan(d.src, child)}) {
			*l = append(*l, next)
		}
	}
	return true
}

// readNode reads none or a value. Inside a list the word none is an item like any other.
func (k *orNone[T]) readNode(d *decoder, n *yaml.Node, s location) bool {
	if isWord(n, none) {
		k.None = true
		return true
	}
	return d.read(n, reflect.ValueOf(&k.Value).Elem(), s)
}

// readNode reads none, a name or a list of names.
func (l *nameList) readNode(d *decoder, n *yaml.Node, s location) bool {
	return l.orNone.readNode(d, n, s) && d.requireItems(n, s, "write none, or names of calendars")
}

// readNode reads a day, a range of days, or a list of both. The days are parsed later.
func (k *calendarKeys) readNode(d *decoder, n *yaml.Node, s location) bool {
	return k.Days.readNode(d, n, s) && d.requireItems(n, s, "a calendar is a day, a range of days, or a list of both")
}

// requireItems reports an empty list where one has no meaning.
func (d *decoder) requireItems(n *yaml.Node, s location, hint string) bool {
	if n.Kind != yaml.SequenceNode || len(n.Content) > 0 {
		return true
	}
	d.report("invalid-value", s.at, s.name+" is an empty list", hint)
	return false
}

// readNode reads a mapping whose keys are names of the author, in document order. Of two equal keys the first counts.
func (e *entries[T]) readNode(d *decoder, n *yaml.Node, s location) bool {
	if list := d.unnamedDefinitions(n, s, reflect.TypeFor[T]()); list != nil {
		*e = make(entries[T], len(list))
		for i := range list {
			(*e)[i].Key = scalar{list[i].name, list[i].at}
			d.invented = list[i].invented
			d.read(list[i].node, reflect.ValueOf(&(*e)[i].Value).Elem(), location{list[i].name, list[i].at})
		}
		d.invented = false
		return true
	}
	if n.Kind != yaml.MappingNode {
		d.wrongTypeHint(n, s, keysBelow, func() plan.Hint { return namesHint(n, s) })
		if n = namesWithoutDashes(n, s.name); n == nil {
			d.unread.recordings = d.unread.recordings || s.name == "recordings"
			return false
		}
	}
	list := make(entries[T], 0, len(n.Content)/2)
	seen := make(map[string]int32, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, at, ok := d.key(n.Content[i])
		if !ok {
			d.rejectForbidden(n.Content[i+1])
			continue
		}
		if line, twice := seen[name]; twice {
			d.duplicate(at, fmt.Sprintf("%s is defined twice in %s, first on line %d", plan.Quoted(name), s.name, line))
			d.unread.note(n.Content[i+1])
			d.rejectForbidden(n.Content[i+1])
			continue
		}
		seen[name] = at.Line
		list = append(list, entry[T]{Key: scalar{name, at}})
		d.read(n.Content[i+1], reflect.ValueOf(&list[len(list)-1].Value).Elem(), location{name, at})
	}
	*e = list
	return true
}

// readNode reads a duration from 0 to the longest that the service keeps a recording.
func (t *duration) readNode(d *decoder, n *yaml.Node, s location) bool {
	parsed, ok := d.length(n, s, "a duration", func(v time.Duration) bool { return v > 0 && v <= maxDuration() }, "s", "m")
	switch longest := maxDuration(); {
	case !ok:
		return false
	case parsed < 0:
		d.report("invalid-value", nodeSpan(d.src, n), fmt.Sprintf("%s cannot be negative, as %s is", s.name, plan.Quoted(n.Value)), "")
		return false
	case parsed > longest:
		d.report("max-recording-hour-range", nodeSpan(d.src, n), fmt.Sprintf("%s is longer than the %s that a recording can last", plan.Quoted(n.Value), plan.DurationText(longest)), "")
		return false
	}
	*t = duration(parsed)
	return true
}

// read reads a duration of any length. validator checks its bounds; r is for the hint, and want for messages.
func (t *boundedDuration) read(d *decoder, n *yaml.Node, s location, want string, r plan.Restriction) bool {
	units := []string{"s", "m", "h", "ms"}
	if r.Unit == time.Minute {
		units = []string{"m", "s", "h"}
	}
	parsed, ok := d.length(n, s, want, func(v time.Duration) bool { return r.AllowsInt(int64(v)) }, units...)
	*t = boundedDuration(parsed)
	return ok
}

// length reads a duration of any length. units are those in which a plain number was probably meant, most likely
// first; allowed says which durations may be suggested.
func (d *decoder) length(n *yaml.Node, s location, want string, allowed func(time.Duration) bool, units ...string) (time.Duration, bool) {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") {
		hint := withUnit(n.Value, allowed, units)
		if hint.Text == "" {
			hint = plan.NewHint("write a duration such as 30s, 2m or 1h30m")
		}
		takes := "a duration with its unit"
		if strings.HasPrefix(want, "true") {
			takes = "true, false or " + takes
		}
		d.advise("wrong-type", nodeSpan(d.src, n), s.name+" takes "+takes+", not a plain number", hint)
		return 0, false
	}
	text, ok := d.text(n, s)
	if !ok {
		return 0, false
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		d.report("invalid-value", nodeSpan(d.src, n), fmt.Sprintf("%s takes %s, and %s is not one", s.name, want, plan.Quoted(text)), "write a duration such as 30s, 2m or 1h30m")
		return 0, false
	}
	return parsed, true
}

// withUnit is the hint to give a plain number its unit: the first one that makes it an allowed duration, or both
// where either may be meant.
func withUnit(number string, allowed func(time.Duration) bool, units []string) plan.Hint {
	var fit []string
	for _, unit := range units {
		if v, err := time.ParseDuration(number + unit); err == nil && allowed(v) {
			fit = append(fit, plan.DurationText(v))
		}
	}
	switch {
	case len(fit) == 0:
		return plan.Hint{}
	case len(units) == 2 && len(fit) == 2:
		return plan.NewHint("write " + fit[0] + " or " + fit[1])
	}
	return plan.WriteRawHint(fit[0])
}

// maxDuration is the longest time for which the service keeps recording.
func maxDuration() time.Duration {
	_, most := catalog.Bound("max-recording-hour-range")
	return time.Duration(*most) * time.Hour
}

// readNode reads an address, or url and fallback.
func (k *cdnKeys) readNode(d *decoder, n *yaml.Node, s location) bool {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		if n.Kind != yaml.MappingNode {
			d.wrongType(n, s, "an address, or url and fallback below it")
			return false
		}
		return d.readMapping(n, reflect.ValueOf(k), s)
	}
	var url scalar
	if !url.readNode(d, n, s) {
		return false
	}
	k.URL, k.self = &url.Text, s.at
	k.keys = []keyAt{{"url", s.at, url.At}}
	return true
}

// videoName matches the name of a size, with a frame rate or without.
var videoName = regexp.MustCompile(`^([0-9]{3,4}p)([0-9]{1,4})?$`)

// readNode reads a size by name, as 720p or 720p30, or width, height, fps and bitrate.
func (k *videoKeys) readNode(d *decoder, n *yaml.Node, s location) bool {
	if n.Kind == yaml.MappingNode {
		return d.readMapping(n, reflect.ValueOf(k), s)
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		d.advise("wrong-type", nodeSpan(d.src, n), "video takes a size by name, or width and height below it, not a whole number", plan.DidYouMean(n.Value+"p", videoNames()))
		return false
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.wrongType(n, s, "a size by name, or width and height below it")
		return false
	}
	text, ok := d.text(n, s)
	if !ok {
		return false
	}
	at := nodeSpan(d.src, n)
	name := videoName.FindStringSubmatch(text)
	for _, size := range videoSizes {
		if name == nil || size.name != name[1] {
			continue
		}
		width, height := size.width, size.height
		k.self, k.Width, k.Height = s.at, &width, &height
		k.keys = []keyAt{{"width", at, at}, {"height", at, at}}
		if name[2] != "" {
			fps, _ := strconv.Atoi(name[2])
			k.FPS = &fps
			k.keys = append(k.keys, keyAt{"fps", at, at})
		}
		return true
	}
	hint := plan.DidYouMean(text, videoNames())
	if name != nil {
		hint = plan.DidYouMean(name[1], videoNames())
		hint.Part = name[1]
	}
	if size := videoAliases[strings.ToLower(text)]; size != "" {
		hint = plan.WriteHint(size)
	}
	d.advise("invalid-value", at, fmt.Sprintf("%s is not a video size: %s, each also with a frame rate as in 720p30, or width and height below it",
		plan.Quoted(text), strings.Join(videoNames(), ", ")), hint)
	return false
}

// videoNames are the names of the sizes.
func videoNames() []string {
	names := make([]string, len(videoSizes))
	for i, size := range videoSizes {
		names[i] = size.name
	}
	return names
}

// readNode reads true, false, or the duration after which a new file begins.
func (k *mp4Keys) readNode(d *decoder, n *yaml.Node, s location) bool {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
		var ok bool
		k.Enabled, ok = d.boolean(n, s)
		return ok
	}
	const want = "true, false or a duration"
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || booleanWord(n) != "" {
		d.wrongType(n, s, want)
		return false
	}
	var split boundedDuration
	if !split.read(d, n, s, want, plan.RestrictionOf("max-video-duration-range/m")) {
		return false
	}
	k.Enabled, k.Split = true, &split
	return true
}

// readNode reads never or a duration of more than 0.
func (k *remainderKey) readNode(d *decoder, n *yaml.Node, s location) bool {
	if isWord(n, "never") {
		k.Never = true
		return true
	}
	if !k.Duration.readNode(d, n, s) {
		return false
	}
	if k.Duration == 0 {
		d.report("invalid-value", nodeSpan(d.src, n), "min_remainder must be longer than 0", "write 1s to record whatever is left, or never for no late start")
		return false
	}
	return true
}

// readNode reads none or a duration.
func (k *readyTimeoutKey) readNode(d *decoder, n *yaml.Node, s location) bool {
	if isWord(n, none) {
		k.None = true
		return true
	}
	k.Duration = new(boundedDuration)
	if !k.Duration.read(d, n, s, "a duration or none", plan.RestrictionOf("ready-timeout-range/s")) {
		k.Duration = nil
		return false
	}
	return true
}

// readNode reads none or labels.
func (k *labelKeys) readNode(d *decoder, n *yaml.Node, s location) bool {
	if n.Kind != yaml.MappingNode && !isWord(n, none) {
		d.wrongType(n, s, labelsBelow)
		return false
	}
	return k.orNone.readNode(d, n, s)
}

// readNode reads the value of a label. A number or a word of YAML is kept as it is written.
func (v *labelValue) readNode(d *decoder, n *yaml.Node, s location) bool {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.wrongType(n, location{"label " + plan.Quoted(s.name), s.at}, "text")
		return false
	}
	v.Text, v.At, v.given = n.Value, nodeSpan(d.src, n), true
	return true
}

// readNode reads cancelled, or to and settings.
func (k *changeKeys) readNode(d *decoder, n *yaml.Node, s location) bool {
	if n.Kind == yaml.MappingNode {
		return d.readMapping(n, reflect.ValueOf(k), s)
	}
	k.self = s.at
	if isWord(n, "cancelled") {
		k.Cancelled = true
		return true
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" && n.Tag != "!!timestamp" {
		d.wrongType(n, s, "cancelled, or to and other keys below it")
		return false
	}
	hint := plan.DidYouMean(n.Value, []string{"cancelled"})
	if _, err := ParseChangeTo(n.Value); err == nil {
		hint = plan.WriteRawHint("{to: " + n.Value + "}")
	}
	d.advise("invalid-value", nodeSpan(d.src, n), fmt.Sprintf("%s is not a change: write cancelled, or to and other keys below it", plan.Quoted(n.Value)), hint)
	return false
}

// readNode reads one time or a list of times. It notes a list item that a comma has cut in two.
func (k *whenKeys) readNode(d *decoder, n *yaml.Node, s location) bool {
	if n.Kind != yaml.SequenceNode {
		k.read(d, n, s, whenItem{})
		return len(k.Items) > 0
	}
	if len(n.Content) == 0 {
		d.report("invalid-value", s.at, "when is an empty list; a recording needs a time", "")
		return false
	}
	k.Items = make([]whenItem, 0, len(n.Content))
	for i, child := range n.Content {
		next := whenItem{list: blockList}
		if n.Style&yaml.FlowStyle != 0 {
			next.list = flowList
		}
		if next.list == flowList && child.Style == 0 && child.Kind == yaml.ScalarNode && i+1 < len(n.Content) {
			if whole := joinedWhen(child.Value, n.Content[i+1].Value); whole != "" {
				next.hint = fmt.Sprintf("inside [] a comma begins another item: write %s without the comma", whole)
			}
			if whole := joinedCron(n.Content[i:]); whole != "" {
				next.hint = fmt.Sprintf("in [ ] an unquoted comma begins another entry: quote the whole expression, as in {cron: %s, duration: 50m}", strconv.Quote(whole))
			}
		}
		if !d.allowed(child) {
			k.unread = true
			continue
		}
		k.read(d, child, location{s.name, nodeSpan(d.src, child)}, next)
	}
	return true
}

// joinedCron is the cron expression that the first items of a list make, where commas have cut it; "" for none.
func joinedCron(items []*yaml.Node) string {
	const most = 32 // more than days of a month; a long list must not cost the square of its length
	text, whole := items[0].Value, ""
	if _, err := NewCron(text, time.Hour); err != nil {
		return ""
	}
	for _, next := range items[1:min(most, len(items))] {
		text += "," + next.Value
		if _, err := NewCron(text, time.Hour); err != nil || next.Style != 0 || next.Kind != yaml.ScalarNode {
			break
		}
		whole = text
	}
	return whole
}

// notATime reports a value of when that is neither text nor a cron entry: an empty one, a number, or a list inside a
// list.
func (d *decoder) notATime(n *yaml.Node, s location) {
	d.rejectForbidden(n)
	at := s.at
	if n.Kind == yaml.ScalarNode {
		at = nodeSpan(d.src, n)
	}
	const takes = "takes weekdays and a time, a date and a time, or a cron entry"
	message := fmt.Sprintf("%s %s, not %s", s.name, takes, kindOf(n))
	if n.Tag == "!!null" {
		message = fmt.Sprintf("%s is empty; it %s", s.name, takes)
	}
	d.report("wrong-type", at, message, whenHint)
}

// read reads one time. next says which list it belongs to.
func (k *whenKeys) read(d *decoder, n *yaml.Node, s location, next whenItem) {
	ok := false
	switch {
	case n.Kind == yaml.MappingNode && !isKeyOf(n, "cron") && !isKeyOf(n, "duration") && len(n.Content) > 0:
		k.readTimes(d, n, s, next)
		return
	case n.Kind == yaml.MappingNode:
		next.Cron = &cronKeys{}
		ok = d.readMapping(n, reflect.ValueOf(next.Cron), s)
	case n.Kind != yaml.ScalarNode || !slices.Contains(textTags, n.Tag):
		d.notATime(n, s)
	default:
		ok = next.Text.readNode(d, n, s)
	}
	if !ok {
		k.unread = true
		return
	}
	k.Items = append(k.Items, next)
}
