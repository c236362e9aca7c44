package view

import (
	"strings"
	"testing"
	"time"
)

func TestEachFormOfAnIDIsRead(t *testing.T) {
	day := time.Date(2031, 9, 17, 0, 0, 0, 0, time.UTC)
	dated := func(text, of, clock string) ID {
		return ID{Text: text, Plan: of, Recording: "german-a1", Dated: true, planned: day, clock: clock}
	}
	for _, tt := range []struct {
		words string // separated by |
		want  ID
		wrong string
	}{
		{"german-a1@2031-09-17", dated("german-a1@2031-09-17", "", ""), ""},
		{"german-a1@2031-09-17T09:00", dated("german-a1@2031-09-17T09:00", "", "09:00"), ""},
		{"german-a1@2031-09-17 09:00", dated("german-a1@2031-09-17T09:00", "", "09:00"), ""},
		{" german-a1@2031-09-17  9:00 ", dated("german-a1@2031-09-17T09:00", "", "09:00"), ""},
		{"german-a1@2031-09-17|09:00", dated("german-a1@2031-09-17T09:00", "", "09:00"), ""},
		{"german-a1@2031-09-17|09:00:20", dated("german-a1@2031-09-17T09:00:20", "", "09:00:20"), ""},
		{"lingua/german-a1@2031-09-17|09:00", dated("lingua/german-a1@2031-09-17T09:00", "lingua", "09:00"), ""},
		{"german-a1", ID{Text: "german-a1", Recording: "german-a1"}, ""},
		{"lingua/german-a1", ID{Text: "lingua/german-a1", Plan: "lingua", Recording: "german-a1"}, ""},
		{"lingua/german-a1/20310917T000000Z", ID{Text: "lingua/german-a1/20310917T000000Z", Plan: "lingua", Recording: "german-a1", Whole: true, planned: day}, ""},
		{"lingua/german-a1/elsewhere", ID{Text: "lingua/german-a1/elsewhere", Plan: "lingua", Recording: "german-a1", Whole: true}, ""},
		{"", ID{}, idForms},
		{"@2031-09-17", ID{}, idForms},
		{"German", ID{}, idForms},
		{"plan.yaml", ID{}, idForms},
		{"german|09:00", ID{}, idForms},
		{"a/b/c@2031-09-17", ID{}, idForms},
		{"lingua//20310917T000000Z@2031-09-17", ID{}, idForms},
		{"german@", ID{}, "write the day as"},
		{"german@2031-09-31", ID{}, "write the day as"},
		{"german@17.09.2031", ID{}, "write the day as"},
		{"german@2031-09-17T", ID{}, "write the time as"},
		{"german@2031-09-17 25:00", ID{}, "write the time as"},
		{"german@2031-09-17 09:00 10:00", ID{}, "write the time as"},
	} {
		got, err := ParseID(strings.Split(tt.words, "|")...)
		if tt.wrong == "" && (err != nil || got != tt.want) || tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)) {
			t.Errorf("%q: %+v, %v, want %+v %s", tt.words, got, err, tt.want, tt.wrong)
		}
	}
}
