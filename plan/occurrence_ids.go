package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"strconv"
	"time"
)

// UIDs gives the two uids between which the sessions of a replica alternate, the first one first. Replicas count from 0; a redundant
// recording has several. The uids depend on the occurrence's id alone, so that another process finds the same ones. They lie between
// 1 and 4294967295 (restriction uid-range), and replicas of one occurrence have different ones.
func (o *Occurrence) UIDs(replica int) [2]string {
	sum := sha256.Sum256([]byte(o.ID))
	base := binary.BigEndian.Uint64(sum[:8]) % math.MaxUint32
	var uids [2]string
	for i := range uids {
		uids[i] = strconv.FormatUint(LegalUID(base+uint64(2*max(replica, 0)+i)), 10)
	}
	return uids
}

// LegalUID maps a number to a uid, and consecutive numbers to different uids: modulo 2³²−1, plus 1, so that no uid is
// 0.
func LegalUID(n uint64) uint64 { return n%math.MaxUint32 + 1 }

// The bounds of maxRecordingHour and resourceExpiredHour, in hours (restrictions max-recording-hour-range and
// resource-expired-hour-range).
const (
	maxHours    = 720
	expiryHours = 24 // that a resource lives longer than its recording may last
)

// Hours gives the limits that a session asks for, in hours. maxRecordingHour is the time from its first request to
// the end of the padding, rounded up, plus one: this allows an extension and bounds the cost of a session whose stop
// failed. resourceExpiredHour is a day more, in which the session can be queried and stopped. Neither exceeds 720.
func (o *Occurrence) Hours(firstRequest time.Time) (maxRecordingHour, resourceExpiredHour int) {
	maxRecordingHour = SessionHours(int64((max(o.RecordUntil.Sub(firstRequest), 0) + time.Second - 1) / time.Second))
	return maxRecordingHour, min(maxRecordingHour+expiryHours, maxHours)
}

// SessionHours is maxRecordingHour of a session that lasts so many seconds from its first request.
func SessionHours(seconds int64) int {
	return int(min((seconds+HourSeconds-1)/HourSeconds+1, maxHours))
}

// Short is the name of the occurrence in messages: recording@2031-09-17, with the time where the recording has two
// classes on the planned day.
func (o *Occurrence) Short() string {
	zone := o.Recording.Zone
	if zone == nil {
		zone = o.Planned.Location()
	}
	planned := o.Planned.In(zone)
	layout := time.DateOnly
	switch {
	case o.Shared && planned.Second() != 0:
		layout = "2006-01-02T15:04:05"
	case o.Shared:
		layout = "2006-01-02T15:04"
	}
	return o.Recording.ID + "@" + planned.Format(layout)
}
