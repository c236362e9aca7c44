package simulator

import "time"

// change is what a valid update asks for.
type change struct {
	hold    *bool
	rtmpURL *string
	// New storage credentials are checked and forgotten: nothing is uploaded.
}

// updateRequest checks the clientRequest of update.
func (o object) updateRequest(x *session, now time.Time) change {
	o.allowOnly("webRecordingConfig", "rtmpPublishConfig", "storageConfig")
	var c change
	if o.has("webRecordingConfig") {
		config := o.object("webRecordingConfig")
		config.allowOnly("onhold")
		// Absent means the default, false: such an update resumes.
		hold := config.boolean("onhold")
		c.hold = &hold
	}
	if o.has("rtmpPublishConfig") {
		if !x.push {
			o.bad("rtmpPublishConfig", "the recording was started without rtmp_publish_service")
		}
		config := o.object("rtmpPublishConfig")
		config.allowOnly("outputs")
		address := config.outputs()
		c.rtmpURL = &address
	}
	if o.has("storageConfig") {
		o.object("storageConfig").storage(x.region, now)
	}
	return c
}
