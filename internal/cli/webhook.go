package cli

import (
	"errors"
	"fmt"
	"regexp"

	"rundown/plan"
)

// webhookSecretVariable holds the secret of notifications where no flag names another place.
const webhookSecretVariable = "RUNDOWN_WEBHOOK_SECRET"

// oneReference is a flag's value that is nothing but a reference, as plans write them.
var oneReference = regexp.MustCompile(`^\$\{(?:file:([^}]+)|([A-Za-z_][A-Za-z0-9_]*))\}$`)

// webhookSecret gives what reads the secret that signs notifications, anew each time; nil where none is set. A secret
// itself is no value of a flag: every user of the machine could read it there.
func (a *app) webhookSecret(flag string) (func() (string, error), error) {
	ref := plan.Reference{Name: webhookSecretVariable}
	if flag == "" {
		if v, ok := a.env(webhookSecretVariable); !ok || v == "" {
			return nil, nil
		}
	} else {
		m := oneReference.FindStringSubmatch(flag)
		if m == nil {
			return nil, errors.New("--webhook-secret takes a reference, ${NAME} or ${file:PATH}, not the secret itself")
		}
		ref = plan.Reference{Name: m[2], File: m[1]}
	}
	lookup := a.newLookup("-")
	if _, err := lookup(ref); err != nil {
		return nil, fmt.Errorf("webhook secret: %w", err)
	}
	return func() (string, error) { return lookup(ref) }, nil
}
