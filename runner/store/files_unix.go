//go:build unix

package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// noFollow makes an open fail where the last part of the path is a symbolic link, and never wait for the other end of a
// FIFO.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// ownedLike gives a file that root has made the owner of another: what root runs on the store of a service leaves nothing that the
// service cannot open. A file with a second name stays as it is: whoever may write to the folder may have linked another of root's
// there. SQLite does the same for its log. Where it cannot be done, the next start of the service says what to do.
func ownedLike(f *os.File, like fs.FileInfo) {
	info, err := f.Stat()
	if err != nil || os.Geteuid() != 0 {
		return
	}
	have, known := info.Sys().(*syscall.Stat_t)
	want, wanted := like.Sys().(*syscall.Stat_t)
	if known && wanted && have.Uid == 0 && have.Nlink == 1 {
		_ = f.Chown(int(want.Uid), int(want.Gid))
	}
}

// withOwner adds to an error of permissions on a file, or on the folder of one that is not there, whose it is and what to do.
func withOwner(path string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	info, failed := os.Lstat(path)
	if errors.Is(failed, fs.ErrNotExist) {
		path = filepath.Dir(path)
		info, failed = os.Lstat(path)
	}
	if failed != nil {
		return err
	}
	stat, known := info.Sys().(*syscall.Stat_t)
	me := os.Geteuid()
	switch {
	case !known || int(stat.Uid) == me:
		return err
	case stat.Uid == 0:
		return fmt.Errorf("%w: %s belongs to root, and this process runs as %s: run chown %s %s as root", err, path, userName(me), userName(me), path)
	}
	return fmt.Errorf("%w: %s belongs to %s, and this process runs as %s: run the command as %s", err, path, userName(int(stat.Uid)), userName(me), userName(int(stat.Uid)))
}

// userName is the name of a user, or the number of one that has none.
func userName(uid int) string {
	number := strconv.Itoa(uid)
	u, err := user.LookupId(number)
	if err != nil {
		return number
	}
	return cmp.Or(u.Username, number)
}
