package session

import (
	"slices"
	"time"

	"rundown/runner/reason"
)

// markForeignOrphan marks a session whose start met a live task with its own cname and derived uid, although this store knows of
// none. Only a plan gives that pair, so something else started the task from the same plan: another rundown on another
// store, or this one on a store that was lost since. Nothing here can stop that task, since its resource id and sid are
// not known. It is reported as an orphan, and the class goes on with the other uid. The task was started earlier, for as
// many hours of the same class, so that its bill ends before those of this session would.
func (d *Decision) markForeignOrphan(x *Session) {
	d.enter(x, SessionOrphan)
	// Without a resource id no notification is taken to be about this session: another daemon may be looking after it.
	x.ResourceID, x.Next, x.UIDConflict = "", time.Time{}, true
	x.setReason(reason.Because(reason.OrphanForeign, "orphan: a recording that this store does not know runs with cname %s and uid %s, which session %d asked for: "+
		"another rundown with another store may be running this plan, or the store was lost; its maxRecordingHour ends it at %s at the latest, if it was started for this class",
		x.Cname, x.UID, x.Attempt, d.Clock(x.Deadline())))
	d.note("%s", x.Reason)
}

// usedUID says that a session of this store but one was to be started with a uid.
func (d *Decision) usedUID(uid string, but int) bool {
	return slices.ContainsFunc(d.S.Sessions, func(y Session) bool {
		return y.UID == uid && y.Attempt != but && y.ResourceID != ""
	})
}
