package page

import (
	"strings"
	"testing"
	"time"
)

// TestTheSystemPageShowsTheNodes and what each records. Of one whose heartbeats stay away it says that alone: the daemon that serves the
// page runs, and says so on the same page, where it cannot write the store.
func TestTheSystemPageShowsTheNodes(t *testing.T) {
	source := bigDay(t)
	shows := func(want ...string) {
		t.Helper()
		source.forget()
		body := ask(t, New(source, nil), "/system")
		_, nodes, _ := strings.Cut(body, `id="h-nodes"`)
		nodes, _, _ = strings.Cut(nodes, "</section>")
		for _, text := range want {
			if !strings.Contains(nodes, text) {
				t.Errorf("no %q in %s", text, nodes)
			}
		}
	}
	shows("1 process<", "alive", "<code>app</code>")
	later := source.Clock().Add(time.Hour)
	source.Clock = func() time.Time { return later }
	shows("no heartbeat", "1 h ago")
}
