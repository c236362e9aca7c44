package agora

import (
	"encoding/json"
	"fmt"
	"time"

	"rundown/agora/catalog"
)

// AcquireRequest is the body of acquire. Ranges and defaults in this file are those of the catalogue: acquire and start have a
// restriction for nearly every member. Nothing here checks them: plans are checked before, and the service refuses with code 2.
type AcquireRequest struct {
	Cname         string               `json:"cname"` // label of the recording, at most 1024 bytes
	UID           string               `json:"uid"`   // "1" to "4294967295", an integer in quotes
	ClientRequest AcquireClientRequest `json:"clientRequest"`
}

// AcquireClientRequest holds the settings of acquire.
type AcquireClientRequest struct {
	Scene               int                 `json:"scene"`                         // always 1 for web page recording
	ResourceExpiredHour int                 `json:"resourceExpiredHour,omitempty"` // hours from the sid in which query, update and stop work; 1 to 720, absent: 72
	Region              catalog.Region      `json:"region,omitempty"`              // hard fence for the recording servers; absent: near the caller
	RegionAffinity      int                 `json:"regionAffinity,omitempty"`      // area to be preferred, see [catalog.Area]; absent: near the caller
	ExcludeResourceIDs  []string            `json:"excludeResourceIds,omitempty"`  // place the task away from these
	StartParameter      *StartClientRequest `json:"startParameter,omitempty"`      // must equal what start sends
}

// StartRequest is the body of start.
type StartRequest struct {
	Cname         string             `json:"cname"`
	UID           string             `json:"uid"`
	ClientRequest StartClientRequest `json:"clientRequest"`
}

// StartClientRequest holds the settings of start. There is no token: it is for the other modes.
type StartClientRequest struct {
	ExtensionServiceConfig ExtensionServiceConfig `json:"extensionServiceConfig"`
	RecordingFileConfig    RecordingFileConfig    `json:"recordingFileConfig"`
	StorageConfig          StorageConfig          `json:"storageConfig"`
}

// RecordingFileConfig names the kinds of files to write.
type RecordingFileConfig struct {
	AVFileType []string `json:"avFileType"` // ["hls"] or ["hls","mp4"]
}

// ExtensionServiceConfig lists the services of a web page recording: the recorder and, for a push, the publisher.
type ExtensionServiceConfig struct {
	ErrorHandlePolicy string             `json:"errorHandlePolicy"` // only error_abort
	ExtensionServices []ExtensionService `json:"extensionServices"`
}

// Names and policies of the extension services.
const (
	ServiceWebRecorder = "web_recorder_service"
	ServiceRTMPPublish = "rtmp_publish_service"
	ServiceUpload      = "upload_service"

	PolicyAbort  = "error_abort"  // the only policy of the recorder and of the whole
	PolicyIgnore = "error_ignore" // the only policy of the push
)

// ExtensionService is one service; exactly one of Recorder and Publisher is set, in accordance with Name.
type ExtensionService struct {
	Name              string
	ErrorHandlePolicy string
	Recorder          *RecorderParam
	Publisher         *PublisherParam
}

// extensionServiceJSON is the documented form of an [ExtensionService].
type extensionServiceJSON struct {
	Name              string          `json:"serviceName"`
	ErrorHandlePolicy string          `json:"errorHandlePolicy,omitempty"`
	Param             json.RawMessage `json:"serviceParam"`
}

// MarshalJSON writes the service with its parameters under serviceParam.
func (s ExtensionService) MarshalJSON() ([]byte, error) {
	var param any = s.Recorder
	if s.Publisher != nil {
		param = s.Publisher
	}
	raw, err := json.Marshal(param)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", s.Name, err)
	}
	return json.Marshal(extensionServiceJSON{s.Name, s.ErrorHandlePolicy, raw})
}

// UnmarshalJSON reads serviceParam by the service's name.
func (s *ExtensionService) UnmarshalJSON(data []byte) error {
	var raw extensionServiceJSON
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*s = ExtensionService{Name: raw.Name, ErrorHandlePolicy: raw.ErrorHandlePolicy}
	if len(raw.Param) == 0 {
		return nil
	}
	if raw.Name == ServiceRTMPPublish {
		s.Publisher = new(PublisherParam)
		return json.Unmarshal(raw.Param, s.Publisher)
	}
	s.Recorder = new(RecorderParam)
	return json.Unmarshal(raw.Param, s.Recorder)
}

// RecorderParam are the parameters of web_recorder_service. What is nil or zero and optional is not sent.
type RecorderParam struct {
	URL              string `json:"url"`                        // of the page, which the recording servers must reach; it may hold a token: never log it
	AudioProfile     int    `json:"audioProfile"`               // 0: 48 kHz mono 48 kbit/s; 1: mono 128; 2: stereo 192
	VideoWidth       int    `json:"videoWidth"`                 // px, 240 to 1920; width × height at most 1920 × 1080
	VideoHeight      int    `json:"videoHeight"`                // px, 240 to 1920
	MaxRecordingHour int    `json:"maxRecordingHour"`           // hours, 1 to 720; the recording ends by itself after it
	VideoBitrate     int    `json:"videoBitrate,omitempty"`     // kbit/s, 50 to 8000; absent: 2000 from 1280 × 720 up, 1500 below
	VideoFPS         int    `json:"videoFps,omitempty"`         // frames a second, 5 to 60; absent: 15
	Mobile           *bool  `json:"mobile,omitempty"`           // rendered as on a phone; absent: no
	MaxVideoDuration int    `json:"maxVideoDuration,omitempty"` // minutes an MP4 file, 30 to 240; absent: 120
	OnHold           *bool  `json:"onhold,omitempty"`           // opened, but nothing is written until an update; absent: no
	ReadyTimeout     *int   `json:"readyTimeout,omitempty"`     // seconds for the page to call notifyReady, 0 to 60; 0 and absent: not awaited
}

// PublisherParam are the parameters of rtmp_publish_service.
type PublisherParam struct {
	Outputs []Output `json:"outputs"` // exactly one
}

// Output is a CDN ingest address. The address holds a stream key: never log it.
type Output struct {
	RTMPURL string `json:"rtmpUrl"`
}

// StorageConfig names the bucket and carries its credentials: never log it.
type StorageConfig struct {
	Vendor          int              `json:"vendor"`                   // [catalog.Vendor].Number
	Region          int              `json:"region"`                   // [catalog.StorageRegion].Number, of that vendor
	Bucket          string           `json:"bucket"`                   // its name, by the vendor's rules
	AccessKey       string           `json:"accessKey"`                // one that may only write is enough
	SecretKey       string           `json:"secretKey"`                // wrong ones end the recording, without a copy in the service's backup
	STSToken        string           `json:"stsToken,omitempty"`       // of temporary keys; Amazon S3, Alibaba Cloud and Tencent Cloud only
	STSExpiration   uint64           `json:"stsExpiration,omitempty"`  // Unix seconds, at least four hours ahead
	FileNamePrefix  []string         `json:"fileNamePrefix,omitempty"` // each a-z A-Z 0-9; joined with slashes at most 128 characters
	ExtensionParams *ExtensionParams `json:"extensionParams,omitempty"`
}

// ExtensionParams are vendor specific; only what fits the vendor is sent.
type ExtensionParams struct {
	SSE      string `json:"sse,omitempty"`      // kms or aes256, Amazon S3 only
	Tag      string `json:"tag,omitempty"`      // Amazon S3 and Alibaba Cloud only
	Endpoint string `json:"endpoint,omitempty"` // host name, S3-compatible only and required there
}

// UpdateRequest is the body of update. Cname and UID are those of acquire, in the body of stop too.
type UpdateRequest struct {
	Cname         string              `json:"cname"`
	UID           string              `json:"uid"`
	ClientRequest UpdateClientRequest `json:"clientRequest"`
}

// UpdateClientRequest holds what changes; at least one member is set.
type UpdateClientRequest struct {
	WebRecordingConfig *WebRecordingConfig `json:"webRecordingConfig,omitempty"`
	RTMPPublishConfig  *PublisherParam     `json:"rtmpPublishConfig,omitempty"` // only when push was configured at start
	StorageConfig      *StorageConfig      `json:"storageConfig,omitempty"`     // the whole block again, to renew credentials
}

// WebRecordingConfig pauses or resumes. OnHold is always sent: the service's default is false, which resumes.
type WebRecordingConfig struct {
	OnHold bool `json:"onhold"`
}

// StopRequest is the body of stop.
type StopRequest struct {
	Cname         string            `json:"cname"`
	UID           string            `json:"uid"`
	ClientRequest StopClientRequest `json:"clientRequest"`
}

// StopClientRequest says whether to wait for the upload.
type StopClientRequest struct {
	// AsyncStop false: the answer comes after the upload of all files, expected within 20 seconds. Always sent.
	AsyncStop bool `json:"async_stop"`
}

// Meta is what is known of an exchange beside its body.
type Meta struct {
	RequestID string        // X-Request-Id, "" when the service sent none
	Date      time.Time     // the service's Date header, zero when absent
	Took      time.Duration // from the sending of the request that was answered to the end of its answer
}

// AcquireResponse answers acquire. The resource id records nothing by itself; it serves one start, within five minutes.
type AcquireResponse struct {
	Cname      string `json:"cname"`
	UID        string `json:"uid"`
	ResourceID string `json:"resourceId"`
	Meta       Meta   `json:"-"`
}

// StartResponse answers start. A 200 says that the request was accepted, not that anything is being recorded. Without resource id,
// SID, Cname and UID together a recording cannot be stopped: store them first.
type StartResponse struct {
	Cname      string `json:"cname"`
	UID        string `json:"uid"`
	ResourceID string `json:"resourceId"`
	SID        string `json:"sid"`
	Meta       Meta   `json:"-"`
}

// UpdateResponse answers update.
type UpdateResponse = StartResponse

// Status is the state of a recording as query reports it.
type Status int

// The states of a recording. One that is held may stay ready for as long as it is held, which is inferred.
const (
	StatusNotStarted   Status = 0
	StatusInitialised  Status = 1
	StatusStarting     Status = 2  // components start
	StatusPartlyReady  Status = 3  // some components are ready
	StatusReady        Status = 4  // running
	StatusInProgress   Status = 5  // running
	StatusStopping     Status = 6  // a stop was asked for
	StatusStopped      Status = 7  // all components are stopped
	StatusExited       Status = 8  // it has ended
	StatusExitedFaulty Status = 20 // it has ended by a fault
)

// Running says whether the status means that the page is being recorded (or held).
func (s Status) Running() bool { return s == StatusReady || s == StatusInProgress }

// Over says whether the status means that the recording is ending or has ended.
func (s Status) Over() bool { return s >= StatusStopping }

// QueryResponse answers query.
type QueryResponse struct {
	Cname          string         `json:"cname"`
	UID            string         `json:"uid"`
	ResourceID     string         `json:"resourceId"`
	SID            string         `json:"sid"`
	ServerResponse ServerResponse `json:"serverResponse"`
	Meta           Meta           `json:"-"`
}

// StopResponse answers stop.
type StopResponse = QueryResponse

// ServerResponse is the recording's state. Status is meaningful in answers to query only.
type ServerResponse struct {
	Status   Status         `json:"status"`
	Services []ServiceState `json:"extensionServiceState"`
}

// The states that services report and that callers tell apart.
const (
	RecorderExited   = "exit"
	UploadComplete   = "uploaded"
	UploadBackup     = "backuped" // in the service's own backup; it is uploaded later
	PushConnecting   = "connecting"
	PushDisconnected = "disconnected"
)

// ServiceState is one service's state; the order of services is not promised.
type ServiceState struct {
	ServiceName string
	Payload     ServicePayload
}

// ServicePayload is the union of what the services report.
type ServicePayload struct {
	State           string        `json:"state,omitempty"`           // init, inProgress, exit
	OnHold          *bool         `json:"onhold,omitempty"`          // recorder only
	FileList        []File        `json:"fileList,omitempty"`        // recorder only; empty until the first slice
	Outputs         []OutputState `json:"outputs,omitempty"`         // push only
	UploadingStatus string        `json:"uploadingStatus,omitempty"` // upload service, in answers to stop: uploaded, backuped, unknown (also spelt unknow)
}

// OutputState is the state of a CDN push: connecting, publishing, onhold or disconnected. The service gives the address of the push
// beside it, which holds the stream key. It is not read, so no answer can carry it further.
type OutputState struct {
	Status string `json:"status"`
}

// File is a recorded playlist. Whether its name includes the prefix is not documented. SliceStartTime comes in seconds or
// milliseconds; use [File.Start].
type File struct {
	Filename       string `json:"filename"`
	SliceStartTime int64  `json:"sliceStartTime"`
}

// Start is the instant at which the file's first slice begins; zero when the service gave none. Editions give
// seconds or milliseconds: a value from 10^11 on is taken for milliseconds.
func (f File) Start() time.Time {
	switch {
	case f.SliceStartTime <= 0:
		return time.Time{}
	case f.SliceStartTime >= 1e11:
		return time.UnixMilli(f.SliceStartTime).UTC()
	default:
		return time.Unix(f.SliceStartTime, 0).UTC()
	}
}

// serviceStateJSON is the documented form of a [ServiceState].
type serviceStateJSON struct {
	ServiceName string          `json:"serviceName"`
	Payload     *ServicePayload `json:"payload,omitempty"`
	Playload    *ServicePayload `json:"playload,omitempty"` // an older reference's spelling
}

// MarshalJSON writes the service state as documented today.
func (s ServiceState) MarshalJSON() ([]byte, error) {
	return json.Marshal(serviceStateJSON{ServiceName: s.ServiceName, Payload: &s.Payload})
}

// UnmarshalJSON accepts both documented spellings of payload.
func (s *ServiceState) UnmarshalJSON(data []byte) error {
	var raw serviceStateJSON
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*s = raw.state()
	return nil
}

// state converts either spelling.
func (raw serviceStateJSON) state() ServiceState {
	s := ServiceState{ServiceName: raw.ServiceName}
	switch {
	case raw.Payload != nil:
		s.Payload = *raw.Payload
	case raw.Playload != nil:
		s.Payload = *raw.Playload
	}
	return s
}

// Service returns the state of the named service.
func (r ServerResponse) Service(name string) (ServicePayload, bool) {
	for _, s := range r.Services {
		if s.ServiceName == name {
			return s.Payload, true
		}
	}
	return ServicePayload{}, false
}
