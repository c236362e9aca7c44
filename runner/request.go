package runner

import (
	"fmt"
	"time"

	"rundown/agora"
	"rundown/plan"
)

// Reveal turns a text of the plan into what is sent. A dry run passes one that masks.
type Reveal func(plan.Text) (string, error)

// AcquireRequest is the acquire of a session. What the plan does not set is not sent.
func AcquireRequest(o *plan.Occurrence, cname, uid string, expireHour int) agora.AcquireRequest {
	return agora.AcquireRequest{Cname: cname, UID: uid, ClientRequest: agora.AcquireClientRequest{
		Scene:               1,
		ResourceExpiredHour: expireHour,
		Region:              o.Settings.Region,
	}}
}

// StartRequest is the start of a session. What the plan does not set is not sent, but for the policies, which have
// one value each, and recordingFileConfig, which the documentation asks to send always.
func StartRequest(o *plan.Occurrence, cname, uid string, maxHour int, reveal Reveal) (agora.StartRequest, error) {
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
		MaxRecordingHour: maxHour,
	}
	if set.ReadyTimeout != nil {
		seconds := int(*set.ReadyTimeout / time.Second)
		recorder.ReadyTimeout = &seconds
	}
	if set.ExactStart {
		held := true
		recorder.OnHold = &held
	}
	files := []string{"hls"}
	if set.MP4.Enabled {
		files = append(files, "mp4")
		recorder.MaxVideoDuration = int(set.MP4.Split / time.Minute)
	}
	services := []agora.ExtensionService{{Name: agora.ServiceWebRecorder, ErrorHandlePolicy: agora.PolicyAbort, Recorder: recorder}}
	if set.CDN != nil {
		push, err := publisher(set.CDN, reveal)
		if err != nil {
			return agora.StartRequest{}, err
		}
		services = append(services, agora.ExtensionService{Name: agora.ServiceRTMPPublish, ErrorHandlePolicy: agora.PolicyIgnore, Publisher: push})
	}
	storage, err := storageConfig(o, reveal)
	if err != nil {
		return agora.StartRequest{}, err
	}
	return agora.StartRequest{Cname: cname, UID: uid, ClientRequest: agora.StartClientRequest{
		ExtensionServiceConfig: agora.ExtensionServiceConfig{ErrorHandlePolicy: agora.PolicyAbort, ExtensionServices: services},
		RecordingFileConfig:    agora.RecordingFileConfig{AVFileType: files},
		StorageConfig:          storage,
	}}, nil
}

// PushRequest is the update that moves a push to the occurrence's CDN target.
func PushRequest(o *plan.Occurrence, cname, uid string, reveal Reveal) (agora.UpdateRequest, error) {
	push, err := publisher(o.Settings.CDN, reveal)
	if err != nil {
		return agora.UpdateRequest{}, err
	}
	return agora.UpdateRequest{Cname: cname, UID: uid, ClientRequest: agora.UpdateClientRequest{RTMPPublishConfig: push}}, nil
}

// StopRequest is the stop of a session. It waits for the upload, since its answer then tells of the files.
func StopRequest(cname, uid string) agora.StopRequest {
	return agora.StopRequest{Cname: cname, UID: uid}
}

func publisher(cdn *plan.CDN, reveal Reveal) (*agora.PublisherParam, error) {
	address, err := reveal(cdn.URL)
	if err != nil {
		return nil, fmt.Errorf("cdn %s: %w", cdn.Name, err)
	}
	return &agora.PublisherParam{Outputs: []agora.Output{{RTMPURL: address}}}, nil
}

func storageConfig(o *plan.Occurrence, reveal Reveal) (agora.StorageConfig, error) {
	store := o.Settings.Storage
	access, err := reveal(store.AccessKey)
	if err != nil {
		return agora.StorageConfig{}, fmt.Errorf("storage %s: access_key: %w", store.Name, err)
	}
	secret, err := reveal(store.SecretKey)
	if err != nil {
		return agora.StorageConfig{}, fmt.Errorf("storage %s: secret_key: %w", store.Name, err)
	}
	cfg := agora.StorageConfig{
		Vendor: store.Vendor.Number, Region: store.Region.Number, Bucket: store.Bucket,
		AccessKey: access, SecretKey: secret, FileNamePrefix: o.Prefix,
	}
	if store.SSE != "" || store.Tag != "" || store.Endpoint != "" {
		cfg.ExtensionParams = &agora.ExtensionParams{SSE: store.SSE, Tag: store.Tag, Endpoint: store.Endpoint}
	}
	return cfg, nil
}
