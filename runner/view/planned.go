package view

import (
	"fmt"

	"rundown/plan"
)

// Planned is a class as its plan has it, in the form of list.
type Planned struct {
	ID          string  `json:"id"`
	Recording   string  `json:"recording"`
	Start       *string `json:"start"`
	End         *string `json:"end"`
	RecordFrom  *string `json:"record_from"` // with the padding that neighbours leave, as record_until
	RecordUntil *string `json:"record_until"`
	Timezone    string  `json:"timezone"`
	URL         *string `json:"url"`    // placeholders replaced, references as written
	Change      *string `json:"change"` // moved, changed or cancelled; null: none
	Note        *string `json:"note"`
	App         string  `json:"app"`
	Storage     string  `json:"storage"`
	STS         bool    `json:"sts"` // the storage takes temporary credentials
	CDN         *string `json:"cdn"`
	Fallback    bool    `json:"fallback"` // the CDN target has one
	Redundancy  int     `json:"redundancy"`
	Priority    string  `json:"priority"`
	ExactStart  bool    `json:"exact_start"`
}

// PlannedOf puts a class of a plan into the form that scripts read.
func PlannedOf(o plan.Occurrence) Planned {
	set := &o.Settings
	zone := set.Zone
	v := Planned{
		ID: o.ID, Recording: o.Recording.ID, Start: PlanTime(o.Start.In(zone)), End: PlanTime(o.End.In(zone)),
		RecordFrom: PlanTime(o.RecordFrom.In(zone)), RecordUntil: PlanTime(o.RecordUntil.In(zone)), Timezone: zone.String(),
		URL: OrNull(o.URL.String()), Change: OrNull(o.Change), Note: OrNull(set.Note),
		Redundancy: set.Redundancy, Priority: string(set.Priority), ExactStart: set.ExactStart,
	}
	if set.App != nil { // else the plan has errors
		v.App = set.App.Name
	}
	if set.Storage != nil {
		v.Storage, v.STS = set.Storage.Name, set.Storage.STS != nil
	}
	if set.CDN != nil {
		v.CDN, v.Fallback = OrNull(set.CDN.Name), !set.CDN.Fallback.IsZero()
	}
	return v
}

// Setting is an effective setting, as people read it.
type Setting struct {
	Key   string  `json:"key"`
	Value *string `json:"value"` // null: not set and not sent
	From  *Place  `json:"from"`  // null: the program's default
}

// Place is where a setting comes from.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

func (f *Place) String() string {
	if f == nil {
		return "default"
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}

// SettingsOf lists the settings of an occurrence by key, in the order of [plan.SettingTable], each with the place it comes from. No secret is
// among them: addresses show as the plan may show them.
func SettingsOf(s plan.Settings) []Setting {
	var list []Setting
	for _, row := range plan.SettingTable {
		e := Setting{Key: row.Key, Value: OrNull(row.Text(&s))}
		pos, ok := s.From.Of(row.Key)
		if !ok && row.Key == "near" && s.Storage != nil {
			pos, ok = s.Storage.From[row.Key]
		}
		if ok && pos.Line > 0 {
			e.From = &Place{pos.File, pos.Line}
		}
		list = append(list, e)
	}
	return list
}
