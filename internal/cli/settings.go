package cli

import (
	"fmt"
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
	for _, row := range plan.SettingTable {
		e := setting{Key: row.Key, Value: orNull(row.Text(&s))}
		pos, ok := s.From.Of(row.Key)
		if !ok && row.Key == "near" && s.Storage != nil {
			pos, ok = s.Storage.From[row.Key]
		}
		if ok && pos.Line > 0 {
			e.From = &fromPos{pos.File, pos.Line}
		}
		list = append(list, e)
	}
	return list
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
