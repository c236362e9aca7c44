package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rundown/runner/view"
)

// TestARestartKeepsARevisionUnlessItIsGivenAPlan holds what the README tells operators who went back to a revision.
func TestARestartKeepsARevisionUnlessItIsGivenAPlan(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	undoes := false
	restart := func(plans ...string) string {
		t.Helper()
		args := append([]string{"run", "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0"}, plans...)
		daemon := start(t, "stderr", canaries, args...)
		daemon.await(1, "msg=running", "plans=1 ")
		if status := daemon.end(syscall.SIGTERM); status != StatusOK {
			t.Errorf("ended with status %d", status)
		}
		said := daemon.output()
		if strings.Contains(said, "not watched") {
			t.Errorf("it complains that there is nothing to watch:\n%s", said)
		}
		undoes = strings.Contains(said, "level=WARN") && strings.Contains(said, "holds an earlier revision")
		_, out, _ := command(t, "history", "--plans", "--store", dsn, "--format", "json")
		var doc struct{ Revisions []view.Revision }
		if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc.Revisions) == 0 {
			t.Fatalf("%v in %s", err, out)
		}
		return orUnknown(doc.Revisions[0].Hash)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	var errs bytes.Buffer
	if status := Main(ended, []string{"run", "--store", dsn + ".none", "--api-url", address, "--listen", "127.0.0.1:0"}, Streams{Out: &errs, Err: &errs}); status != StatusOK {
		t.Errorf("told to end while it starts, it ends with status %d: %s", status, errs.String())
	}
	tomorrows(t, path, 3)
	three := restart(path)
	tomorrows(t, path, 4)
	four := restart(path)
	if undoes {
		t.Error("a new plan is taken for an old one")
	}
	for _, classes := range []int{3, 4, 3, 4} { // an edit that is undone and done again, in the one file that there is
		tomorrows(t, path, classes)
		if restart(path); undoes {
			t.Error("it warns of an edit that was undone in the file itself")
		}
	}
	if status, _, said := command(t, "apply", "--revision", "1", "--store", dsn); status != StatusOK {
		t.Fatal(said)
	}
	if at := restart(); at != three || undoes {
		t.Errorf("after a restart without PLAN %s is active, want %s", at, three)
	}
	if at := restart(path); at != four || !undoes {
		t.Errorf("after a restart with PLAN %s is active, want %s, and it said so: %v", at, four, undoes)
	}
	// An operator went back and confirmed it, and the file undoes that.
	if status, _, said := command(t, "apply", "--revision", "1", "--store", dsn, "--reason", "too many"); status != StatusOK {
		t.Fatal(said)
	}
	if restart(path); !undoes {
		t.Error("with a reason, it does not warn")
	}
	// Another checkout, which is older, takes its turns with the first.
	other := filepath.Join(t.TempDir(), "today.yaml")
	tomorrows(t, other, 3)
	if at := restart(other); at != three || !undoes {
		t.Errorf("from another file %s is active, want %s, and it warned: %v", at, three, undoes)
	}
}
