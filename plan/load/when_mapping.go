package load

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// readTimes reads a mapping in place of times, such as {Mon: 09:00-09:50} or {day: Mon, start: 09:00, end: 09:50}, as the times
// that it means, and reports it.
func (k *whenKeys) readTimes(d *decoder, n *yaml.Node, s location, next whenItem) {
	d.rejectForbidden(n)
	times := timesIn(n)
	hint := whenHint
	switch {
	case len(times) == 0:
		k.unread = true
	case next.list != noList:
		hint = "write it without keys: - " + strings.Join(times, ", - ")
	case len(times) == 1:
		hint = "write it without keys: when: " + times[0]
	default:
		hint = `write it without keys: when: ["` + strings.Join(times, `", "`) + `"]`
	}
	at := nodeSpan(d.src, n)
	d.advise("wrong-type", at, s.name+" takes a text for weekdays and a time, not keys", plan.NewHint(hint))
	for _, time := range times {
		next.Text = scalar{time, at}
		k.Items = append(k.Items, next)
	}
}

// timesIn are the times that the keys and values of a mapping mean: weekdays or dates with times as their values, or a day with its
// start and end; none where that is not certain.
func timesIn(n *yaml.Node) []string {
	of := map[string]string{}
	var times []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		values := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			values = value.Content
		}
		of[strings.ToLower(key.Value)] = value.Value
		for _, v := range values {
			if v.Kind == yaml.ScalarNode {
				times = append(times, readableTimes(key.Value+" "+v.Value)...)
			}
		}
	}
	if len(times) >= len(n.Content)/2 {
		return times
	}
	first := func(names ...string) string {
		i := slices.IndexFunc(names, func(name string) bool { return of[name] != "" })
		if i < 0 {
			return ""
		}
		return of[names[i]]
	}
	day, from, until := first("day", "days", "weekday", "weekdays", "date"), first("start", "from", "begin"), first("end", "until", "to")
	if from != "" {
		return readableTimes(day + " " + from + "-" + until)
	}
	return readableTimes(day + " " + first("time", "times", "hours"))
}

// readableTimes are the times that a text is or means; none where that is not certain.
func readableTimes(text string) []string {
	if _, err := ParseWhen(text); err == nil {
		return []string{text}
	}
	if times, guessed := interpretWhen(text); !guessed {
		return times
	}
	return nil
}
