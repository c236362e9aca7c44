package load

import (
	"time"

	"rundown/plan"
)

// The types of this file declare the format, once: the decoder reads files by them, validator/v10 runs on them, and
// the schema is generated from them. The tags:
//
//	is        what messages call the mapping, on its positions
//	yaml      the key
//	validate  what validator/v10 checks: required, min, max and oneof, and of our own id, version and
//	          restriction=ID[/UNIT], which reads bounds or values from agora's catalogue; - where there is nothing to check
//	          below, since validator copies each struct that it walks into
//	missing   the rule that a missing key breaks, where the catalogue has one; else missing-key
//	paste     what to write where the key is missing, as plans write it
//	doc       the description, with unit and default, for editors
//	default   the default, as plans write it
//	example   examples, as plans write them, separated by " | "
//	items     events: each text is the id of an event, or a glob

// rootFile is the file that a plan begins with. Only it contains credentials, definitions and severities of rules.
type rootFile struct {
	positions `is:"a plan" validate:"-"`

	Version  *int                 `yaml:"version" validate:"required,version" paste:"1" doc:"The version of the format: 1." example:"1"`
	Name     *string              `yaml:"name" validate:"required,id" doc:"The plan's name, part of every occurrence's identity: never change it during a term. a-z, 0-9 and -, at most 40 characters." example:"autumn-2031"`
	Include  *textList            `yaml:"include" doc:"Files that hold calendars, recordings and defaults of their own: paths or globs relative to the folder of this file. They lie in that folder, or in one that --include-dir names; 1,000 files at most." example:"[reference/*.yaml]"`
	Account  *accountKeys         `yaml:"account" validate:"required" paste:"{customer_id: \"${AGORA_CUSTOMER_ID}\", customer_secret: \"${AGORA_CUSTOMER_SECRET}\"}" doc:"Agora's REST credentials."`
	Apps     entries[appKeys]     `yaml:"apps" validate:"required,dive" paste:"{main: {id: \"${AGORA_APP_ID}\"}}" doc:"Agora projects, by names of your own. The only one is the default." example:"{main: {id: \"${AGORA_APP_ID}\"}}"`
	Storage  entries[storageKeys] `yaml:"storage" validate:"dive" doc:"Third-party cloud storage, by names of your own. The only one is the default." example:"{videos: {vendor: s3, region: eu-central-1, bucket: lingua-videos, access_key: \"${S3_ACCESS_KEY}\", secret_key: \"${S3_SECRET_KEY}\"}}"`
	CDN      entries[cdnKeys]     `yaml:"cdn" validate:"dive" doc:"RTMP or RTMPS ingest addresses to push to, by names of your own." example:"{parents: \"rtmps://live.lingua.example/app/${STREAM_KEY}\"}"`
	Expose   *textList            `yaml:"expose" doc:"The only variables that a url may use; their values are masked everywhere." example:"[ROOM_TOKEN]"`
	Notify   []notifyKeys         `yaml:"notify" validate:"dive" doc:"Who hears of what happens, and of what will go wrong." example:"[{webhook: \"${OPS_WEBHOOK_URL}\", secret: \"${OPS_WEBHOOK_SECRET}\"}]"`
	Ping     *string              `yaml:"ping" doc:"An HTTPS address that is called each minute while the daemon works, for a service that warns when the calls stop; secret." example:"${PING_URL}"`
	Rules    entries[severityKey] `yaml:"rules" doc:"Severities by rule id: off, note, warning or error. Those of structure, and those that report what no class can be recorded without, cannot be changed." example:"{clock-change: off}"`
	partKeys `yaml:",inline"`
}

// includedFile is a file that the root file includes.
type includedFile struct {
	positions `is:"an included file" validate:"-"`

	partKeys `yaml:",inline"`
}

// partKeys are the keys that every file may have.
type partKeys struct {
	Calendars  entries[calendarKeys]  `yaml:"calendars" doc:"Named sets of days, for only and skip, known in every file: a day, a range of days, or a list of both." example:"{autumn: 2031-09-15..2031-12-19, holidays: [2031-10-13, 2031-12-08]}"`
	Defaults   *defaultsKeys          `yaml:"defaults" doc:"Keys for every recording of this file that does not set them; those of the root file apply to included ones too." example:"{timezone: Europe/Madrid, only: autumn}"`
	Recordings entries[recordingKeys] `yaml:"recordings" validate:"dive" doc:"What is recorded, by id: a-z, 0-9 and -, at most 40 characters, part of every occurrence's identity." example:"{german-a1: {when: Mon Wed 19:00-19:50}}"`
}

// accountKeys are Agora's REST credentials.
type accountKeys struct {
	positions `is:"account" validate:"-"`

	CustomerID     *string `yaml:"customer_id" validate:"required" paste:"\"${AGORA_CUSTOMER_ID}\"" doc:"The Customer ID of the REST credentials." example:"${AGORA_CUSTOMER_ID}"`
	CustomerSecret *string `yaml:"customer_secret" validate:"required" paste:"\"${AGORA_CUSTOMER_SECRET}\"" doc:"The Customer Secret, as a reference: ${NAME} or ${file:PATH}." example:"${AGORA_CUSTOMER_SECRET}"`
}

// appKeys is an Agora project.
type appKeys struct {
	positions `is:"an app" validate:"-"`

	ID     *string     `yaml:"id" validate:"required" paste:"\"${AGORA_APP_ID}\"" doc:"The App ID of the project." example:"${AGORA_APP_ID}"`
	Limits *limitsKeys `yaml:"limits" doc:"What Agora has granted to the App ID." example:"{qps: 20, concurrent: 200}"`
}

// limitsKeys are what Agora has granted.
type limitsKeys struct {
	positions `is:"limits" validate:"-"`

	QPS        *int         `yaml:"qps" validate:"omitempty,min=1" doc:"Requests a second; default: a tenth of concurrent, at least 1 and at most 10." example:"10"`
	Concurrent *int         `yaml:"concurrent" validate:"omitempty,min=1" doc:"Concurrent recordings; default 50, the smaller of the two documented figures." default:"50"`
	Streams    *streamsKeys `yaml:"streams" doc:"Concurrent recordings by class of resolution; default: the documented figures of the region." example:"{sd: 50, hd: 30, fhd: 10}"`
}

// streamsKeys are recordings at once by class of resolution.
type streamsKeys struct {
	positions `is:"streams" validate:"-"`

	SD  *int `yaml:"sd" validate:"omitempty,min=1" doc:"Concurrent recordings of up to 640x360 pixels." example:"50"`
	HD  *int `yaml:"hd" validate:"omitempty,min=1" doc:"Concurrent recordings of up to 1280x720 pixels, and more than 640x360." example:"30"`
	FHD *int `yaml:"fhd" validate:"omitempty,min=1" doc:"Concurrent recordings of up to 1920x1080 pixels, and more than 1280x720." example:"10"`
}

// storageKeys is a third-party cloud storage.
type storageKeys struct {
	positions `is:"a storage" validate:"-"`

	Vendor    *string           `yaml:"vendor" validate:"required,restriction=storage-vendor-values" doc:"Whose storage it is." example:"s3"`
	Region    *string           `yaml:"region" doc:"The vendor's region as Agora lists it, in any case, with - or _. Azure, Google and S3-compatible stores need none." example:"us-east-1 | eu-central-1"`
	Bucket    *string           `yaml:"bucket" validate:"required" missing:"storage-bucket-required" doc:"The bucket, by the vendor's naming rules." example:"lingua-videos"`
	Endpoint  *string           `yaml:"endpoint" doc:"The host name of an S3-compatible store; for no other vendor." example:"objects.school.example"`
	AccessKey *string           `yaml:"access_key" doc:"A key that may write, as a reference; not with sts." example:"${S3_ACCESS_KEY}"`
	SecretKey *string           `yaml:"secret_key" doc:"Its secret, as a reference; not with sts." example:"${S3_SECRET_KEY}"`
	Near      *string           `yaml:"near" validate:"omitempty,oneof=cn eu ap us" doc:"The area whose servers are preferred for recordings that go to this storage and name none: China, Europe, Southeast Asia or North America." example:"eu"`
	Prefix    *orNone[textList] `yaml:"prefix" doc:"Folders in the bucket: ASCII letters and digits, and placeholders, whose other characters are dropped; at most 128 characters, joined with slashes. none: no folders." default:"[\"{plan}\", \"{id}\", \"{date}\"]"`
	SSE       *string           `yaml:"sse" validate:"omitempty,restriction=extparams-sse" doc:"Server-side encryption; s3 only."`
	Tag       *string           `yaml:"tag" doc:"A tag for each file; s3 and alibaba only." example:"term-autumn"`
	STS       *stsKeys          `yaml:"sts" doc:"Temporary credentials instead of the keys; s3, alibaba and tencent only." example:"{command: [./issue-sts-token, --hours, \"12\"]}"`
}

// stsKeys say where temporary credentials come from.
type stsKeys struct {
	positions `is:"sts" validate:"-"`

	Command *textList `yaml:"command" doc:"A program and its arguments, run in the plan's folder for at most 30 s, that prints access_key, secret_key, token and expiration as JSON." example:"[./issue-sts-token, --hours, \"12\"]"`
	File    *string   `yaml:"file" doc:"A file that holds the same, read at each use." example:"/run/secrets/sts.json"`
}

// cdnKeys is a target for a push: an address, or an address with another to fall back on.
type cdnKeys struct {
	positions `is:"a cdn target" validate:"-"`

	URL      *string `yaml:"url" validate:"required" doc:"The ingest address; path and query are secret." example:"rtmps://live.school.example/app/${STREAM_KEY}"`
	Fallback *string `yaml:"fallback" doc:"The address to push to when the first one fails." example:"${FALLBACK_RTMP_URL}"`
}

// notifyKeys is an entry of notify: an address and the events that are sent to it.
type notifyKeys struct {
	positions `is:"a notify entry" validate:"-"`

	Name      *string    `yaml:"name" validate:"omitempty,id" doc:"What commands call it: a-z, 0-9 and -, at most 40 characters; default: derived from the address." example:"duty"`
	Webhook   *string    `yaml:"webhook" doc:"An HTTPS address that takes events as JSON; secret. Either this or to." example:"${OPS_WEBHOOK_URL}"`
	Secret    *string    `yaml:"secret" doc:"The key that signs what goes to the webhook, as a reference: whsec_ and at least 24 bytes in base64." example:"${OPS_WEBHOOK_SECRET}"`
	To        *string    `yaml:"to" doc:"An address of mail or chat in shoutrrr's syntax; secret. Either this or webhook." example:"${DUTY_MAIL}"`
	PlainHTTP *bool      `yaml:"plain_http" doc:"The webhook may be an address of plain HTTP, which anybody on the way can read. Plain HTTP to a loopback address needs no leave." default:"false"`
	Severity  *string    `yaml:"severity" validate:"omitempty,oneof=info warning critical" doc:"It hears of events of this severity or more; not with events." default:"warning"`
	Events    *textList  `yaml:"events" items:"events" doc:"The events that it hears of, by ids or globs; not with severity." example:"[class.failed, class.missed, \"health.*\"]"`
	For       *textList  `yaml:"for" doc:"It hears of the classes of these recordings only: ids or globs." example:"algebra-1 | \"german-*\""`
	Labels    *labelKeys `yaml:"labels" doc:"It hears of classes with these labels only." example:"{campus: austin}"`
	Lead      *duration  `yaml:"lead" doc:"How long before its start it is told of a class that is at risk." default:"30m"`
	Quiet     *string    `yaml:"quiet" doc:"A time of each day in which only what is critical is sent; the rest is sent at its end." example:"22:00-07:00"`
	Digest    *string    `yaml:"digest" doc:"When a summary of the last and the next 24 hours is sent each day." example:"18:00"`
	Timezone  *string    `yaml:"timezone" doc:"The IANA zone of quiet and digest; default: that of defaults, else of the first recording." example:"Europe/Madrid"`
}

// severityKey is the severity that rules: gives one rule.
type severityKey struct{ scalar }

// calendarKeys is a set of days.
type calendarKeys struct{ Days textList }

// defaultsKeys are the defaults of a file.
type defaultsKeys struct {
	positions `is:"defaults" validate:"-"`

	settingsKeys `yaml:",inline"`
	filterKeys   `yaml:",inline"`
}

// recordingKeys are the keys of a recording.
type recordingKeys struct {
	positions `is:"a recording" validate:"-"`

	Title        *string             `yaml:"title" doc:"The recording's name for people." example:"Algebra I"`
	Was          *textList           `yaml:"was" doc:"Earlier ids, so that a rename keeps identity and history." example:"[algebra-one]"`
	When         *whenKeys           `yaml:"when" validate:"required" doc:"Weekdays and a time, a date and a time, or a cron expression and a length; one or a list. An end before the start is the next day." example:"Mon Wed 09:00-09:50 | [2031-12-17 08:00-11:00]"`
	Changes      entries[changeKeys] `yaml:"changes" validate:"dive" doc:"Exceptions, by the planned day, a range of days, or day and time where a day has two." example:"{2031-10-15: {to: 2031-10-16 18:00-18:50, note: teacher away}, 2031-10-20: cancelled}"`
	settingsKeys `yaml:",inline"`
	filterKeys   `yaml:",inline"`
}

// changeKeys is an exception: cancelled, or a new time and any other key.
type changeKeys struct {
	positions `is:"a change" validate:"-"`

	Cancelled    bool    `yaml:"-"`
	To           *string `yaml:"to" doc:"A new time, or a new day and time." example:"09:00-10:20 | 2031-10-16 18:00-18:50"`
	settingsKeys `yaml:",inline"`
}

// filterKeys choose among the weekly and cron days of a recording.
type filterKeys struct {
	Only *nameList `yaml:"only" doc:"Calendars on whose days classes are held; several are united; none removes the default. Dated classes ignore calendars." example:"autumn"`
	Skip *nameList `yaml:"skip" doc:"Calendars on whose days no classes are held; several are united; none removes the default. Dated classes ignore calendars." example:"holidays | [holidays, exam-week]"`
}

// settingsKeys are the keys that defaults, recordings and changes have in common. Each has a row in
// [plan.SettingTable].
type settingsKeys struct {
	Timezone     *string `yaml:"timezone" doc:"The IANA zone in which times are wall clock; required, here or in defaults. The machine's own zone is never used." example:"Europe/Madrid"`
	App          *string `yaml:"app" doc:"The Agora project; default: the only one." example:"main"`
	Region       *string `yaml:"region" validate:"omitempty,restriction=acquire-region-values|eq=none" doc:"The only area in which Agora records; absent or none: near the caller."`
	Near         *string `yaml:"near" validate:"omitempty,oneof=cn eu ap us none" doc:"The area whose servers are preferred, so that they are near the bucket: China, Europe, Southeast Asia or North America. Unlike region, it is a preference only. Absent: that of the storage; none removes it." example:"eu | none"`
	Storage      *string `yaml:"storage" doc:"Where the files go; default: the only storage." example:"videos"`
	CDN          *string `yaml:"cdn" doc:"The CDN target to push to; none removes the default." example:"parents | none"`
	URL          *string `yaml:"url" doc:"The page. It may use placeholders ({plan}, {id}, {date}, {time} and labels) and exposed variables." example:"https://lingua.example/rooms/{id}?role=recorder"`
	Cname        *string `yaml:"cname" doc:"The channel name, which labels the recording at Agora; default: derived from plan and id; none removes a default." example:"field-trip-2031"`
	pictureKeys  `yaml:",inline"`
	ExactStart   *bool         `yaml:"exact_start" doc:"The page is opened early and held, and recorded from the exact start; padding.before is then ignored." default:"false"`
	Preflight    *bool         `yaml:"preflight" doc:"The daemon asks for the page before the class begins, where the plan has notify. false: it does not, as for a link that may be opened only once, or a page that this machine does not see as Agora does." default:"true"`
	Padding      *paddingKeys  `yaml:"padding" validate:"-" doc:"Recorded around the class; shortened where another class of the page or a limit needs it." example:"{before: 30s, after: 2m}"`
	MinRemainder *remainderKey `yaml:"min_remainder" doc:"A class is started late only if at least this much of it is left; never: no late start; default: 5m or half the class, whichever is less." example:"5m | never"`
	Attempts     *int          `yaml:"attempts" validate:"omitempty,min=1,max=20" doc:"Failures in a row before giving up; ten healthy minutes reset the count." default:"3"`
	Redundancy   *int          `yaml:"redundancy" validate:"omitempty,min=1,max=4" doc:"Concurrent sessions, placed apart; each is billed." default:"1"`
	Priority     *string       `yaml:"priority" validate:"omitempty,oneof=low normal high" doc:"Whose requests go first when the request budget is short." default:"normal"`
	Labels       *labelKeys    `yaml:"labels" validate:"-" doc:"Texts by names of your own, usable as placeholders. Those of defaults and recording add up; none removes." example:"{campus: austin}"`
	Note         *string       `yaml:"note" doc:"A remark for people; none removes the default." example:"teacher away"`
}

// pictureKeys say how the page is rendered and what is written of it.
type pictureKeys struct {
	Video        *videoKeys       `yaml:"video" doc:"The picture: 360p, 480p, 720p or 1080p, with a frame rate as in 720p30, or width and height." default:"720p" example:"1080p30 | {width: 390, height: 844}"`
	AudioProfile *int             `yaml:"audio_profile" validate:"omitempty,restriction=audio-profile-values" doc:"0: mono, 48 kbit/s; 1: mono, 128 kbit/s; 2: stereo, 192 kbit/s; all at 48 kHz." default:"0"`
	MP4          *mp4Keys         `yaml:"mp4" doc:"MP4 beside HLS: a new file after this long, in whole minutes; true: 2h; false: HLS only." default:"false" example:"2h"`
	Mobile       *orNone[bool]    `yaml:"mobile" doc:"Rendered as a phone does; none removes the default." example:"true"`
	ReadyTimeout *readyTimeoutKey `yaml:"ready_timeout" doc:"The time within which the page calls navigator.notifyReady(), in whole seconds; none removes the default." example:"30s"`
}

// videoKeys is the output picture, by name or in figures.
type videoKeys struct {
	positions `is:"video" validate:"-"`

	Width   *int `yaml:"width" validate:"required,restriction=video-side-range" missing:"video-size-required" doc:"Width in pixels." example:"1280"`
	Height  *int `yaml:"height" validate:"required,restriction=video-side-range" missing:"video-size-required" doc:"Height in pixels; width times height is at most 1920x1080." example:"720"`
	FPS     *int `yaml:"fps" validate:"omitempty,restriction=video-fps-range" doc:"Frames a second; default: the service's, 15." example:"30"`
	Bitrate *int `yaml:"bitrate" validate:"omitempty,restriction=video-bitrate-range" doc:"kbit/s; default: the service's, 2000 from 1280x720 up and 1500 below." example:"4000"`
}

// videoSizes are the sizes that have a name.
var videoSizes = []struct {
	name          string
	width, height int
}{{"360p", 640, 360}, {"480p", 848, 480}, {"720p", 1280, 720}, {"1080p", 1920, 1080}}

// mp4Keys says whether MP4 is written, and how it is split.
type mp4Keys struct {
	Enabled bool             `yaml:"-"`
	Split   *boundedDuration `yaml:"-" validate:"omitempty,restriction=max-video-duration-range/m"`
}

// paddingKeys is what is recorded around the class.
type paddingKeys struct {
	positions `is:"padding" validate:"-"`

	Before *duration `yaml:"before" doc:"Recorded before the start." default:"30s"`
	After  *duration `yaml:"after" doc:"Recorded after the end." default:"2m"`
}

// remainderKey is what must be left of a class for a late start, or never.
type remainderKey struct {
	Never    bool
	Duration duration
}

// readyTimeoutKey is a time, or none.
type readyTimeoutKey struct {
	None     bool             `yaml:"-"`
	Duration *boundedDuration `yaml:"-" validate:"omitempty,restriction=ready-timeout-range/s"`
}

// cronKeys is an entry of when for times that weekdays and dates cannot express.
type cronKeys struct {
	positions `is:"a cron entry" validate:"-"`

	Cron     *string   `yaml:"cron" validate:"required" doc:"Five standard fields: minute, hour, day of month, month, day of week; in quotes." example:"30 15 * * FRI"`
	Duration *duration `yaml:"duration" validate:"required" doc:"The length of a class." example:"90m"`
}

// whenKeys are the times of a recording.
type whenKeys struct {
	Items  []whenItem `validate:"dive"`
	unread bool       // some items could not be read
}

// whenItem is one of them: a text, or a cron expression.
type whenItem struct {
	Text scalar `validate:"-"`
	Cron *cronKeys
	list listForm // the list in which it stands
	hint string   // what a mistaken list needs, "" for none
}

// labelKeys are labels, or none.
type labelKeys struct{ orNone[entries[labelValue]] }

// labelValue is the text of a label.
type labelValue struct {
	scalar
	given bool // it could be read
}

// nameList is one name, a list of names, or none.
type nameList struct{ orNone[textList] }

// orNone is a value, or the word none in its place, which removes a default.
type orNone[T any] struct {
	None  bool
	Value T
}

// textList is a text or a list of texts.
type textList []scalar

// scalar is a text and its span.
type scalar struct {
	Text string
	At   plan.Span
}

// duration is a length of time as plans write it: 90s, 2m, 1h30m. It is never negative.
type duration time.Duration

// boundedDuration is one with bounds of its own in the catalogue, of which validator tells.
type boundedDuration time.Duration

// entries are the content of a mapping whose keys are names of the author, in document order.
type entries[T any] []entry[T]

// entry is one of them.
type entry[T any] struct {
	Key   scalar `validate:"-"`
	Value T
}
