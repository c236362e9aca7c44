package page

import (
	"strings"
	"testing"
	"time"
)

// TestTheSystemPageShowsTheNodes and what each records. One whose heartbeats stay away is not called alive.
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
	shows("not seen", "1 h ago")
}
