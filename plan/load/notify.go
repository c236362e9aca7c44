package load

import (
	"fmt"
	"path"
	"time"

	"rundown/plan"
)

// notify reads an entry of notify. One with a mistake is kept with what could be read of it, since each key stands for itself; a plan
// with an error is not worked on.
func (b *builder) notify(k *notifyKeys) {
	u := b.root
	n := plan.Notify{Pos: u.src.Pos(k.self), Name: u.plain(&k.positions, "name", k.Name), Severity: plan.NotifyWarning, Lead: plan.DefaultLead}
	b.notifyAddress(k, &n)
	b.notifyEvents(k, &n)
	if k.Labels != nil {
		n.Labels = b.labels(u, k.Labels)
	}
	if k.For != nil {
		for _, glob := range *k.For {
			if _, err := path.Match(glob.Text, ""); err != nil {
				u.report("invalid-value", glob.At, fmt.Sprintf("%s is neither an id nor a glob", plan.Quoted(glob.Text)), `write it as in "german-*"`)
				continue
			}
			n.For = append(n.For, glob.Text)
		}
	}
	set((*duration)(&n.Lead), k.Lead)
	if k.Quiet != nil {
		n.Quiet = u.clockRange(scalar{*k.Quiet, k.value("quiet")})
	}
	if k.Digest != nil {
		n.Digest = u.timeOfDay(scalar{*k.Digest, k.value("digest")})
	}
	if k.Timezone != nil {
		n.Zone = b.zone(u, scalar{*k.Timezone, k.value("timezone")})
	}
	if n.Name != "" {
		for _, other := range b.p.Notify {
			if other.Name == n.Name {
				u.duplicate(k.value("name"), fmt.Sprintf("two notify entries are called %s", n.Name))
			}
		}
	}
	b.p.Notify = append(b.p.Notify, n)
}

// notifyAddress reads where the events of an entry go. All three texts are secret: who knows an address can write to it.
func (b *builder) notifyAddress(k *notifyKeys, n *plan.Notify) {
	u := b.root
	_, webhook := k.find("webhook")
	to, chat := k.find("to")
	secret, signed := k.find("secret")
	switch {
	case webhook && chat:
		u.report("invalid-value", to.key, "a notify entry takes either webhook or to", "write two entries")
	case !webhook && !chat:
		u.report("missing-key", k.self, "webhook or to is missing in a notify entry", "add webhook for a program, or to for mail and chat")
	case signed && !webhook:
		u.report("invalid-value", secret.key, "secret signs what goes to a webhook, and to needs none", "remove secret")
	}
	n.Webhook = u.textOf(&k.positions, "webhook", k.Webhook, plan.TextSecret)
	n.Secret = u.textOf(&k.positions, "secret", k.Secret, plan.TextSecret)
	set(&n.PlainHTTP, k.PlainHTTP)
	n.To = u.textOf(&k.positions, "to", k.To, plan.TextSecret)
}

// notifyEvents reads which events are sent to an entry.
func (b *builder) notifyEvents(k *notifyKeys, n *plan.Notify) {
	u := b.root
	if k.Severity != nil {
		n.Severity = plan.NotifySeverity(u.plain(&k.positions, "severity", k.Severity))
	}
	if k.Events == nil {
		return
	}
	if place, both := k.find("severity"); both {
		u.report("invalid-value", place.key, "a notify entry takes either severity or events", "remove one of them")
	}
	for _, event := range *k.Events {
		glob, known := plan.EventGlob(event.Text)
		if !known {
			u.advise("invalid-value", event.At, fmt.Sprintf("%s is neither an event, such as class.failed, nor a glob that matches one, such as \"class.*\"", plan.Quoted(event.Text)), plan.DidYouMean(event.Text, append(plan.ShortEventWords(), plan.EventWords()...)))
			continue
		}
		n.Events = append(n.Events, glob)
	}
}

// notifyZones gives the entries without a time zone that of the root file's defaults, else that of the first recording.
func (b *builder) notifyZones(defaults *defaultsKeys) {
	zone := time.UTC
	if len(b.p.Recordings) > 0 && b.p.Recordings[0].Zone != nil {
		zone = b.p.Recordings[0].Zone
	}
	if defaults != nil && defaults.Timezone != nil {
		if known := b.zones[*defaults.Timezone]; known != nil {
			zone = known
		}
	}
	for i := range b.p.Notify {
		if b.p.Notify[i].Zone == nil {
			b.p.Notify[i].Zone = zone
		}
	}
}

// clockRange reads a time of each day, as in 22:00-07:00; nil where it is none.
func (u *sourceFile) clockRange(value scalar) *plan.ClockRange {
	if u.noReference("quiet", value) {
		return nil
	}
	start, length, err := parseClocks(value.Text)
	if err != nil {
		u.syntax("invalid-value", value.At, err)
		return nil
	}
	return &plan.ClockRange{From: start, Until: (start + plan.Clock(length/time.Second)) % plan.DaySeconds}
}

// timeOfDay reads a time of day, as in 18:00; nil where it is none.
func (u *sourceFile) timeOfDay(value scalar) *plan.Clock {
	if u.noReference("digest", value) {
		return nil
	}
	clock, err := ParseClock(value.Text)
	if err != nil || clock == plan.DaySeconds {
		u.report("invalid-value", value.At, fmt.Sprintf("%s is not a time of day", plan.Quoted(value.Text)), "write it as 18:00")
		return nil
	}
	return &clock
}
