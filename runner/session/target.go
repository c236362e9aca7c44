package session

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
)

// Fingerprint is the hash of a plan's files, by their names within the root's folder.
func Fingerprint(p *plan.Plan) string {
	sum := sha256.New()
	for _, f := range p.Files {
		fmt.Fprintf(sum, "%s %d\n", path.Base(f.Path), len(f.Text))
		sum.Write(f.Text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// ClockText is the time of day as people write it.
func ClockText(t time.Time) string {
	if t.Second() != 0 {
		return t.Format(time.TimeOnly)
	}
	return t.Format("15:04")
}

// ClockOn writes an instant for people in the zone of another, with the day where it is not the day of that.
func ClockOn(day, at time.Time) string {
	at = at.In(day.Location())
	layout := "15:04 MST"
	if at.Second() != 0 {
		layout = "15:04:05 MST"
	}
	if day.Format(time.DateOnly) != at.Format(time.DateOnly) {
		layout = "Mon 2006-01-02 " + layout
	}
	return at.Format(layout)
}

// FirstRequest is when an occurrence is to be begun at the latest.
func (t Target) FirstRequest() time.Time { return t.From.Add(-schedule.Lead()) }

// AccountRef names the credentials of a class whose plan the store does not keep, by the references that the plan uses. It
// holds no secret. Whoever has to stop the class later needs it.
type AccountRef struct {
	Plan           string `json:"plan"` // path of the plan's root file, to which references to files are relative
	CustomerID     string `json:"customer_id"`
	CustomerSecret string `json:"customer_secret"` // masked where it is written out
}

// Same says that two specs ask for the same, whoever wrote them. Times are compared as instants: what was read back from
// the store names its zone otherwise.
func (s Spec) Same(other Spec) bool {
	plain := func(s Spec) Spec {
		s.Start, s.End, s.From, s.Until = s.Start.UTC(), s.End.UTC(), s.From.UTC(), s.Until.UTC()
		s.Generation, s.Local = 0, Local{}
		return s
	}
	x, err := json.Marshal(plain(s))
	y, err2 := json.Marshal(plain(other))
	return err == nil && err2 == nil && slices.Equal(x, y)
}

// Hash tells two specs apart as far as a plan has a say.
func (s Spec) Hash() string {
	s.Start, s.End, s.From, s.Until = s.Start.UTC(), s.End.UTC(), s.From.UTC(), s.Until.UTC()
	s.Orders, s.Absent = Orders{}, false
	if s.CancelledByPlan != nil {
		byPlan := *s.CancelledByPlan
		byPlan.At = time.Time{}
		s.CancelledByPlan = &byPlan
	}
	text, err := json.Marshal(s)
	if err != nil {
		return "" // as of no other
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
