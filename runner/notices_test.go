package runner

import (
	"testing"

	"rundown/agora"
)

func TestANotificationThatComesTwiceIsKnownByItsIDAndByItsPlaceInItsSession(t *testing.T) {
	seen := newRecent(2)
	for _, tt := range []struct {
		notice noticeData
		known  bool
	}{
		{noticeData{Notice: "a", SID: "s", Sequence: 1}, false},
		{noticeData{Notice: "a", SID: "s", Sequence: 1}, true},
		{noticeData{Notice: "b", SID: "s", Sequence: 1}, true}, // sent anew, with an id of its own
		{noticeData{Notice: "b", SID: "s", Sequence: 2}, true}, // nothing documents that, and what has an id is known by it
		{noticeData{Notice: "c", SID: "t", Sequence: 1}, false},
		{noticeData{Sequence: 1}, false},
		{noticeData{Sequence: 1}, false}, // nothing tells them apart
		{noticeData{Notice: "d", SID: "t", Sequence: 2}, false},
		{noticeData{Notice: "a", SID: "s", Sequence: 1}, false}, // too long ago
	} {
		if known := seen.add(tt.notice); known != tt.known {
			t.Errorf("%+v: known is %v, want %v", tt.notice, known, tt.known)
		}
	}
}

func TestTakingANotificationNeverWaits(t *testing.T) {
	e := &Engine{noticeInbox: noticeInbox{notices: make(chan agora.Event, 1)}} // nobody looks at them
	if err := e.TakeNotice(agora.Event{ProductID: 1}); err != nil || len(e.notices) != 0 {
		t.Errorf("another product: %v, %d wait", err, len(e.notices))
	}
	for _, want := range []error{nil, ErrBusy} {
		if err := e.TakeNotice(agora.Event{ProductID: agora.ProductCloudRecording}); err != want {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}
