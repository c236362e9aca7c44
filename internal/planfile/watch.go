package planfile

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rundown/plan"
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
	waiting  bool      // for changes to settle
	begun    time.Time // the first of the changes that are waited for, or that were compared last
	compared time.Time
}

// Waiting says that a change has been seen that is not to be compared yet.
func (w *Watch) Waiting() bool { return w.waiting }

// Look takes in a stamp of the files, and says whether to compare them now.
func (w *Watch) Look(stamp string, now time.Time, times WatchTiming) bool {
	if stamp != w.stamp {
		w.stamp, w.since = stamp, now
		if !w.waiting {
			w.waiting, w.begun = true, now
		}
	}
	switch {
	case w.waiting && now.Sub(w.since) < times.Settle && now.Sub(w.begun) < times.Most:
		return false
	case !w.waiting && now.Sub(w.compared) < times.Reread:
		return false
	case !w.waiting:
		w.begun = now
	}
	w.waiting, w.compared = false, now
	return true
}

// Settled says whether what was read since [Watch.Look] was true may be used: the stamp is still the same, or the wait has been as
// long as it may be. Otherwise the wait goes on, within the same limit.
func (w *Watch) Settled(stamp string, now time.Time, times WatchTiming) bool {
	if stamp == w.stamp || now.Sub(w.begun) >= times.Most {
		return true
	}
	w.stamp, w.since, w.waiting = stamp, now, true
	return false
}

// Stamp stands for the state of the files that were read, and of those that the globs match, without reading any. It differs where
// one was written, replaced or removed, but for a file of the same size and time. That a file is read which a glob matched does not
// change it.
func (f *Files) Stamp() string {
	if f.root == StdinPath {
		return ""
	}
	names := slices.AppendSeq([]string{f.root}, maps.Keys(f.Read))
	names = slices.AppendSeq(names, maps.Keys(f.failed))
	var b strings.Builder
	for _, pattern := range slices.Sorted(maps.Keys(f.globs)) {
		f.Reading.At(pattern)
		matches, err := f.folders.glob(pattern)
		fmt.Fprintf(&b, "%q %q %v\n", pattern, matches, err)
		names = append(names, matches...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		f.Reading.At(name)
		if info, err := os.Stat(filepath.FromSlash(name)); err == nil {
			fmt.Fprintf(&b, "%q %v %d %d\n", name, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// SameFiles says that two readings of a plan found the same text.
func SameFiles(a, b *plan.Plan) bool {
	return slices.EqualFunc(a.Files, b.Files, func(x, y plan.File) bool {
		return x.Path == y.Path && bytes.Equal(x.Text, y.Text)
	})
}

// Again reads the same files and globs as they are now.
func (f *Files) Again(includeDirs []string, reading OnPath) *Files {
	g := NewFiles(nil, f.root, includeDirs...)
	g.Reading, g.noPipe = reading, true // to compare must not use up what a pipe gives
	defer reading.At("")
	for name := range f.Read {
		_, _ = g.ReadFile(name) // the digest holds the error
	}
	for name := range f.failed {
		_, _ = g.ReadFile(name)
	}
	if len(f.Read)+len(f.failed) == 0 {
		_, _ = g.ReadFile(f.root)
	}
	for pattern := range f.globs {
		_, _ = g.Glob(pattern)
	}
	return g
}

// Digest stands for all that was read.
func (f *Files) Digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(f.Read)) {
		fmt.Fprintf(h, "file %q %d\n", name, len(f.Read[name]))
		h.Write(f.Read[name])
	}
	for _, name := range slices.Sorted(maps.Keys(f.failed)) {
		fmt.Fprintf(h, "failed %q %q\n", name, f.failed[name])
	}
	for _, pattern := range slices.Sorted(maps.Keys(f.globs)) {
		fmt.Fprintf(h, "glob %q %q %v\n", pattern, f.globs[pattern].matches, f.globs[pattern].err)
	}
	return string(h.Sum(nil))
}
