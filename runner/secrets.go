package runner

import (
	"strings"

	"rundown/plan"
)

// learnSecrets makes the secrets of a plan that the service is sent known to the redactor, as far as they can be read now. Those that are read
// anew later, since they rotate, are added when they are used.
func (e *Engine) learnSecrets(p *plan.Plan, lookup plan.Lookup) {
	learn := func(t plan.Text) {
		if value, err := t.Resolve(lookup); err == nil {
			e.learnSecret(value)
		}
	}
	learn(p.Account.CustomerSecret)
	for _, s := range p.Storages {
		learn(s.AccessKey)
		learn(s.SecretKey)
	}
	for _, c := range p.CDNs {
		learn(c.URL)
		learn(c.Fallback)
	}
	for _, name := range p.Expose {
		if value, err := lookup(plan.Reference{Name: name}); err == nil {
			e.learnSecret(value)
		}
	}
}

// learnSecret makes one secret known. Of an address its parts are secret, too, and of an ingest address the path.
func (e *Engine) learnSecret(value string) {
	if strings.Contains(value, "://") {
		e.secrets.AddURL(value, isIngest(value))
		return
	}
	e.secrets.Add(value)
}

func isIngest(address string) bool { return strings.HasPrefix(strings.ToLower(address), "rtmp") }

// reveal gives what a text of the plan stands for, to be sent. What its references stand for is made known to the
// redactor, and an ingest address as a whole. The page of a class is not, since there is one for each class.
func (x *outgoing) reveal(t plan.Text) (string, error) {
	known := func(r plan.Reference) (string, error) {
		value, err := x.conn.Lookup(r)
		if err == nil {
			x.w.e.learnSecret(value)
		}
		return value, err
	}
	value, err := t.Resolve(known)
	if err == nil && isIngest(value) {
		x.w.e.learnSecret(value)
	}
	return value, err
}
