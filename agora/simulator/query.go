package simulator

import (
	"net/http"
	"time"

	"rundown/agora"
)

// stateAnswer is the answer to query, and to stop. The bodies are written here anew, and not taken from package agora: a member that both
// misspelt would be found by no test.
type stateAnswer struct {
	identityAnswer
	ServerResponse serverResponse `json:"serverResponse"`
}

type serverResponse struct {
	Status   *agora.Status  `json:"status,omitempty"` // of query only
	Services []serviceState `json:"extensionServiceState"`
}

type serviceState struct {
	Name    string `json:"serviceName"`
	Payload any    `json:"payload"`
}

type recorderPayload struct {
	State    string       `json:"state"`
	OnHold   bool         `json:"onhold"`
	FileList []fileAnswer `json:"fileList"`
}

type fileAnswer struct {
	Filename       string `json:"filename"`
	SliceStartTime int64  `json:"sliceStartTime"`
}

type pushPayload struct {
	State   string       `json:"state"`
	Outputs []pushOutput `json:"outputs"`
}

type pushOutput struct {
	RTMPURL string `json:"rtmpUrl"`
	Status  string `json:"status"`
}

type uploadPayload struct {
	UploadingStatus string `json:"uploadingStatus"`
}

// liveSession finds the session that query, update and stop name; nil where the service does not know it: the ids do
// not belong together, resourceExpiredHour has passed, or a fault makes it 404.
func (s *Simulator) liveSession(c *call) *session {
	x := s.bySID[c.route.sid]
	if x == nil || x.app != c.route.app || x.resourceID != c.route.resourceID {
		return nil
	}
	s.endIfDue(x, c.now)
	if !c.now.Before(x.refusedFrom) || s.script.gone(x, c.now) {
		return nil
	}
	return x
}

// notFound is the answer about a session that the service does not know.
func notFound() reply {
	return refusal(http.StatusNotFound, codeNotFound, "failed to find worker")
}

// query answers with the state of a session.
func (s *Simulator) query(c *call) reply {
	x := s.liveSession(c)
	if x == nil || !x.visible(c.now) {
		return notFound()
	}
	status := x.status(c.now)
	services := []serviceState{s.recorderState(x, c.now)}
	if x.push {
		services = append(services, serviceState{agora.ServiceRTMPPublish, pushPayload{
			State:   x.state(c.now),
			Outputs: []pushOutput{{x.rtmpURL, x.pushStatus(c.now)}},
		}})
	}
	return success(stateAnswer{x.identity(), serverResponse{&status, services}})
}

func (s *Simulator) recorderState(x *session, now time.Time) serviceState {
	return serviceState{agora.ServiceWebRecorder, recorderPayload{
		State: x.state(now), OnHold: x.onhold(), FileList: fileList(x.files(now), s.cfg.SliceTimes),
	}}
}

// fileList lists files with their times in a unit.
func fileList(files []file, unit string) []fileAnswer {
	out := []fileAnswer{}
	for _, f := range files {
		at := f.from.UnixMilli()
		if unit == SliceSeconds {
			at = f.from.Unix()
		}
		out = append(out, fileAnswer{f.name, at})
	}
	return out
}
