package simulator

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"rundown/agora"
)

// job is what a valid start asks for.
type job struct {
	recorder recorderJob
	push     bool
	rtmpURL  string // the CDN address; "" without a push
	prefix   []string
	mp4      bool
}

// recorderJob are the settings of web_recorder_service.
type recorderJob struct {
	url           string
	width, height int           // px
	bitrate       int           // kbit/s, video and audio
	longest       time.Duration // maxRecordingHour
	mp4Every      time.Duration // maxVideoDuration
	onhold        bool
}

const (
	sideMin, sideMax = 240, 1920 // px
	pixelsMax        = 1920 * 1080
	hoursMax         = 720
)

// startRequest checks the clientRequest of start. area is acquire's region, "" for none.
func (o object) startRequest(area string, now time.Time) job {
	o.dropUnlessStrict("appsCollection", "maxIdleTime")
	o.allowOnly("token", "storageConfig", "recordingFileConfig", "extensionServiceConfig", "recordingConfig")
	o.text("token")
	o.object("recordingConfig")
	var j job
	j.prefix = o.requiredObject("storageConfig").storage(area, now)
	files := o.object("recordingFileConfig")
	if o.strict && !o.has("recordingFileConfig") {
		o.missing("recordingFileConfig")
	}
	files.allowOnly("avFileType")
	j.mp4 = files.fileTypes()
	o.requiredObject("extensionServiceConfig").services(&j)
	return j
}

// fileTypes says whether MP4 is requested beside HLS.
func (o object) fileTypes() (mp4 bool) {
	types := o.texts("avFileType")
	if !o.has("avFileType") {
		return false
	}
	slices.Sort(types)
	switch {
	case slices.Equal(types, []string{"hls"}):
		return false
	case slices.Equal(types, []string{"hls", "mp4"}):
		return true
	}
	o.bad("avFileType", `must be ["hls"] or ["hls","mp4"]`)
	return false
}

// services checks the extension services: one recorder, and at most one push.
func (o object) services(j *job) {
	o.dropUnlessStrict("apiVersion")
	o.allowOnly("errorHandlePolicy", "extensionServices")
	o.oneOf("errorHandlePolicy", agora.PolicyAbort)
	recorders := 0
	for _, service := range o.objects("extensionServices") {
		service.allowOnly("serviceName", "errorHandlePolicy", "serviceParam")
		switch name := service.requiredText("serviceName"); name {
		case agora.ServiceWebRecorder:
			recorders++
			service.oneOf("errorHandlePolicy", agora.PolicyAbort)
			j.recorder = service.requiredObject("serviceParam").recorder()
		case agora.ServiceRTMPPublish:
			if j.push {
				o.bad("extensionServices", "only one %s", name)
			}
			j.push = true
			service.oneOf("errorHandlePolicy", agora.PolicyIgnore)
			param := service.requiredObject("serviceParam")
			param.allowOnly("outputs")
			j.rtmpURL = param.outputs()
		default:
			service.bad("serviceName", "must be %s or %s", agora.ServiceWebRecorder, agora.ServiceRTMPPublish)
		}
	}
	if recorders != 1 {
		o.bad("extensionServices", "must hold exactly one %s", agora.ServiceWebRecorder)
	}
}

// recorder checks the parameters of web_recorder_service.
func (o object) recorder() recorderJob {
	o.allowOnly("url", "audioProfile", "videoWidth", "videoHeight", "maxRecordingHour", "videoBitrate", "videoFps",
		"mobile", "maxVideoDuration", "onhold", "readyTimeout")
	j := recorderJob{url: o.requiredText("url")}
	if u, err := url.Parse(j.url); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		o.bad("url", "must be an http or https address")
	}
	audio := [...]int{48, 128, 192}[o.requiredInteger("audioProfile", 0, 2)]
	j.width = o.requiredInteger("videoWidth", sideMin, sideMax)
	j.height = o.requiredInteger("videoHeight", sideMin, sideMax)
	if j.width*j.height > pixelsMax {
		o.bad("videoWidth", "times videoHeight is more than %d pixels", pixelsMax)
	}
	j.longest = time.Duration(o.requiredInteger("maxRecordingHour", 1, hoursMax)) * time.Hour
	video := 1500
	if j.width*j.height >= 1280*720 {
		video = 2000
	}
	j.bitrate = audio + o.integer("videoBitrate", 1, math.MaxInt32, video)
	o.integer("videoFps", 5, 60, 15)
	o.boolean("mobile")
	j.mp4Every = time.Duration(o.integer("maxVideoDuration", 30, 240, 120)) * time.Minute
	j.onhold = o.boolean("onhold")
	o.integer("readyTimeout", 0, 60, 0)
	return j
}

// outputs checks and returns the one CDN address of a push.
func (o object) outputs() string {
	list := o.objects("outputs")
	if len(list) != 1 {
		o.bad("outputs", "must hold exactly one output")
		return ""
	}
	list[0].allowOnly("rtmpUrl")
	address := list[0].requiredText("rtmpUrl")
	rest, ok := strings.CutPrefix(address, "rtmp://")
	if !ok {
		rest, ok = strings.CutPrefix(address, "rtmps://")
	}
	if !ok || rest == "" || rest[0] == '/' {
		list[0].bad("rtmpUrl", "must be an rtmp:// or rtmps:// address")
	}
	return address
}
