package load

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// vocabulary has a hint for people who write keys of Agora's requests, or words of other programs.
var vocabulary = map[string]string{
	"maxvideoduration":       "mp4 splits MP4 files, as in mp4: 2h",
	"avfiletype":             "HLS is always written; write mp4: true for MP4 beside it",
	"hls":                    "HLS is always written: remove it; mp4: true writes MP4 beside it",
	"filenameprefix":         "folders are the key prefix of a storage, as in prefix: [\"{plan}\", \"{id}\", \"{date}\"]",
	"onhold":                 "write exact_start: true for a page that is opened early and recorded from the exact start",
	"maxrecordinghour":       "remove it: it follows from the length of the class",
	"resourceexpiredhour":    "remove it: it follows from the length of the class",
	"recordingconfig":        "remove it: web page recording has none; the picture is the key video",
	"videowidth":             "write video: {width: 1280, height: 720}, or a size by name as in video: 720p",
	"videoheight":            "write video: {width: 1280, height: 720}, or a size by name as in video: 720p",
	"videofps":               "write it into video, as in video: 720p30 or video: {width: 1280, height: 720, fps: 30}",
	"videobitrate":           "write it into video, as in video: {width: 1280, height: 720, bitrate: 2000}",
	"audioprofile":           "write audio_profile, as in audio_profile: 1",
	"readytimeout":           "write ready_timeout with a unit, as in ready_timeout: 30s",
	"token":                  "remove it: web page recording needs no token; one of the page's address is a variable that expose names",
	"uid":                    "remove it: each session gets a uid of its own",
	"rtmpurl":                "name the address in cdn, as in cdn: {parents: \"rtmps://live.lingua.example/app/${STREAM_KEY}\"} of the root file, and write cdn: parents in the recording",
	"rtmpurls":               "name each address in cdn of the root file, and write its name in the recording, as in cdn: parents",
	"extensionserviceconfig": "remove it: a recording's keys say the same in short: url, video, audio_profile, mp4, cdn",
	"storageconfig":          "write storage, as in storage: {videos: {vendor: s3, region: eu-central-1, bucket: lingua-videos, access_key: \"${S3_ACCESS_KEY}\", secret_key: \"${S3_SECRET_KEY}\"}}",
	"extensionparams":        "write its parts as keys of the storage: sse, tag, endpoint",
	"appid":                  "write apps: {main: {id: \"${AGORA_APP_ID}\"}} in the root file",
	"start":                  "times are the key when, as in when: Mon Wed 09:00-09:50",
	"end":                    "times are the key when, as in when: Mon Wed 09:00-09:50",
	"time":                   "times are the key when, as in when: Mon Wed 09:00-09:50",
	"times":                  "times are the key when, as in when: Mon Wed 09:00-09:50",
	"schedule":               "times are the key when, as in when: Mon Wed 09:00-09:50",
	"cron":                   "write when: {cron: \"30 15 * * FRI\", duration: 90m}",
	"calendar":               "the calendars on whose days classes are held are the key only",
	"fps":                    "write it into video, as in video: 720p30",
	"bitrate":                "write it into video, as in video: {width: 1280, height: 720, bitrate: 2000}",
}

// vocabularyHint finds a key under another name, in any case, with underscores or without.
func vocabularyHint(name, noun string) plan.Hint {
	if name == "name" && noun == "a recording" {
		return plan.Hint{Text: "write title; the id of a recording is the key above its own keys", Replacement: "title"}
	}
	if name == "reason" && slices.Contains([]string{"a recording", "a change", "defaults"}, noun) {
		return plan.Hint{Text: "write note", Replacement: "note"}
	}
	word := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
	if slices.Contains(timeWords, word) && noun != "a recording" && noun != "defaults" {
		return plan.Hint{}
	}
	return plan.NewHint(vocabulary[word])
}

// timeWords are words of the vocabulary that mean something else outside of recordings.
var timeWords = []string{"start", "end", "time", "times", "schedule", "cron", "calendar", "fps", "bitrate"}

// homes are the places of keys: the mappings that have the key, and how the mapping is written.
var homes = sync.OnceValue(func() map[string][]home {
	all := map[string][]home{}
	for _, h := range []struct {
		home
		of reflect.Type
	}{
		{home{"defaults, or in a recording", "defaults: {%s}"}, reflect.TypeFor[defaultsKeys]()},
		{home{"a recording", "recordings: {german-a1: {%s}}"}, reflect.TypeFor[recordingKeys]()},
		{home{"the plan's root, without indentation", "%s"}, reflect.TypeFor[rootFile]()},
		{home{"a storage", "storage: {videos: {%s}}"}, reflect.TypeFor[storageKeys]()},
		{home{"account", "account: {%s}"}, reflect.TypeFor[accountKeys]()},
		{home{"limits of an app", "apps: {main: {limits: {%s}}}"}, reflect.TypeFor[limitsKeys]()},
		{home{"limits.streams of an app", "apps: {main: {limits: {streams: {%s}}}}"}, reflect.TypeFor[streamsKeys]()},
		{home{"video", "video: {%s}"}, reflect.TypeFor[videoKeys]()},
		{home{"padding", "padding: {%s}"}, reflect.TypeFor[paddingKeys]()},
		{home{"sts of a storage", "sts: {%s}"}, reflect.TypeFor[stsKeys]()},
		{home{"a change", "changes: {2031-10-13: {%s}}"}, reflect.TypeFor[changeKeys]()},
	} {
		for _, key := range fieldsOf(h.of).Names {
			all[key] = append(all[key], h.home)
		}
	}
	return all
})

// home is a place of a key; around is a format for the key and its value.
type home struct{ description, around string }

// homeHint says where a key belongs that is in the wrong place. It shows the value where it is short and not a
// secret.
func homeHint(name string, value *yaml.Node) plan.Hint {
	list := homes()[name]
	if len(list) == 0 {
		return plan.Hint{}
	}
	pair := name + ": …"
	if value.Kind == yaml.ScalarNode && slices.Contains(plainKeys, name) && plan.SafePlain.MatchString(value.Value) && len(value.Value) < 40 {
		pair = name + ": " + value.Value
	}
	return plan.NewHint(fmt.Sprintf("%s belongs in %s: write %s", name, list[0].description, fmt.Sprintf(list[0].around, pair)))
}

// daysHint is for an unknown key with days as its value, which is a calendar in the wrong place.
func daysHint(name string, value *yaml.Node) plan.Hint {
	if value.Kind != yaml.ScalarNode || !isWordLike(name) {
		return plan.Hint{}
	}
	days, err := ParseDays(value.Value)
	if err != nil {
		var ok bool
		if days, ok = foreignDays(value.Value); !ok {
			return plan.Hint{}
		}
	}
	return plan.NewHint(fmt.Sprintf("days belong in calendars: write calendars: {%s: %s}, and skip: %s, or only: %s, in defaults", name, days, name, name))
}

// isWordLike says whether a name can be shown in a hint.
func isWordLike(name string) bool { return plan.SafePlain.MatchString(name) && len(name) <= 40 }

// areaAliases are other names of the areas of Agora's servers.
var areaAliases = map[string]string{
	"europe": "EU", "europa": "EU", "china": "CN", "mainland china": "CN", "asia": "AP", "asia pacific": "AP", "asia-pacific": "AP",
	"north america": "NA", "us": "NA", "usa": "NA",
}

// videoAliases are other names of the sizes of the picture.
var videoAliases = map[string]string{"hd": "720p", "full hd": "1080p", "fullhd": "1080p", "full-hd": "1080p", "fhd": "1080p"}

// vendorAliases are other names of the vendors.
var vendorAliases = map[string]string{
	"aws": "s3", "amazon": "s3", "amazon-s3": "s3", "amazons3": "s3", "aliyun": "alibaba", "oss": "alibaba", "alicloud": "alibaba",
	"gcs": "google", "gcp": "google", "google-cloud": "google", "obs": "huawei", "cos": "tencent", "bos": "baidu",
	"blob": "azure", "microsoft": "azure", "minio": "s3-compatible", "r2": "s3-compatible", "cloudflare": "s3-compatible",
	"wasabi": "s3-compatible", "ceph": "s3-compatible", "backblaze": "s3-compatible", "b2": "s3-compatible",
}
