package simulator

import (
	"net/http"
	"reflect"
	"time"

	"rundown/agora/catalog"
)

// resourceLife is how long a resource id may wait for its start.
const resourceLife = 5 * time.Minute

// resource is a resource id that acquire gave out. It serves one recording.
type resource struct {
	id, app, region string
	instance
	acquiredAt     time.Time
	usableFor      time.Duration // resourceExpiredHour: of query, update and stop, from the sid on
	startParameter any           // canonical; nil when none was sent
	used           *session
}

// identityAnswer are the names that every success repeats.
type identityAnswer struct {
	Cname      string `json:"cname"`
	UID        string `json:"uid"`
	ResourceID string `json:"resourceId"`
	SID        string `json:"sid,omitempty"`
}

// acquire gives out a resource id.
func (s *Simulator) acquire(c *call, body object) reply {
	body.allowOnly("cname", "uid", "clientRequest")
	cname, uid := body.identity()
	if !body.failed() && !channelName(cname) {
		return refusal(http.StatusBadRequest, codeChannelName, "invalid_channel_name")
	}
	settings := body.requiredObject("clientRequest")
	settings.integer("regionAffinity", 0, 4, 0)
	settings.allowOnly("scene", "resourceExpiredHour", "excludeResourceIds", "region", "regionAffinity", "startParameter")
	settings.requiredInteger("scene", 1, 1)
	hours := settings.integer("resourceExpiredHour", 1, hoursMax, 72)
	settings.texts("excludeResourceIds")
	region := settings.oneOf("region", string(catalog.RegionCN), string(catalog.RegionAP), string(catalog.RegionEU), string(catalog.RegionNA))
	// What startParameter holds is judged at start: a wrong one lets acquire succeed, as documented.
	settings.object("startParameter")
	if body.failed() {
		return body.refusal()
	}
	if s.full(c.route.app, c.now) {
		return refusal(http.StatusBadRequest, codeOverload, "vendor_over_load")
	}
	r := &resource{
		id: randomHex(64), app: c.route.app, region: region, instance: instance{cname, uid},
		acquiredAt: c.now, usableFor: time.Duration(hours) * time.Hour,
	}
	if settings.has("startParameter") {
		r.startParameter = canonical(settings.members["startParameter"])
	}
	s.resources[r.id] = r
	return success(identityAnswer{Cname: cname, UID: uid, ResourceID: r.id})
}

// start begins a session on a resource id.
func (s *Simulator) start(c *call, body object) reply {
	body.allowOnly("cname", "uid", "clientRequest")
	cname, uid := body.identity()
	r := s.resources[c.route.resourceID]
	switch {
	case r == nil:
		return refusal(http.StatusBadRequest, codeResourceID, "resourceid: cannot be parsed")
	case r.app != c.route.app:
		return refusal(http.StatusBadRequest, codeMismatch, "resourceid: belongs to another App ID")
	case r.used != nil:
		again := refusal(http.StatusCreated, codeStarted, "already started")
		if s.cfg.SIDInAlreadyStarted {
			again.body = refusalBody{Code: codeStarted, Reason: "already started", SID: r.used.sid}
		}
		return again
	case c.now.Sub(r.acquiredAt) > resourceLife:
		return refusal(http.StatusBadRequest, codeExpired, "resourceid: older than five minutes")
	case body.failed():
		return body.refusal()
	case r.instance != instance{cname, uid}:
		return refusal(http.StatusBadRequest, codeMismatch, "cname, uid: differ from those of acquire")
	}
	settings := body.requiredObject("clientRequest")
	same := r.startParameter == nil || reflect.DeepEqual(r.startParameter, canonical(any(settings.members)))
	j := settings.startRequest(r.region, c.now)
	if !same {
		settings.fail(codeParameter, "clientRequest: differs from acquire's startParameter")
	}
	if body.failed() {
		return body.refusal()
	}
	live := s.accounts[r.app].live
	if twin := live[r.instance]; twin != nil {
		if s.endIfDue(twin, c.now); !twin.ended() {
			return refusal(http.StatusBadRequest, codeConflict, "task conflict")
		}
	}
	if s.full(r.app, c.now) {
		return refusal(http.StatusInternalServerError, codeAllocate, "Failed to allocate worker")
	}
	x := newSession(r, j, c.now, s.cfg)
	r.used = x
	live[r.instance] = x
	s.sessions = append(s.sessions, x)
	s.bySID[x.sid] = x
	s.wake()
	return success(x.identity())
}

// full says whether the App ID runs as many sessions as it may.
func (s *Simulator) full(app string, now time.Time) bool {
	live := s.accounts[app].live
	if s.cfg.Concurrent < 0 || len(live) < s.cfg.Concurrent {
		return false
	}
	for _, x := range live { // some of them may have ended by themselves
		s.endIfDue(x, now)
	}
	return len(live) >= s.cfg.Concurrent
}

// endAllDue brings every session up to the instant.
func (s *Simulator) endAllDue(now time.Time) {
	for _, acct := range s.accounts {
		for _, x := range acct.live {
			s.endIfDue(x, now)
		}
	}
}

// endIfDue ends a recording that ended by itself since it was last looked at: by a scripted fault or its longest
// length, whichever is first.
func (s *Simulator) endIfDue(x *session, now time.Time) {
	if x.ended() {
		return
	}
	at, reason := x.naturalEnd(&s.script)
	if !at.After(now) {
		s.end(x, at, reason)
	}
}

// end ends a session at an instant that may have passed.
func (s *Simulator) end(x *session, at time.Time, reason string) {
	x.endedAt, x.stopReason = at, reason
	x.uploadedAt = at.Add(s.cfg.UploadDelay)
	delete(s.accounts[x.app].live, x.instance)
	s.wake()
}

// cnameOf is the cname that a request concerns, for faults to match: that of the body, else that of the session.
func (s *Simulator) cnameOf(c *call) string {
	if len(c.body) > 0 { // queries have none, and are most of what there is
		tree, _ := decodeJSON(c.body)
		m, _ := tree.(map[string]any)
		if cname, ok := m["cname"].(string); ok {
			return cname
		}
	}
	if x := s.bySID[c.route.sid]; x != nil && x.app == c.route.app {
		return x.cname
	}
	return ""
}
