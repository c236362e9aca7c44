package simulator

import (
	"net/http"
	"time"

	"rundown/agora"
)

// uploadWait is how long a synchronous stop waits for the upload before it answers code 50.
const uploadWait = 20 * time.Second

// stop ends a session immediately; the answer of a synchronous stop waits for the upload.
func (s *Simulator) stop(c *call, body object) reply {
	x, refused := s.sessionOf(c, body)
	if refused != nil {
		return *refused
	}
	settings := body.requiredObject("clientRequest")
	settings.allowOnly("async_stop")
	async := settings.boolean("async_stop")
	switch {
	case body.failed():
		return body.refusal()
	case x.leaving(c.now):
		return refusal(http.StatusBadRequest, codeInvalidOp, "invalid operation")
	case x.ended():
		return notFound()
	}
	s.end(x, c.now, reasonStop)
	if len(x.spans(c.now)) == 0 {
		x.uploadedAt = c.now // there is nothing to upload
		return refusal(http.StatusPartialContent, codeNoData, "no recorded data")
	}
	if !async && s.cfg.UploadDelay > uploadWait {
		answer := refusal(http.StatusPartialContent, codeUploadTimeout, "upload timeout")
		answer.after = uploadWait
		return answer
	}
	upload, after := uploadPayload{"uploaded"}, s.cfg.UploadDelay
	if async {
		upload, after = uploadPayload{"unknown"}, 0
	}
	answer := success(stateAnswer{x.identity(), serverResponse{nil, []serviceState{{agora.ServiceUpload, upload}, s.recorderState(x, c.now)}}})
	answer.after = after
	return answer
}
