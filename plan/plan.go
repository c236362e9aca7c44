package plan

import (
	"time"

	"rundown/agora/catalog"
)

// Plan is a root file merged with the files that it includes, with all names resolved. It is not modified after
// loading, so that goroutines may share it.
type Plan struct {
	Name       string // part of every identity: a-z, 0-9 and -, at most 40 characters
	Pos        Pos    // of the name
	Files      []File // the root file first
	Account    Account
	Apps       []*App
	Storages   []*Storage
	CDNs       []*CDN
	Expose     []string // the variables that a url may use
	Notify     []Notify
	Ping       Text // secret: the address that is called each minute while the daemon works; zero: none
	Calendars  []*Calendar
	Severities map[string]Severity // rules: as tuned; "" is off
	Recordings []*Recording        // in document order: the root's, then those of the included files in order

	UnreadRecordings bool // some recordings could not be read and are not in Recordings, or not with all of their keys

	Uses    *Uses    // the plan's definitions; nil for a plan that was not loaded
	Ignores []Ignore // of all files, in document order
}

// File is a file of the plan, as it was read.
type File struct {
	Path string // as given, or as the glob found it, relative paths staying relative
	Text []byte
}

// Account holds Agora's REST credentials.
type Account struct {
	CustomerID     Text
	CustomerSecret Text // secret
}

// App is an Agora project: an App ID and what Agora has granted to it.
type App struct {
	Name   string
	Pos    Pos
	ID     Text
	Limits Limits
}

// Storage is a third-party cloud storage.
type Storage struct {
	Name      string // what settings call it
	Pos       Pos
	Vendor    catalog.Vendor
	Region    catalog.StorageRegion // zero where the vendor needs none
	Bucket    string
	Endpoint  string         // host name, of S3-compatible stores only
	AccessKey Text           // secret; zero with STS
	SecretKey Text           // secret; zero with STS
	Prefix    []Text         // elements, placeholders still in them
	SSE, Tag  string         // as ExtensionParams of agora; "": not sent
	Near      catalog.Area   // of recordings that name none; "": near the caller
	STS       *STS           // nil: AccessKey and SecretKey are lasting
	From      map[string]Pos // where each key that the plan gives stands
}

// STS names where temporary credentials come from: a command's output or a file, as JSON. Exactly one is given.
type STS struct {
	Command []string // program and arguments, run in the plan's folder
	File    string   // read at each use
	Pos     Pos      // of File
}

// CDN is a target of a push, by RTMP or RTMPS.
type CDN struct {
	Name     string
	Pos      Pos
	URL      Text // secret in path and query
	Fallback Text // secret in path and query; zero for none
}

// Recording is an entry of the plan: a page and the times of its classes.
type Recording struct {
	ID       string   // part of every identity: a-z, 0-9 and -, at most 40 characters
	Pos      Pos      // of the id
	Title    string   // for people; "": none
	Was      []string // earlier ids, under which the store may hold its classes
	When     []When   // as written; package schedule makes classes of them
	Changes  []Change // exceptions for planned days, in document order; each key once
	Settings          // effective: defaults and the recording's own keys merged, without its changes

	UnreadWhen bool // some of its times could not be read
	OwnSkip    bool // it has a skip of its own, which replaces that of defaults
}

// Unread says whether some of the recording's times or calendars could not be read. Rules then report nothing about
// missing classes, since the classes are not all known.
func (r *Recording) Unread() bool { return r.UnreadWhen || r.UnreadOnly || r.UnreadSkip }

// MinRemainder says how much of a class must be left for a late start.
type MinRemainder struct {
	Never    bool          // no late start
	Duration time.Duration // 0: 5 m or half the class, whichever is less
}

// Of gives the remainder that a class of this length must have left for a late start.
func (m MinRemainder) Of(length time.Duration) time.Duration {
	if m.Duration > 0 {
		return m.Duration
	}
	return min(5*time.Minute, length/2)
}

// Priority orders recordings when the budget is short.
type Priority string

// The priorities.
const (
	PriorityLow    Priority = "low"
	PriorityNormal Priority = "normal"
	PriorityHigh   Priority = "high"
)

// Video is the output picture.
type Video struct {
	Width, Height int // px
	FPS           int // frames a second; 0: the service's default, 15
	Bitrate       int // kbit/s; 0: the service's default
}

// MP4 says whether MP4 files are written beside HLS.
type MP4 struct {
	Enabled bool
	Split   time.Duration // a new file after this long; 0: the service's default, 2 h
}

// Padding is recorded around the class. It is shortened where another class of the same page, or a limit, needs the
// time.
type Padding struct{ Before, After time.Duration }

// Settings are the effective settings of a recording, or of one occurrence with its change laid over. Each setting has a row in
// [SettingTable], which says how layers combine it. Of a plan with errors required fields may be nil or zero.
type Settings struct {
	Zone         *time.Location // required; never the machine's own
	App          *App           // required
	Region       catalog.Region // "": near the caller
	OwnNear      *catalog.Area  // nil: that of the storage
	Storage      *Storage       // required
	CDN          *CDN           // nil: none
	URL          Text           // placeholders still in it, until an occurrence expands them
	Cname        Text           // zero: derived from plan and id
	Only, Skip   []*Calendar    // of weekly and cron days: only those, and not those; dated classes ignore both
	Video        Video
	AudioProfile int // 0: mono 48 kbit/s; 1: mono 128; 2: stereo 192 (audio-profile-values)
	MP4          MP4
	Mobile       *bool          // nil: not sent
	ReadyTimeout *time.Duration // whole seconds, 0 to 60 s (ready-timeout-range); nil: not sent
	ExactStart   bool           // opened on hold and written from Start on; Padding.Before is ignored
	Preflight    bool           // the daemon may ask for the page before the class begins
	Padding      Padding
	MinRemainder MinRemainder
	Attempts     int // failures in a row before giving up, 1 to 20
	Redundancy   int // sessions at once, 1 to 4; each is billed
	Priority     Priority
	Labels       map[string]string // also the values of placeholders; shared between recordings, never to be modified
	Note         string
	From         *Origins // where each key that is set stands

	UnreadOnly, UnreadSkip bool // some of their calendars could not be read
	UnreadReady            bool // the ready timeout could not be read
}

// Occurrence is one planned class of a recording: the interval [Start, End). Package schedule makes it.
type Occurrence struct {
	ID          string // plan/recording/20310917T170000Z, for ever; the instant is Planned in UTC
	Plan        string
	Recording   *Recording
	Planned     time.Time // the start as first planned, before any change
	Start, End  time.Time // the class, in the recording's zone
	RecordFrom  time.Time // Start less the padding that neighbours leave
	RecordUntil time.Time // End plus the padding that neighbours leave
	Change      string    // "", "moved", "changed" or "cancelled"
	ChangePos   Pos
	ClockChange string   // "": none, else what the clock change does to the start, for people
	Settings    Settings // effective, with the change laid over; URL, Cname and Storage prefix expanded below
	URL         Text     // placeholders expanded, references as written
	Cname       string   // the plan's, expanded, or the derived one
	Prefix      []string // expanded, what Agora forbids left out of placeholders' values

	Shared bool // the recording has another class planned on the day
}

// Cancelled says whether a change cancels the class.
func (o *Occurrence) Cancelled() bool { return o.Change == "cancelled" }

// Pixels is the number of pixels of the picture.
func (v Video) Pixels() int { return v.Width * v.Height }
