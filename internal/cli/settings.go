package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rundown/plan"
)

// setting is an effective setting, as people read it.
type setting struct {
	Key   string   `json:"key"`
	Value *string  `json:"value"` // null: not set and not sent
	From  *fromPos `json:"from"`  // null: the program's default
}

type fromPos struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

func (f *fromPos) String() string {
	if f == nil {
		return "default"
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}

// effectiveSettings lists the settings of an occurrence by key, in the order in which the reference plan has them,
// each with the place it comes from. No secret is among them: addresses show as the plan may show them.
func effectiveSettings(s plan.Settings) []setting {
	var list []setting
	add := func(key, value string) {
		e := setting{Key: key, Value: orNull(value)}
		if pos, ok := s.From.Of(key); ok && pos.Line > 0 {
			e.From = &fromPos{pos.File, pos.Line}
		}
		list = append(list, e)
	}
	add("timezone", zoneName(s.Zone))
	add("app", nameOf(s.App, func(a *plan.App) string { return a.Name }))
	add("region", string(s.Region))
	add("storage", nameOf(s.Storage, storageTitle))
	add("cdn", nameOf(s.CDN, func(c *plan.CDN) string { return strings.TrimPrefix(c.Name+" "+c.URL.String(), " ") }))
	add("url", s.URL.String())
	add("cname", textOf(s.Cname))
	add("only", calendarNames(s.Only))
	add("skip", calendarNames(s.Skip))
	add("video", videoText(s.Video))
	add("audio_profile", strconv.Itoa(s.AudioProfile))
	add("mp4", mp4Text(s.MP4))
	add("mobile", boolText(s.Mobile))
	add("ready_timeout", nameOf(s.ReadyTimeout, func(d *time.Duration) string { return durationText(*d) }))
	add("exact_start", strconv.FormatBool(s.ExactStart))
	add("padding", fmt.Sprintf("%s before, %s after", durationText(s.Padding.Before), durationText(s.Padding.After)))
	add("min_remainder", remainderText(s.MinRemainder))
	add("attempts", strconv.Itoa(s.Attempts))
	add("redundancy", strconv.Itoa(s.Redundancy))
	add("priority", string(s.Priority))
	add("labels", labelsText(s.Labels))
	add("note", s.Note)
	return list
}

func nameOf[T any](p *T, name func(*T) string) string {
	if p == nil {
		return ""
	}
	return name(p)
}

func zoneName(z *time.Location) string {
	if z == nil {
		return ""
	}
	return z.String()
}

func textOf(t plan.Text) string {
	if t.IsZero() {
		return ""
	}
	return t.String()
}

func storageTitle(s *plan.Storage) string {
	where := s.Vendor.Name
	if s.Region.Name != "" {
		where += " " + s.Region.Name
	}
	if s.Endpoint != "" {
		where += " " + s.Endpoint
	}
	return fmt.Sprintf("%s (%s, bucket %s)", s.Name, where, s.Bucket)
}

func calendarNames(calendars []*plan.Calendar) string {
	names := make([]string, len(calendars))
	for i, c := range calendars {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func videoText(v plan.Video) string {
	text := fmt.Sprintf("%d×%d", v.Width, v.Height)
	if v.FPS > 0 {
		text += fmt.Sprintf(", %d frames/s", v.FPS)
	}
	if v.Bitrate > 0 {
		text += fmt.Sprintf(", %d kbit/s", v.Bitrate)
	}
	return text
}

func mp4Text(m plan.MP4) string {
	switch {
	case !m.Enabled:
		return "false"
	case m.Split == 0:
		return "true"
	default:
		return "a new file after " + durationText(m.Split)
	}
}

func boolText(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

func remainderText(m plan.MinRemainder) string {
	switch {
	case m.Never:
		return "never"
	case m.Duration == 0:
		return "5m or half the class, whichever is less"
	default:
		return durationText(m.Duration)
	}
}

func labelsText(labels map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, k+": "+labels[k])
	}
	return strings.Join(parts, ", ")
}

// durationText writes a length as plans do: 2m and not 2m0s.
func durationText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
