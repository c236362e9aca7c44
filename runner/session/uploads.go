package session

import (
	"fmt"

	"rundown/agora"
)

// uploadFailed is the upload status of a session whose upload the service reported to fail. The other values are the
// service's own, but for [uploadPending].
const uploadFailed = "failed"

// uploadPending is the upload status of a session whose stop was answered before its upload was done.
const uploadPending = "pending"

// uploadError takes in a notification that the upload fails. It is not told of twice.
//
// What the service says of the upload later does not take it back: whether an answer to stop means that files are in the
// bucket after such an error is not documented, and a person who looks in vain loses less than a class.
func (d *Decision) uploadError(x *Session, n Notice) {
	text := fmt.Sprintf("session %d: upload error %d at %s: %s; there may be nothing in the bucket", x.Attempt, n.Code, d.Clock(n.At), n.Upload)
	x.UploadStatus = uploadFailed
	if x.UploadError != "" {
		return
	}
	x.UploadError = text
	d.amendReason(text)
}

// uploaded takes in that the service reports the upload of a session as it says.
func (d *Decision) uploaded(x *Session, status string) {
	switch {
	case x.UploadStatus == uploadFailed:
		if status == agora.UploadComplete && !x.UploadedLate {
			x.UploadedLate = true
			d.amendReason(x.uploadedLate())
		}
	case x.UploadStatus != agora.UploadComplete: // the notification and the answer to stop come in any order
		x.UploadStatus = status
	}
}

// uploadedLate says that the service reported the upload as complete after an error.
func (x *Session) uploadedLate() string {
	return fmt.Sprintf("session %d: the service reported the upload as complete after the error; check the bucket", x.Attempt)
}

// uploadProblems are what an outcome's reason tells of the upload.
func (x *Session) uploadProblems() (out []string) {
	if x.UploadError != "" {
		out = append(out, x.UploadError)
	}
	if x.UploadedLate {
		out = append(out, x.uploadedLate())
	}
	return out
}

// amendReason adds to the reason of an outcome that a class has already.
func (d *Decision) amendReason(text string) {
	if d.S.Phase == Ended && d.S.Outcome != "" {
		d.S.Reason += "; " + text
	}
}
