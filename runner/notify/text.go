package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rundown/plan"
	"rundown/runner/store"
)

// signature says who writes, and where the commands in the texts are for.
const signature = "Sent by Rundown, which records classes by Agora's cloud recording (the service). Commands (rundown …) are for the machine on which it runs."

// textOf is a message as people read it.
func textOf(m *store.Message) (title, text string, err error) {
	var e CloudEvent
	if err := json.Unmarshal(m.Body, &e); err != nil {
		return "", "", fmt.Errorf("message %s cannot be read: %w", m.ID, err)
	}
	lines := []string{e.Data.Text}
	if e.Data.Advice != "" {
		lines = append(lines, adviceText(e.Data.Advice))
	}
	if e.Data.Link != "" {
		lines = append(lines, "See and act: "+e.Data.Link)
	}
	title = e.Data.Title
	if e.Data.Severity == plan.NotifyCritical {
		title = "CRITICAL: " + title
	}
	return title, strings.Join(append(lines, signature), "\n\n"), nil
}

// adviceText is an advice as people read it: a line for each who is to do something.
func adviceText(advice string) string {
	switch class, operator, both := strings.Cut(advice, " "+forOperator); {
	case both && strings.HasPrefix(class, forClass):
		return class + "\n" + forOperator + operator
	case strings.HasPrefix(advice, forOperator):
		return advice
	}
	return "What to do: " + advice
}

// knownChannel says that the library may be asked for the scheme: plan.Channels are those that were tried with it.
func knownChannel(scheme string) bool { return slices.Contains(plan.Channels, strings.ToLower(scheme)) }
