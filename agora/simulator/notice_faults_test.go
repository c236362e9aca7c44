package simulator

import (
	"testing"
	"time"
)

func TestNotificationsComeLateTwiceOrNeverByScript(t *testing.T) {
	now := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
	half := 0.5
	s := newScript(Faults{Seed: 7, Notices: []NoticeFault{
		{Event: 71, Delay: Duration(time.Minute), Copies: 2}, {Event: 33, Drop: true}, {Event: 70, Cname: "other", Drop: true}, {Event: 4, Rate: &half, Drop: true},
	}}, now)
	x := &session{instance: instance{"german", "7"}}
	sent := func(event int) []delivery { return s.deliveries(x, notice{id: "n", eventType: event}, now) }
	if got := sent(71); len(got) != 3 || !got[2].due.Equal(now.Add(time.Minute)) || got[2].id != "n" {
		t.Errorf("event 71: %+v", got)
	}
	if got := sent(33); len(got) != 0 {
		t.Errorf("event 33: %+v", got)
	}
	if got := sent(70); len(got) != 1 || !got[0].due.Equal(now) {
		t.Errorf("event 70: %+v", got)
	}
	n := 0
	for range 1000 {
		n += len(sent(4))
	}
	if n < 400 || n > 600 {
		t.Errorf("%d of 1000 came with a rate of one half", n)
	}
	for text, ok := range map[string]bool{
		`{"notices":[{"event":71,"delay":"3s","copies":1}]}`: true, "notices: [{event: 33, drop: true}]": true,
		`{"notices":[{"event":71}]}`: false, `{"notices":[{"copies":11}]}`: false, `{"notices":[{"evnt":71,"drop":true}]}`: false,
	} {
		if _, err := ParseFaults([]byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
