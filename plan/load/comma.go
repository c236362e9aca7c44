package load

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// cutValue is a value without quotes inside {} that a comma has cut: YAML reads what follows the comma as keys
// without values.
type cutValue struct {
	key          string
	text         string // the whole of it, as in the file
	at           plan.Span
	next         int // index of the first node after it
	line, column int // where YAML says that it begins
}

// cutAt finds the cut value of the key at an index of a mapping inside {}; false where the value is whole. The pieces are plain
// words of one line without values of their own, none of them a key of the mapping.
func (d *decoder) cutAt(mapping *yaml.Node, i int, table *fields) (cutValue, bool) {
	key, value := mapping.Content[i], mapping.Content[i+1]
	if value.Kind != yaml.ScalarNode || value.Style != 0 || value.Value == "" || value.Anchor != "" {
		return cutValue{}, false
	}
	next, last := i+2, value
	for next+1 < len(mapping.Content) {
		word, nothing := mapping.Content[next], mapping.Content[next+1]
		_, known := table.index[word.Value]
		if known || word.Kind != yaml.ScalarNode || word.Style != 0 || word.Line != value.Line || nothing.Tag != "!!null" || nothing.Value != "" {
			break
		}
		next, last = next+2, word
	}
	if last == value || d.src.Newlines != nil {
		return cutValue{}, false
	}
	end := d.src.Offset(last.Line, last.Column) + len(last.Value)
	from := d.src.Offset(value.Line, value.Column)
	if end > len(d.src.Text) || end < from {
		return cutValue{}, false
	}
	return cutValue{key.Value, string(d.src.Text[from:end]), d.src.SpanFromLast(value.Line, from, end), next, value.Line, value.Column}, true
}

// joinCutWhen reads a when that a comma has cut as the time that it means, and reports it. The returned mapping has
// the pieces joined, so that they are not reported as unknown keys.
func (d *decoder) joinCutWhen(n *yaml.Node, table *fields) *yaml.Node {
	if n.Style&yaml.FlowStyle == 0 || table.description != "a recording" {
		return n
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "when" {
			continue
		}
		cut, ok := d.cutAt(n, i, table)
		if !ok {
			return n
		}
		read, hint := cut.when()
		if hint.Text == "" {
			return n
		}
		hint.At = cut.at
		d.advise("when-syntax", cut.at, "inside {} a comma ends the value of when", hint)
		joined := *n
		joined.Content = slices.Concat(n.Content[:i+1], []*yaml.Node{read}, n.Content[cut.next:])
		return &joined
	}
	return n
}

// when is the value that a cut when means, and the hint to write it; no hint where it means nothing.
func (c cutValue) when() (*yaml.Node, plan.Hint) {
	scalar := func(text string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Line: c.line, Column: c.column}
	}
	if _, err := ParseWhen(c.text); err == nil {
		return scalar(c.text), plan.Hint{Text: "put it in quotes: when: " + strconv.Quote(c.text), Replacement: strconv.Quote(c.text)}
	}
	times, guessed := interpretWhen(c.text)
	if len(times) == 0 || guessed {
		return nil, plan.Hint{}
	}
	if len(times) == 1 {
		return scalar(times[0]), plan.Hint{Text: "write when: " + strconv.Quote(times[0]), Replacement: strconv.Quote(times[0])}
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Tag: "!!seq", Line: c.line, Column: c.column}
	quotedTimes := make([]string, len(times))
	for i, time := range times {
		list.Content = append(list.Content, scalar(time))
		quotedTimes[i] = strconv.Quote(time)
	}
	with := "[" + strings.Join(quotedTimes, ", ") + "]"
	return list, plan.Hint{Text: "write when: " + with, Replacement: with}
}

// commaHint is the hint for a key without a value inside {}, which a comma may have cut off the value before it. It
// shows the value only where that is not a secret.
func (d *decoder) commaHint(mapping *yaml.Node, i int, table *fields) plan.Hint {
	first := i - 2
	for first >= 0 && mapping.Content[first+1].Tag == "!!null" {
		first -= 2
	}
	if first >= 0 && readableKey.MatchString(mapping.Content[first].Value) {
		cut, ok := d.cutAt(mapping, first, table)
		if ok && cut.key == "cron" {
			fields := strings.Fields(cut.text)
			_, err := NewCron(cut.text, maxDuration())
			ok = len(fields) == 5 && err == nil
		}
		if ok && cut.next > i {
			value := strconv.Quote(cut.text)
			return plan.Hint{Text: fmt.Sprintf("put it in quotes: %s: %s; inside {} a comma ends a value", cut.key, value), Replacement: value, At: cut.at}
		}
	}
	if table.description == "a cron entry" {
		return plan.NewHint(`put the cron expression in quotes: unquoted, its comma ends the value and begins another key`)
	}
	return plan.NewHint("inside {} put a text that contains a comma or a brace in quotes")
}
