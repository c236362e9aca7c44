package page

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/runner/store"
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

// TestThePagesSayThatADaemonIsSimulated on the pages that people look at first. Without that, a daemon that records nothing looks well.
func TestThePagesSayThatADaemonIsSimulated(t *testing.T) {
	for service, simulated := range map[string]bool{"agora": false, "simulator": true} {
		s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true, Service: service})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		server := New(&Source{Store: s, Clock: time.Now}, nil)
		for _, path := range []string{"/", "/system"} {
			body := ask(t, server, path)
			if got := strings.Contains(body, "This is a simulation: nothing is recorded at Agora."); got != simulated {
				t.Errorf("%s of a store for %s says that it is a simulation: %v", path, service, got)
			}
		}
	}
}
