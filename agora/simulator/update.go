package simulator

import "net/http"

// update changes a running session.
func (s *Simulator) update(c *call, body object) reply {
	x, refused := s.sessionOf(c, body)
	if refused != nil {
		return *refused
	}
	if x.ended() {
		return notFound()
	}
	ch := body.requiredObject("clientRequest").updateRequest(x, c.now)
	if body.failed() {
		return body.refusal()
	}
	if ch.hold != nil {
		x.setHold(*ch.hold, c.now)
	}
	if ch.rtmpURL != nil && *ch.rtmpURL != x.rtmpURL {
		x.rtmpURL, x.pushedSince = *ch.rtmpURL, c.now
	}
	s.wake()
	return success(x.identity())
}

// sessionOf finds the session that a POST concerns, and checks that the body names it too.
func (s *Simulator) sessionOf(c *call, body object) (*session, *reply) {
	body.allowOnly("cname", "uid", "clientRequest")
	cname, uid := body.identity()
	refuse := func(r reply) (*session, *reply) { return nil, &r }
	if body.failed() {
		return refuse(body.refusal())
	}
	x := s.liveSession(c)
	if x == nil {
		return refuse(notFound())
	}
	if x.instance != (instance{cname, uid}) {
		return refuse(refusal(http.StatusBadRequest, codeMismatch, "cname, uid: differ from those of acquire"))
	}
	return x, nil
}
