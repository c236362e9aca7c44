package simulator

import (
	"fmt"
	"strings"
	"time"
)

// mp4Limit is the size near which a new MP4 file begins, whatever maxVideoDuration is, in bytes.
const mp4Limit = 2 << 30 // bytes

// file is a recorded file and the instant at which it begins.
type file struct {
	name string
	from time.Time
}

// fileCname is the cname in file names: documented special characters become hyphens.
func fileCname(cname string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("!@#$%^&*()+_.=[]{}~|,;:?<>", r) {
			return '-'
		}
		return r
	}, cname)
}

// baseName is the beginning of all file names, with the prefix.
func (x *session) baseName() string {
	var path string
	if len(x.prefix) > 0 {
		path = strings.Join(x.prefix, "/") + "/"
	}
	return path + x.sid + "_" + fileCname(x.cname)
}

func (x *session) playlist() string { return x.baseName() + ".m3u8" }

// files are the files that are complete enough to be listed: the playlist after the first slice, an MP4 once the next
// one begins, everything after the end.
func (x *session) files(now time.Time) []file {
	if _, ok := x.firstSliceAt(now); !ok {
		return nil
	}
	from, _ := x.recordingAt(now)
	out := []file{{x.playlist(), from}}
	if !x.mp4 {
		return out
	}
	part := x.mp4Part()
	for i := 0; ; i++ {
		from, ok := x.wroteFor(time.Duration(i)*part, now)
		if !ok || x.ended() && !from.Before(x.lastWrote(now)) {
			return out
		}
		if _, full := x.wroteFor(time.Duration(i+1)*part, now); !full && !x.ended() {
			return out
		}
		out = append(out, file{fmt.Sprintf("%s_%d.mp4", x.baseName(), i), from})
	}
}

// mp4Part is the length of an MP4 file, at least a minute.
func (x *session) mp4Part() time.Duration {
	full := time.Duration(mp4Limit * 8 / (int64(x.recorder.bitrate) * 1000) * int64(time.Second))
	return max(time.Minute, min(x.recorder.mp4Every, full))
}

// lastWrote is the end of the last period of recording.
func (x *session) lastWrote(now time.Time) time.Time {
	spans := x.spans(now)
	if len(spans) == 0 {
		return time.Time{}
	}
	return spans[len(spans)-1].to
}
