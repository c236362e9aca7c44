package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rundown/agora/catalog"
)

// Setting is a key that defaults, recordings and changes may set.
type Setting struct {
	Key   string
	Text  func(*Settings) string     // as people read it; "" for not set
	Equal func(a, b *Settings) bool  // both ask for the same
	Apply func(over, base *Settings) // puts what one sets into the other
}

// SettingTable lists the settings in the order in which show prints them, alike ones together: show prints them, diff compares them and the
// loader layers them by these rows. CONTRIBUTING.md says how to add a key.
var SettingTable = []Setting{
	pointer("timezone", func(s *Settings) **time.Location { return &s.Zone }, (*time.Location).String, func(a, b *time.Location) bool { return a.String() == b.String() }),
	pointer("app", func(s *Settings) **App { return &s.App }, func(a *App) string { return a.Name }, (*App).same),
	value("region", func(s *Settings) *catalog.Region { return &s.Region }, func(r catalog.Region) string { return string(r) }),
	{"near", func(s *Settings) string { return string(s.Near()) }, func(a, b *Settings) bool { return a.Near() == b.Near() }, func(o, s *Settings) { s.OwnNear = o.OwnNear }},
	pointer("storage", func(s *Settings) **Storage { return &s.Storage }, (*Storage).title, sameStorage),
	pointer("cdn", func(s *Settings) **CDN { return &s.CDN }, (*CDN).title, (*CDN).same),
	textSetting("url", func(s *Settings) *Text { return &s.URL }),
	textSetting("cname", func(s *Settings) *Text { return &s.Cname }),
	{"only", func(s *Settings) string { return calendarNames(s.Only) }, nil, func(o, s *Settings) { s.Only, s.UnreadOnly = o.Only, o.UnreadOnly }},
	{"skip", func(s *Settings) string { return calendarNames(s.Skip) }, nil, func(o, s *Settings) { s.Skip, s.UnreadSkip = o.Skip, o.UnreadSkip }},
	value("video", func(s *Settings) *Video { return &s.Video }, Video.text),
	value("audio_profile", func(s *Settings) *int { return &s.AudioProfile }, strconv.Itoa),
	value("mp4", func(s *Settings) *MP4 { return &s.MP4 }, MP4.text),
	pointer("mobile", func(s *Settings) **bool { return &s.Mobile }, func(b *bool) string { return strconv.FormatBool(*b) }, equal[bool]),
	readyTimeout(),
	value("exact_start", func(s *Settings) *bool { return &s.ExactStart }, strconv.FormatBool),
	value("preflight", func(s *Settings) *bool { return &s.Preflight }, strconv.FormatBool),
	value("padding", func(s *Settings) *Padding { return &s.Padding }, Padding.text),
	value("min_remainder", func(s *Settings) *MinRemainder { return &s.MinRemainder }, MinRemainder.text),
	value("attempts", func(s *Settings) *int { return &s.Attempts }, strconv.Itoa),
	value("redundancy", func(s *Settings) *int { return &s.Redundancy }, strconv.Itoa),
	value("priority", func(s *Settings) *Priority { return &s.Priority }, func(p Priority) string { return string(p) }),
	{"labels", func(s *Settings) string { return labelsText(s.Labels) }, func(a, b *Settings) bool { return maps.Equal(a.Labels, b.Labels) }, addLabels},
	value("note", func(s *Settings) *string { return &s.Note }, func(s string) string { return s }),
}

// Near is the preferred area of recording servers: the recording's own, else that of its storage; "" for none.
func (s *Settings) Near() catalog.Area {
	switch {
	case s.OwnNear != nil:
		return *s.OwnNear
	case s.Storage != nil:
		return s.Storage.Near
	default:
		return ""
	}
}

// value is a setting that is compared and copied as a whole.
func value[T comparable](key string, of func(*Settings) *T, text func(T) string) Setting {
	return Setting{
		key, func(s *Settings) string { return text(*of(s)) },
		func(a, b *Settings) bool { return *of(a) == *of(b) },
		func(over, base *Settings) { *of(base) = *of(over) },
	}
}

// pointer is a setting that may be absent, which is nil.
func pointer[T any](key string, of func(*Settings) **T, text func(*T) string, same func(a, b *T) bool) Setting {
	return Setting{
		key, func(s *Settings) string {
			if *of(s) == nil {
				return ""
			}
			return text(*of(s))
		},
		func(a, b *Settings) bool {
			x, y := *of(a), *of(b)
			return x == y || x != nil && y != nil && same(x, y)
		},
		func(over, base *Settings) { *of(base) = *of(over) },
	}
}

// readyTimeout is a pointer that keeps the value below it where its own could not be read.
func readyTimeout() Setting {
	s := pointer("ready_timeout", func(s *Settings) **time.Duration { return &s.ReadyTimeout }, func(d *time.Duration) string { return DurationText(*d) }, equal[time.Duration])
	s.Apply = func(over, base *Settings) {
		base.UnreadReady = over.UnreadReady
		if !over.UnreadReady {
			base.ReadyTimeout = over.ReadyTimeout
		}
	}
	return s
}

// textSetting is a setting that may contain references, and is shown masked.
func textSetting(key string, of func(*Settings) *Text) Setting {
	return Setting{
		key, func(s *Settings) string { return of(s).String() },
		func(a, b *Settings) bool { return of(a).Equal(*of(b)) },
		func(over, base *Settings) { *of(base) = *of(over) },
	}
}

// addLabels adds the labels of one layer to those below it. Labels of nil (the word none) remove those below.
func addLabels(over, base *Settings) {
	if over.Labels == nil {
		base.Labels = nil
		return
	}
	sum := make(map[string]string, len(base.Labels)+len(over.Labels))
	maps.Copy(sum, base.Labels)
	maps.Copy(sum, over.Labels)
	base.Labels = sum
}

func equal[T comparable](a, b *T) bool { return *a == *b }

// same says whether two apps are the same App ID, whatever their names.
func (a *App) same(b *App) bool {
	return a.ID.String() == b.ID.String() && (!a.ID.IsZero() || a.Name == b.Name)
}

// same says whether two targets push to the same addresses.
func (c *CDN) same(b *CDN) bool { return c.URL.Equal(b.URL) && c.Fallback.Equal(b.Fallback) }

// sameStorage says whether two storages write to the same place with the same credentials and options.
func sameStorage(a, b *Storage) bool {
	return a.Vendor.Name == b.Vendor.Name && a.Region.Name == b.Region.Name && a.Bucket == b.Bucket && a.Endpoint == b.Endpoint &&
		a.AccessKey.Equal(b.AccessKey) && a.SecretKey.Equal(b.SecretKey) && slices.EqualFunc(a.Prefix, b.Prefix, Text.Equal) &&
		a.SSE == b.SSE && a.Tag == b.Tag && (a.STS == b.STS || a.STS != nil && b.STS != nil && a.STS.File == b.STS.File && slices.Equal(a.STS.Command, b.STS.Command))
}

// title describes a storage: its name, vendor, region and bucket.
func (s *Storage) title() string {
	where := s.Vendor.Name
	if s.Region.Name != "" {
		where += " " + s.Region.Name
	}
	if s.Endpoint != "" {
		where += " " + s.Endpoint
	}
	return fmt.Sprintf("%s (%s, bucket %s)", s.Name, where, s.Bucket)
}

func calendarNames(calendars []*Calendar) string {
	names := make([]string, len(calendars))
	for i, c := range calendars {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func (v Video) text() string {
	text := fmt.Sprintf("%d×%d", v.Width, v.Height)
	if v.FPS > 0 {
		text += fmt.Sprintf(", %d frames/s", v.FPS)
	}
	if v.Bitrate > 0 {
		text += fmt.Sprintf(", %d kbit/s", v.Bitrate)
	}
	return text
}

func (m MP4) text() string {
	switch {
	case !m.Enabled:
		return "false"
	case m.Split == 0:
		return "true"
	default:
		return "a new file after " + DurationText(m.Split)
	}
}

func (m MinRemainder) text() string {
	switch {
	case m.Never:
		return "never"
	case m.Duration == 0:
		return "5m or half the class, whichever is less"
	default:
		return DurationText(m.Duration)
	}
}

func labelsText(labels map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, k+": "+labels[k])
	}
	return strings.Join(parts, ", ")
}

// DurationText writes a duration as plans do: 2m instead of 2m0s.
func DurationText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (c *CDN) title() string { return strings.TrimPrefix(c.Name+" "+c.URL.String(), " ") }

func (p Padding) text() string {
	return fmt.Sprintf("%s before, %s after", DurationText(p.Before), DurationText(p.After))
}

// AskedPadding is the padding before and after a class that the plan asks for, in seconds. Neighbours may leave less.
func (s *Settings) AskedPadding() (before, after int64) {
	if !s.ExactStart {
		before = int64(s.Padding.Before / time.Second)
	}
	return before, int64(s.Padding.After / time.Second)
}

// RegionName writes a storage region as most vendors do: us-east-1 for US_EAST_1.
func RegionName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "-")) }
