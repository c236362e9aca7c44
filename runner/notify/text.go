package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rundown/plan"
	"rundown/runner/store"
)

// textOf is a message as people read it.
func textOf(m *store.Message) (title, text string, err error) {
	var e CloudEvent
	if err := json.Unmarshal(m.Body, &e); err != nil {
		return "", "", fmt.Errorf("message %s cannot be read: %w", m.ID, err)
	}
	lines := []string{e.Data.Text}
	if e.Data.Advice != "" {
		lines = append(lines, "What to do: "+e.Data.Advice)
	}
	if e.Data.Link != "" {
		lines = append(lines, e.Data.Link)
	}
	title = e.Data.Title
	if e.Data.Severity == plan.NotifyCritical {
		title = "CRITICAL: " + title
	}
	return title, strings.Join(lines, "\n\n"), nil
}

func knownChannel(scheme string) bool { return slices.Contains(plan.Channels, strings.ToLower(scheme)) }
