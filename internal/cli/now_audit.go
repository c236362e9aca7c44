package cli

import (
	"fmt"
	"time"

	"rundown/agora/simulator"
	"rundown/internal/cli/render"
	"rundown/runner/view"
)

// auditTolerance is how much the times of store and ledger may differ: the service may report whole seconds.
const auditTolerance = time.Second

// audit compares the ledger of the simulator with the store, session by session.
func audit(ledger simulator.Ledger, l view.Views) (account string, differences []string) {
	type known struct {
		doc   view.SessionDoc
		state string
	}
	sessions := map[string]known{}
	for _, o := range l.Rows {
		for _, s := range l.Sessions[o.ID] {
			if s.SID != "" {
				sessions[s.SID] = known{view.ReadDoc[view.SessionDoc](s.Doc), s.State}
			}
		}
	}
	differ := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	var billed float64
	for _, s := range ledger.Sessions {
		billed += s.BilledSeconds
		ours, ok := sessions[s.SID]
		delete(sessions, s.SID)
		switch {
		case !ok:
			differ("session %s of %s (uid %s) ran, but is not in the store", s.SID, s.Cname, s.UID)
		case s.StoppedAt == nil:
			differ("session %s of %s is still running, but the store says %s", s.SID, s.Cname, ours.state)
		case apart(s.StoppedAt, ours.doc.StoppedAt):
			differ("session %s of %s ended at %s, the store says %s", s.SID, s.Cname, instantText(s.StoppedAt), instantText(ours.doc.StoppedAt))
		case apart(s.RecordingAt, ours.doc.RecordingAt):
			differ("session %s of %s was recorded from %s, the store says %s", s.SID, s.Cname, instantText(s.RecordingAt), instantText(ours.doc.RecordingAt))
		}
	}
	for sid := range sessions {
		differ("session %s is in the store, but never ran", sid)
	}
	account = fmt.Sprintf("simulator: %s, %.1f s billed", render.Plural(len(ledger.Sessions), "session"), billed)
	if len(differences) == 0 {
		account += "; ledger and store agree"
	}
	return account, differences
}

func apart(a, b *time.Time) bool {
	if a == nil || b == nil {
		return (a == nil) != (b == nil)
	}
	return a.Sub(*b).Abs() > auditTolerance
}

func instantText(t *time.Time) string {
	if s := view.SessionTime(t); s != nil {
		return *s
	}
	return "never"
}
