package simulator

import (
	"cmp"
	"slices"
	"time"
)

// Types of notifications that the simulator sends.
const (
	eventFileInfos   = 4
	eventSessionExit = 11
	eventUploaded    = 31
	eventProgress    = 33
	eventStarted     = 70
	eventStopped     = 71
	eventPush        = 100
)

// Service types of notifications.
const (
	fromService  = 0
	fromUploader = 2
	fromWebPage  = 6
)

// progressEvery is the interval of uploading_progress.
const progressEvery = time.Minute

// noticeProgress is what notifications have reported of a session so far.
type noticeProgress struct {
	sequence     int // of the next notification
	started      bool
	files        bool
	push         string // last CDN status told
	progressAt   time.Time
	ended        bool
	uploaded     bool
	nothingToAdd bool
}

// notice is a notification without what depends on its sending.
type notice struct {
	id        string
	eventType int
	payload   noticePayload
	product   int // 0: Cloud Recording
	raw       any // in place of the payload
}

// noticePayload is the documented payload.
type noticePayload struct {
	Cname       string `json:"cname"`
	UID         string `json:"uid"`
	SID         string `json:"sid"`
	Sequence    int    `json:"sequence"`
	SendTS      int64  `json:"sendts"` // ms, when it happened
	ServiceType int    `json:"serviceType"`
	Scene       string `json:"serviceScene"`
	Details     any    `json:"details"`
}

// details begin with the name of the message.
type details map[string]any

// newNotices are the notifications that are due and not yet reported, in order of time; from now on they count as
// reported.
func (x *session) newNotices(now time.Time) []notice {
	var out []notice
	add := func(at time.Time, eventType, service int, d details) {
		out = append(out, notice{id: randomHex(16), eventType: eventType, payload: noticePayload{
			Cname: x.cname, UID: x.uid, SID: x.sid, SendTS: at.UnixMilli(), ServiceType: service, Scene: "web_record", Details: d,
		}})
	}
	t := &x.noticed
	if x.push && !x.ended() && !now.Before(x.readyAt) {
		if status := x.pushStatus(now); status != t.push {
			t.push = status
			add(now, eventPush, fromWebPage, details{"msgName": "rtmp_publish_status", "rtmpUrl": x.rtmpURL, "status": status})
		}
	}
	at, writes := x.recordingAt(now)
	if writes && !t.started {
		t.started, t.progressAt = true, at.Add(progressEvery)
		add(at, eventStarted, fromWebPage, details{"msgName": "web_recorder_started", "recorderStartTime": at.UnixMilli()})
	}
	if at, ok := x.firstSliceAt(now); ok && !t.files {
		t.files = true
		add(at, eventFileInfos, fromService, details{"msgName": "cloud_recording_file_infos", "fileList": x.playlist()})
	}
	for t.started && t.progressAt.Before(x.until(now).Add(1)) && !t.ended {
		add(t.progressAt, eventProgress, fromUploader, details{"msgName": "uploading_progress", "progress": x.uploadedShare(t.progressAt)})
		t.progressAt = t.progressAt.Add(progressEvery)
	}
	if x.ended() && !t.ended {
		t.ended = true
		message, exit := x.stopReason, 0
		if message == reasonStop {
			message = "ok"
		}
		if !x.orderly() {
			exit = 1
		}
		add(x.endedAt, eventStopped, fromWebPage, details{
			"msgName": "web_recorder_stopped", "code": stopCodes[message], "message": message, "details": "",
			"fileList": fileList(x.files(now), SliceMilliseconds),
		})
		add(x.endedAt, eventSessionExit, fromService, details{"msgName": "session_exit", "exitStatus": exit})
		t.nothingToAdd = !writes
	}
	if t.ended && writes && !t.uploaded && !now.Before(x.uploadedAt) {
		t.uploaded, t.nothingToAdd = true, true
		add(x.uploadedAt, eventProgress, fromUploader, details{"msgName": "uploading_progress", "progress": 10000})
		add(x.uploadedAt, eventUploaded, fromUploader, details{"msgName": "uploaded", "status": 0})
	}
	slices.SortStableFunc(out, func(a, b notice) int { return cmp.Compare(a.payload.SendTS, b.payload.SendTS) })
	for i := range out {
		out[i].payload.Sequence = t.sequence
		t.sequence++
	}
	return out
}

// uploadedShare is how much of what was recorded is uploaded, in ten thousandths: complete slices are.
func (x *session) uploadedShare(now time.Time) int {
	var written time.Duration
	for _, w := range x.spans(now) {
		written += w.to.Sub(w.from)
	}
	if written <= 0 {
		return 0
	}
	return int(10000 * (written / sliceLength * sliceLength) / written)
}

// nextNotice is the next instant at which there may be something to report; false where nothing happens without a
// request.
func (x *session) nextNotice(now time.Time, faults *script) (next time.Time, ok bool) {
	consider := func(at time.Time) {
		if at.After(now) && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	if x.ended() {
		consider(x.uploadedAt)
		return next, ok
	}
	end, _ := x.naturalEnd(faults)
	consider(end)
	consider(x.readyAt)
	if x.push {
		consider(x.publishesAt())
	}
	if from, writes := x.recordingAt(now); writes {
		consider(from.Add(sliceLength))
		consider(x.noticed.progressAt)
	}
	return next, ok
}
