package view

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/runner/store"
)

func TestAccountsOfTheRunnerShowInTheContractsForm(t *testing.T) {
	start := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
	o := store.Occurrence{
		ID: "lingua/german-a1/20310917T170000Z", Recording: "german-a1", Start: start, End: start.Add(50 * time.Minute),
		State: "ended", Outcome: "partial", Reason: "the first node died", ReasonCode: "session-lost",
		Doc: []byte(`{"timezone":"Europe/Madrid","gaps":[{"from":"2031-09-17T19:10:00+02:00","until":"2031-09-17T17:11:30.5Z"}],"other":1}`),
	}
	sessions := []store.Session{
		{Occurrence: o.ID, Attempt: 1, Cname: "c", UID: "7", ResourceID: "r", SID: "s", State: "lost", Doc: []byte(
			`{"started_at":"2031-09-17T16:59:20Z","recording_at":"2031-09-17T16:59:25.25Z","files":["a.m3u8"],"reason":"no answer","reason_code":"session-lost"}`)},
		{Occurrence: o.ID, Attempt: 2, Cname: "c", UID: "8", State: "acquiring", Doc: []byte(`not JSON`)},
	}
	got, err := json.Marshal(OccurrenceOf(o, sessions))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"lingua/german-a1/20310917T170000Z","recording":"german-a1","title":null,` +
		`"app":null,"page":null,"storage":null,"bucket":null,` +
		`"start":"2031-09-17T19:00:00+02:00","end":"2031-09-17T19:50:00+02:00","timezone":"Europe/Madrid","labels":null,` +
		`"state":"ended","outcome":"partial","reason":"the first node died","reason_code":"session-lost",` +
		`"gaps":[{"from":"2031-09-17T17:10:00.000Z","until":"2031-09-17T17:11:30.500Z"}],"extended":null,"cancelled":null,"left_plan":null,"moved":null,` +
		`"sessions":[{"attempt":1,"cname":"c","uid":"7","resource_id":"r","sid":"s","state":"lost","reason":"no answer","reason_code":"session-lost",` +
		`"started_at":"2031-09-17T16:59:20.000Z","recording_at":"2031-09-17T16:59:25.250Z","stopped_at":null,` +
		`"upload_status":null,"files":["a.m3u8"]},` +
		`{"attempt":2,"cname":"c","uid":"8","resource_id":null,"sid":null,"state":"acquiring","reason":null,"reason_code":null,` +
		`"started_at":null,"recording_at":null,"stopped_at":null,"upload_status":null,"files":null}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestAnOccurrenceWithoutAnAccountIsShown(t *testing.T) {
	got := OccurrenceOf(store.Occurrence{ID: "a/b/20310917T170000Z", State: "planned", Start: time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)}, nil)
	if got.Outcome != nil || got.Gaps == nil || got.Sessions == nil || got.End != nil || *got.Start != "2031-09-17T17:00:00Z" {
		t.Errorf("%+v", got)
	}
}
