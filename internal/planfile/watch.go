package planfile

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// WatchTimes are how a daemon's plan files are watched. Tests set shorter ones.
var WatchTimes = WatchTiming{Settle: time.Second, Most: 10 * time.Second, Reread: 30 * time.Second, Slow: 30 * time.Second}

// WatchTiming says when files that change are read.
type WatchTiming struct {
	Settle time.Duration // the files must have been unchanged so long: an editor or a git checkout writes many
	Most   time.Duration // but they are read so long after the first change at the latest
	Reread time.Duration // how often what they hold is compared although nothing tells of a change
	Slow   time.Duration // a file that takes longer to read is told of
}

// Watch tells from stamps when the files of plans are to be compared with what was read of them. A file is looked at and not
// listened to: that works on every file system, and through any link or mount. The zero value has seen nothing yet, so that what
// changed before the first look is found, too.
type Watch struct {
	stamp    string    // at the last look
	since    time.Time // when it was seen first
	changed  time.Time // the first of the changes that have not settled yet; zero: none
	compared time.Time
}

// Look takes in a stamp of the files, and says whether to compare them now.
func (w *Watch) Look(stamp string, now time.Time, times WatchTiming) bool {
	if stamp != w.stamp {
		w.stamp, w.since = stamp, now
		if w.changed.IsZero() {
			w.changed = now
		}
	}
	if w.changed.IsZero() {
		if now.Sub(w.compared) < times.Reread {
			return false
		}
	} else if now.Sub(w.since) < times.Settle && now.Sub(w.changed) < times.Most {
		return false
	}
	w.changed, w.compared = time.Time{}, now
	return true
}

// Stamp stands for the state of the files that were read, and of what the globs match, without reading any. It differs where one was
// written, replaced or removed, but for a file of the same size and time.
func (f *Files) Stamp() string {
	if f.root == StdinPath {
		return ""
	}
	names := slices.AppendSeq([]string{f.root}, maps.Keys(f.Read))
	names = slices.AppendSeq(names, maps.Keys(f.failed))
	slices.Sort(names)
	var b strings.Builder
	for _, name := range slices.Compact(names) {
		f.Reading.At(name)
		if info, err := os.Stat(filepath.FromSlash(name)); err == nil {
			fmt.Fprintf(&b, "%q %v %d %d\n", name, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(f.globs)) {
		f.Reading.At(pattern)
		matches, err := f.folders.glob(pattern)
		fmt.Fprintf(&b, "%q %q %v\n", pattern, matches, err)
	}
	return b.String()
}
