//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// service is the user of a service: another than root where the tests are run by root.
func service() (uid int) {
	if os.Geteuid() == 0 {
		return 65534
	}
	return os.Geteuid()
}

// TestWhatRootMakesBesideAStoreBelongsToTheServicesUser works on a store as root, where the tests are run by root, as run --stop-all
// and restore do in an emergency.
func TestWhatRootMakesBesideAStoreBelongsToTheServicesUser(t *testing.T) {
	folder := t.TempDir()
	file, copied := filepath.Join(folder, "rundown.db"), filepath.Join(t.TempDir(), "copy.db")
	if err := os.Chown(folder, service(), -1); err != nil {
		t.Fatal(err)
	}
	work := func() {
		t.Helper()
		s, err := Open(t.Context(), file, Options{Create: true, Work: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		_ = os.Remove(copied)
		if _, err := s.Backup(t.Context(), copied); err != nil {
			t.Fatal(err)
		}
		all, err := os.ReadDir(folder)
		if err != nil || len(all) < 4 {
			t.Fatalf("%v, %v", all, err)
		}
		for _, e := range all {
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			if uid := int(info.Sys().(*syscall.Stat_t).Uid); uid != service() {
				t.Errorf("%s belongs to %d, want %d", e.Name(), uid, service())
			}
		}
	}
	work()
	if _, err := Restore(t.Context(), file, copied); err != nil {
		t.Fatal(err)
	}
	work()
}

// TestAFileWithASecondNameKeepsItsOwner links a file of root's into the folder of a service.
func TestAFileWithASecondNameKeepsItsOwner(t *testing.T) {
	folder := t.TempDir()
	theirs, file := filepath.Join(folder, "other.pid"), filepath.Join(folder, "rundown.db")
	if err := os.WriteFile(theirs, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(theirs, file+lockSuffix); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, service(), -1); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), file, Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	info, err := os.Stat(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if uid := int(info.Sys().(*syscall.Stat_t).Uid); uid != os.Geteuid() {
		t.Errorf("it belongs to %d now", uid)
	}
}

// TestAMissingPermissionNamesTheOwner takes the file of another user.
func TestAMissingPermissionNamesTheOwner(t *testing.T) {
	path, want := "/", "/ belongs to root, and this process runs as "
	if os.Geteuid() == 0 {
		path = filepath.Join(t.TempDir(), "rundown.db.lock")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, 12345, -1); err != nil {
			t.Fatal(err)
		}
		want = path + " belongs to 12345, and this process runs as root: run the command as 12345"
	}
	if err := withOwner(path, fmt.Errorf("open %s: %w", path, fs.ErrPermission)); !strings.Contains(err.Error(), want) {
		t.Errorf("it says %v, want %s", err, want)
	}
}
