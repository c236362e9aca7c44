package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"rundown/plan"
)

// target is an entry of notify of an active plan.
type target struct {
	key    string // plan/name, which the outbox and commands use
	kind   string // webhook, or the scheme of the channel
	plan   *plan.Plan
	entry  *plan.Notify
	lookup plan.Lookup
}

// targetsOf are the targets of a plan. An entry without a name gets one that stays while its address is written alike.
func targetsOf(p *plan.Plan, lookup plan.Lookup) (list []target) {
	for i := range p.Notify {
		n := &p.Notify[i]
		t := target{kind: kindOf(n), plan: p, entry: n, lookup: lookup}
		name := n.Name
		if name == "" {
			name = t.kind + "-" + fingerprint(n)
		}
		t.key = p.Name + "/" + name
		list = append(list, t)
	}
	return list
}

// TargetNames are the keys of a plan's targets, in order of its entries.
func TargetNames(p *plan.Plan) (names []string) {
	for _, t := range targetsOf(p, nil) {
		names = append(names, t.key)
	}
	return names
}

// kindOf is what kind of address an entry has, as far as it is written out.
func kindOf(n *plan.Notify) string {
	if !n.Webhook.IsZero() {
		return "webhook"
	}
	if parts := n.To.Parts(); len(parts) > 0 && parts[0].Kind == plan.PartLiteral {
		scheme, _, whole := strings.Cut(parts[0].S, "://")
		scheme, _, _ = strings.Cut(scheme, "+")
		if whole {
			return strings.ToLower(scheme)
		}
	}
	return "channel"
}

// fingerprint tells addresses apart by how they are written, references unresolved.
func fingerprint(n *plan.Notify) string {
	address := n.Webhook
	if address.IsZero() {
		address = n.To
	}
	written, err := address.Resolve(func(r plan.Reference) (string, error) { return r.String(), nil })
	if err != nil { // no reference fails
		written = address.String()
	}
	sum := sha256.Sum256([]byte(written))
	return hex.EncodeToString(sum[:3])
}

// recordingOf finds a recording of a plan by its id; nil where there is none.
func recordingOf(p *plan.Plan, id string) *plan.Recording {
	for _, r := range p.Recordings {
		if r.ID == id {
			return r
		}
	}
	return nil
}
