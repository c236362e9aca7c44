package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"strconv"
	"time"
)

// UIDs gives the two uids between which the attempts of a session alternate, beginning with the first. Sessions
// count from 0 and are more than one where the recording is redundant. The uids follow from the occurrence's
// identity alone, so that whoever takes over finds the same ones; they lie between 1 and 4294967295 (restriction
// uid-range), and those of different sessions of one occurrence differ.
func (o *Occurrence) UIDs(session int) [2]string {
	sum := sha256.Sum256([]byte(o.ID))
	base := binary.BigEndian.Uint64(sum[:8]) % math.MaxUint32
	var uids [2]string
	for i := range uids {
		uids[i] = strconv.FormatUint(LegalUID(base+uint64(2*max(session, 0)+i)), 10)
	}
	return uids
}

// LegalUID maps numbers to uids, those that follow one another to different ones: modulo 2³²−1, and then plus one, so
// that none is 0.
func LegalUID(n uint64) uint64 { return n%math.MaxUint32 + 1 }

// The bounds of maxRecordingHour and resourceExpiredHour, in hours (restrictions max-recording-hour-range and
// resource-expired-hour-range).
const (
	maxHours    = 720
	expiryHours = 24 // that a resource lives longer than its recording may last
)

// Hours gives the bounds that a session asks for, in hours: maxRecordingHour from its first request to the end of
// the padding, rounded up, plus one, which leaves room for an overrun and bounds the bill of a session that was
// lost; resourceExpiredHour a day more, in which it can still be queried and stopped. Neither is more than 720.
func (o *Occurrence) Hours(firstRequest time.Time) (maxRecordingHour, resourceExpiredHour int) {
	maxRecordingHour = SessionHours(int64((max(o.RecordUntil.Sub(firstRequest), 0) + time.Second - 1) / time.Second))
	return maxRecordingHour, min(maxRecordingHour+expiryHours, maxHours)
}

// SessionHours is maxRecordingHour of a session of so many seconds from its first request.
func SessionHours(seconds int64) int {
	return int(min((seconds+HourSeconds-1)/HourSeconds+1, maxHours))
}

// Short is the occurrence's name for people: recording@2031-09-17, with the time where the recording has two on
// that planned day.
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
