package runner

import (
	"errors"
	"fmt"
	"time"

	"rundown/agora"
	"rundown/plan"
	"rundown/runner/session"
)

// Reveal turns a text of the plan into what is sent. A dry run passes one that masks.
type Reveal func(plan.Text) (string, error)

// AcquireRequest is the acquire of a session, which is to be placed apart from the resources of others. What the plan
// does not set is not sent.
func AcquireRequest(o *plan.Occurrence, x session.Session, apartFrom ...string) agora.AcquireRequest {
	return agora.AcquireRequest{Cname: x.Cname, UID: x.UID, ClientRequest: agora.AcquireClientRequest{
		Scene:               1,
		ResourceExpiredHour: x.ExpireHour,
		Region:              o.Settings.Region,
		RegionAffinity:      x.Near.Affinity(),
		ExcludeResourceIDs:  apartFrom,
	}}
}

// StartRequest is the start of a session. It alone sends the page, the video format and the hours, so a change of these in the plan
// reaches no session that runs. What the plan does not set is not sent, but for the policies, which have
// one value each, and recordingFileConfig, which the documentation asks to send always. The session says whether it
// begins on hold and whether it pushes; push is the address for that.
func StartRequest(o *plan.Occurrence, x session.Session, push plan.Text, keys Keys, reveal Reveal) (agora.StartRequest, error) {
	set := &o.Settings
	page, err := reveal(o.URL)
	if err != nil {
		return agora.StartRequest{}, fmt.Errorf("url: %w", err)
	}
	recorder := &agora.RecorderParam{
		URL:              page,
		AudioProfile:     set.AudioProfile,
		VideoWidth:       set.Video.Width,
		VideoHeight:      set.Video.Height,
		VideoFPS:         set.Video.FPS,
		VideoBitrate:     set.Video.Bitrate,
		Mobile:           set.Mobile,
		MaxRecordingHour: x.MaxHour,
	}
	if set.ReadyTimeout != nil {
		seconds := int(*set.ReadyTimeout / time.Second)
		recorder.ReadyTimeout = &seconds
	}
	if x.Held {
		held := true
		recorder.OnHold = &held
	}
	files := []string{"hls"}
	if set.MP4.Enabled {
		files = append(files, "mp4")
		recorder.MaxVideoDuration = int(set.MP4.Split / time.Minute)
	}
	services := []agora.ExtensionService{{Name: agora.ServiceWebRecorder, ErrorHandlePolicy: agora.PolicyAbort, Recorder: recorder}}
	if !push.IsZero() {
		publisher, err := publisher(set.CDN, push, reveal)
		if err != nil {
			return agora.StartRequest{}, err
		}
		services = append(services, agora.ExtensionService{Name: agora.ServiceRTMPPublish, ErrorHandlePolicy: agora.PolicyIgnore, Publisher: publisher})
	}
	return agora.StartRequest{Cname: x.Cname, UID: x.UID, ClientRequest: agora.StartClientRequest{
		ExtensionServiceConfig: agora.ExtensionServiceConfig{ErrorHandlePolicy: agora.PolicyAbort, ExtensionServices: services},
		RecordingFileConfig:    agora.RecordingFileConfig{AVFileType: files},
		StorageConfig:          storageConfig(o, keys),
	}}, nil
}

// pushAddress is the address that a session pushes to; zero for none.
func pushAddress(o *plan.Occurrence, s *session.State, replica int) plan.Text {
	switch want := s.Push(replica); {
	case o.Settings.CDN == nil || want == "":
		return plan.Text{}
	case want == s.Fallback:
		return o.Settings.CDN.Fallback
	default:
		return o.Settings.CDN.URL
	}
}

// ResumeRequest is the update that ends a session's hold.
func ResumeRequest(x session.Session) agora.UpdateRequest {
	return agora.UpdateRequest{Cname: x.Cname, UID: x.UID, ClientRequest: agora.UpdateClientRequest{
		WebRecordingConfig: &agora.WebRecordingConfig{OnHold: false},
	}}
}

// PushRequest is the update that moves a session's push to another address.
func PushRequest(o *plan.Occurrence, x session.Session, push plan.Text, reveal Reveal) (agora.UpdateRequest, error) {
	publisher, err := publisher(o.Settings.CDN, push, reveal)
	if err != nil {
		return agora.UpdateRequest{}, err
	}
	return agora.UpdateRequest{Cname: x.Cname, UID: x.UID, ClientRequest: agora.UpdateClientRequest{RTMPPublishConfig: publisher}}, nil
}

// KeysRequest is the update that renews a session's storage credentials. The service wants the whole block again.
func KeysRequest(o *plan.Occurrence, x session.Session, keys Keys) agora.UpdateRequest {
	storage := storageConfig(o, keys)
	return agora.UpdateRequest{Cname: x.Cname, UID: x.UID, ClientRequest: agora.UpdateClientRequest{StorageConfig: &storage}}
}

// StopRequest is the stop of a session. AsyncStop stays false: the service then answers after the upload, and names the files.
func StopRequest(cname, uid string) agora.StopRequest {
	return agora.StopRequest{Cname: cname, UID: uid}
}

// publisher names the one address of a push. The plan may have dropped the CDN since the session was begun with it.
func publisher(cdn *plan.CDN, address plan.Text, reveal Reveal) (*agora.PublisherParam, error) {
	if cdn == nil || address.IsZero() {
		return nil, errors.New("the plan no longer holds the CDN target")
	}
	revealed, err := reveal(address)
	if err != nil {
		return nil, fmt.Errorf("cdn %s: %w", cdn.Name, err)
	}
	return &agora.PublisherParam{Outputs: []agora.Output{{RTMPURL: revealed}}}, nil
}

// storageConfig is the whole block, as start and update want it.
func storageConfig(o *plan.Occurrence, keys Keys) agora.StorageConfig {
	store := o.Settings.Storage
	cfg := agora.StorageConfig{
		Vendor: store.Vendor.Number, Region: store.Region.Number, Bucket: store.Bucket,
		AccessKey: keys.access, SecretKey: keys.secret, STSToken: keys.token, FileNamePrefix: o.Prefix,
	}
	if !keys.Until.IsZero() {
		cfg.STSExpiration = uint64(keys.Until.Unix())
	}
	if store.SSE != "" || store.Tag != "" || store.Endpoint != "" {
		cfg.ExtensionParams = &agora.ExtensionParams{SSE: store.SSE, Tag: store.Tag, Endpoint: store.Endpoint}
	}
	return cfg
}
