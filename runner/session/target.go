package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"reflect"
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

// FirstRequest is when an occurrence is to be begun at the latest.
func (t Target) FirstRequest() time.Time { return t.From.Add(-schedule.Lead()) }

// Same says that two targets ask for the same. Times are compared as instants: what was read back from the store names
// its zone otherwise.
func (t Target) Same(other Target) bool {
	plain := func(t Target) Target {
		t.Start, t.End, t.From, t.Until = t.Start.UTC(), t.End.UTC(), t.From.UTC(), t.Until.UTC()
		return t
	}
	return reflect.DeepEqual(plain(t), plain(other))
}

// AccountRef names the credentials of a class whose plan the store does not keep, by the references that the plan uses. It
// holds no secret. Whoever has to stop the class later needs it.
type AccountRef struct {
	Plan           string `json:"plan"` // path of the plan's root file, to which references to files are relative
	CustomerID     string `json:"customer_id"`
	CustomerSecret string `json:"customer_secret"` // masked where it is written out
}
