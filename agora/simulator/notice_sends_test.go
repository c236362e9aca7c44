package simulator

import (
	"encoding/json"
	"testing"
	"time"
)

// TestNotificationsAreSentByScript has an upload error of a recording, one of another recording of the App ID, and one
// of another product whose payload is not that of a recording.
func TestNotificationsAreSentByScript(t *testing.T) {
	box := &inbox{}
	faults, err := ParseFaults([]byte(`
notices:
- {cname: "room-*", after: 10s, send: {event: 1, service: 2, details: {module: 1, errorLevel: 5, errorCode: 32}}}
- {after: 20s, send: {event: 40, sid: other, cname: elsewhere, uid: "9"}}
- {after: 2h, send: {event: 101, product: 1, payload: {uid: seven, b: [2]}}}
- {event: 31, drop: true}
- {cname: another, after: 1s, send: {event: 2}}
`))
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, Config{Callback: callback, CallbackSecret: "secret-example", CallbackTransport: box, Faults: faults}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("room-1", "7")
		r.sleepUntil(begun.Add(90 * time.Second))
		k.stop(false).want(t, 200, 0, "")
		time.Sleep(3 * time.Hour)
		if got, want := box.story(begun), "70@5 1@10 4@20 40@20 33@65 71@90 11@90 33@90.5 101@7200"; got != want {
			t.Fatalf("came %s\nwant %s", got, want)
		}
		if m := box.received[1].Payload; m.SID != k.sid || m.UID != "7" || m.Sequence != 1 || m.ServiceType != 2 || m.Details["errorCode"] != 32.0 {
			t.Errorf("the upload error is %s", box.received[1].raw)
		}
		if m := box.received[3].Payload; m.SID != "other" || m.UID != "9" || m.Cname != "elsewhere" {
			t.Errorf("that of another recording is %s", box.received[3].raw)
		}
		var last struct {
			ProductID int
			Payload   map[string]any
		}
		if err := json.Unmarshal(box.received[8].raw, &last); err != nil || last.ProductID != 1 || len(last.Payload) != 2 || last.Payload["uid"] != "seven" {
			t.Errorf("that of another product is %s (%v)", box.received[8].raw, err)
		}
	})
}

func TestSentNotificationsAreChecked(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"notices":[{"after":"1s","send":{"event":1,"details":{"module":1}}}]}`: true,
		`{"notices":[{"send":{}}]}`:                                             false,
		`{"notices":[{"after":"1s"}]}`:                                          false,
		`{"notices":[{"after":"-1s","send":{"event":1}}]}`:                      false,
		`{"notices":[{"drop":true,"send":{"event":1}}]}`:                        false,
		`{"notices":[{"send":{"evnt":1}}]}`:                                     false,
		`{"notices":[{"send":{"event":1,"payload":1,"details":{"module":1}}}]}`: false,
	} {
		if _, err := ParseFaults([]byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
