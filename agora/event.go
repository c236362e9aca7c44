package agora

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ProductCloudRecording is the product id of Cloud Recording's notifications. Notifications of other products are
// ignored.
const ProductCloudRecording = 3

// EventType is the kind of a notification.
type EventType int

// The documented kinds. 13 is named once and never described.
const (
	EventError              EventType = 1  // an error of a module: recorder, uploader, service
	EventWarning            EventType = 2  // the same, a warning
	EventStatusUpdate       EventType = 3  // a call did not fit the state
	EventFileInfos          EventType = 4  // the first playlist is written
	EventSessionExit        EventType = 11 // the recording is over
	EventSessionFailover    EventType = 12 // a failover has begun: for a while queries are answered 404
	EventHighAvailability   EventType = 13
	EventUploaderStarted    EventType = 30
	EventUploaded           EventType = 31 // all files are in the bucket
	EventBackuped           EventType = 32 // some files are in the service's own backup, and come to the bucket later
	EventUploadingProgress  EventType = 33 // once a minute
	EventRecorderStarted    EventType = 40 // of other modes, which is inferred: for a page 70 comes
	EventRecorderLeave      EventType = 41 // of modes that join a channel
	EventWebRecorderStarted EventType = 70 // the page is being recorded: it tells since when
	EventWebRecorderStopped EventType = 71 // the recorder has ended, with one of the Stopped codes
	EventCapabilityLimit    EventType = 72 // the page cannot be recorded, and the service stops
	EventWebRecorderReload  EventType = 73 // the page was loaded again
	EventDownloadFailed     EventType = 90
	EventRTMPPublishStatus  EventType = 100 // the push changed its state
)

// Event is a notification. Delivery is not guaranteed, not ordered, and may be repeated: use NoticeID, and SID with
// Sequence, to recognise repetitions. Queries are the reliable source.
type Event struct {
	NoticeID  string // tells a repetition from another notification, which is inferred
	ProductID int    // [ProductCloudRecording]; of another product the rest is empty
	Type      EventType

	Cname       string
	UID         string
	SID         string
	Sequence    int64     // from 0 for each recording
	At          time.Time // when it happened
	ServiceType int       // 0 service, 1 recorder, 2 uploader, 4 extension, 6 web page, 8 download

	// RawDetails is the details object as it came; of an event 100 it holds a stream key: never log it.
	RawDetails json.RawMessage
}

// ErrorDetails are those of event 1.
type ErrorDetails struct {
	Module int    `json:"module"`     // 0 recorder, 1 uploader, 2 service, 6 web page
	Level  int    `json:"errorLevel"` // 1 debug to 5 fatal; on 5 query at once
	Code   int    `json:"errorCode"`
	Stat   int    `json:"stat"` // 0 normal
	Msg    string `json:"errorMsg"`
}

// fatalLevel is the highest level of an error.
const fatalLevel = 5

// Fatal says that the error is of the highest level, on which the recording is to be queried at once.
func (d *ErrorDetails) Fatal() bool { return d.Level >= fatalLevel }

// WarningDetails are those of event 2.
type WarningDetails struct {
	Module int `json:"module"`
	Code   int `json:"warnCode"`
}

// StatusDetails are those of events 3, 30, 31, 32 and 40: a state, or 0 for ok.
type StatusDetails struct {
	Status Status `json:"status"`
}

// FileInfosDetails are those of event 4.
type FileInfosDetails struct {
	Playlist string `json:"fileList"`
}

// SessionExitDetails are those of event 11.
type SessionExitDetails struct {
	ExitStatus int `json:"exitStatus"` // 0 normal, 1 abnormal
}

// SessionFailoverDetails are those of event 12.
type SessionFailoverDetails struct {
	NewUID json.Number `json:"newUid"`
}

// UploadingProgressDetails are those of event 33.
type UploadingProgressDetails struct {
	Progress int `json:"progress"` // 0 to 10000; 10000 after the exit: complete
}

// RecorderLeaveDetails are those of event 41.
type RecorderLeaveDetails struct {
	LeaveCode int `json:"leaveCode"` // bits: 2 signal, 4 no users, 8 ignore, 16 left
}

// WebRecorderStartedDetails are those of event 70.
type WebRecorderStartedDetails struct {
	StartTime int64 `json:"recorderStartTime"` // Unix milliseconds
}

// At is the instant at which the recording began, zero when it was not given.
func (d WebRecorderStartedDetails) At() time.Time { return millis(d.StartTime) }

// WebRecorderStoppedDetails are those of event 71.
type WebRecorderStoppedDetails struct {
	Code    int    `json:"code"`    // one of the Stopped codes
	Message string `json:"message"` // its name; one is printed with a space at its end, which is trimmed
	Details string `json:"details"`
	Files   []File `json:"fileList"`
}

// The codes of event 71. All but the first two advise a new recording; the page is likely to fail again on those of
// capability, page load and access.
const (
	StoppedOK               = 0 // by request
	StoppedMaxRecordingHour = 1 // maxRecordingHour is over
	StoppedCapabilityLimit  = 2 // the page uses what the recorder does not support
	StoppedStartEngine      = 3 // the recorder did not start
	StoppedPageLoadTimeout  = 4 // the page did not call notifyReady in time, twice
	StoppedAccessURL        = 5 // the page's address could not be opened
	StoppedRecorderError    = 6 // any other failure of the recorder
)

// CapabilityLimitDetails are those of event 72: the page cannot be recorded.
type CapabilityLimitDetails struct {
	LimitType string `json:"limitType"` // resolution, WebGL or bandwidth
}

// WebRecorderReloadDetails are those of event 73.
type WebRecorderReloadDetails struct {
	Reason string `json:"reason"` // audio_silence or page_load_timeout
}

// DownloadFailedDetails are those of event 90.
type DownloadFailedDetails struct {
	Vendor int    `json:"vendor"`
	Region int    `json:"region"`
	Bucket string `json:"bucket"`
	Files  string `json:"fileName"` // separated by ;
}

// RTMPPublishDetails are those of event 100. The address holds a stream key: never log it.
type RTMPPublishDetails struct {
	RTMPURL string `json:"rtmpUrl"`
	Status  string `json:"status"` // connecting, publishing, onhold or disconnected
}

// ParseEvent parses the body of a notification; verify its signature first. Unknown members and kinds are kept in
// RawDetails. Of a notification of another product only ProductID is read, since the rest is not documented here.
func ParseEvent(body []byte) (Event, error) {
	var product struct {
		ID json.Number `json:"productId"`
	}
	if len(body) > maxAnswer {
		return Event{}, errors.New("read notification: larger than 1 MiB")
	}
	if err := json.Unmarshal(body, &product); err != nil {
		return Event{}, fmt.Errorf("read notification: %w", shapeError(err))
	}
	if id, err := product.ID.Int64(); err == nil && id != ProductCloudRecording {
		return Event{ProductID: int(id)}, nil
	}
	var raw struct {
		NoticeID string    `json:"noticeId"`
		Product  int       `json:"productId"`
		Type     EventType `json:"eventType"`
		Payload  *struct {
			Cname       string          `json:"cname"`
			UID         json.RawMessage `json:"uid"`
			SID         string          `json:"sid"`
			Sequence    int64           `json:"sequence"`
			SendTS      int64           `json:"sendts"`
			ServiceType int             `json:"serviceType"`
			Details     json.RawMessage `json:"details"`
		} `json:"payload"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return Event{}, fmt.Errorf("read notification: %w", shapeError(err))
	}
	if raw.Payload == nil {
		return Event{}, errors.New("read notification: no payload")
	}
	p := raw.Payload
	return Event{
		NoticeID: raw.NoticeID, ProductID: raw.Product, Type: raw.Type,
		Cname: p.Cname, UID: text(p.UID), SID: p.SID, Sequence: p.Sequence, At: millis(p.SendTS),
		ServiceType: p.ServiceType, RawDetails: p.Details,
	}, nil
}

// Details parses the details by the event's kind: a pointer to one of the Details types, or the raw object of a kind
// that is not documented.
func (e Event) Details() (any, error) {
	var v any
	switch e.Type {
	case EventError:
		v = new(ErrorDetails)
	case EventWarning:
		v = new(WarningDetails)
	case EventStatusUpdate, EventUploaderStarted, EventUploaded, EventBackuped, EventRecorderStarted:
		v = new(StatusDetails)
	case EventFileInfos:
		v = new(FileInfosDetails)
	case EventSessionExit:
		v = new(SessionExitDetails)
	case EventSessionFailover:
		v = new(SessionFailoverDetails)
	case EventUploadingProgress:
		v = new(UploadingProgressDetails)
	case EventRecorderLeave:
		v = new(RecorderLeaveDetails)
	case EventWebRecorderStarted:
		v = new(WebRecorderStartedDetails)
	case EventWebRecorderStopped:
		v = new(WebRecorderStoppedDetails)
	case EventCapabilityLimit:
		v = new(CapabilityLimitDetails)
	case EventWebRecorderReload:
		v = new(WebRecorderReloadDetails)
	case EventDownloadFailed:
		v = new(DownloadFailedDetails)
	case EventRTMPPublishStatus:
		v = new(RTMPPublishDetails)
	default:
		return e.RawDetails, nil
	}
	if len(bytes.TrimSpace(e.RawDetails)) == 0 {
		return nil, fmt.Errorf("event %d: no details", e.Type)
	}
	if err := json.Unmarshal(e.RawDetails, v); err != nil {
		return nil, fmt.Errorf("event %d: details: %w", e.Type, shapeError(err))
	}
	if stopped, ok := v.(*WebRecorderStoppedDetails); ok {
		stopped.Message = strings.TrimSpace(stopped.Message)
	}
	return v, nil
}

// shapeError says what is wrong with a JSON text without quoting it, since it may contain a stream key.
func shapeError(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Errorf("%s is a %s, not of the documented type", wrong.Field, strings.Fields(wrong.Value)[0])
	case errors.As(err, &wrong):
		return errors.New("not a JSON object")
	default:
		return errors.New("not JSON")
	}
}

// millis is a Unix time in milliseconds; zero for none.
func millis(ms int64) time.Time {
	if ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
