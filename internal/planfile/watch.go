package planfile

import (
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// WatchTimes are how a daemon's plan files are watched. Tests set shorter ones.
var WatchTimes = watchTiming{Settle: time.Second, Most: 10 * time.Second, Reread: 30 * time.Second, Slow: 30 * time.Second}

// watchTiming says when files that change are read.
type watchTiming struct {
	Settle time.Duration // the files must have been quiet so long: an editor or a git checkout writes many
	Most   time.Duration // but they are read so long after the first change at the latest
	Reread time.Duration // how often they are compared without any event: not every file system tells of changes
	Slow   time.Duration // a file that takes longer to read is told of
	Blind  bool          // no events at all, as on such a file system
}

// WatchKind is why the plans should be compared with their files.
type WatchKind int

const (
	WatchTick    WatchKind = iota // the interval has passed
	WatchSettled                  // files changed, and have been quiet since
	WatchConfirm                  // the time to settle has passed since [Watch.Confirm]
)

// Watch tells when the files of plans may have changed. Folders are watched and not files, since editors and
// mounted configuration replace files. The fields below tell belong to the caller of follow.
type Watch struct {
	times   watchTiming
	log     *slog.Logger
	done    chan struct{}
	end     chan struct{}
	watcher *fsnotify.Watcher // nil: only the interval counts
	again   chan struct{}     // asks for watchConfirm
	names   chan watchNames   // what concerns the plans now
	tell    chan WatchKind

	watched map[string]fs.FileInfo // the folders, to see when one was replaced by another of its name
	refused map[string]string      // why a folder cannot be watched, which is logged once
	Reading OnPath                 // hears of each file and folder before it is looked at
}

// watchNames are the names whose events concern the plans.
type watchNames struct {
	files   map[string]bool // files, folders and links on the way to the plans' files
	folders map[string]bool // those in which a glob of include looks
}

// NewWatch watches nothing yet. Without a watcher the files are still compared at intervals.
func NewWatch(log *slog.Logger) *Watch {
	w := NewWatchWith(WatchTimes, log)
	var events <-chan fsnotify.Event
	var failures <-chan error
	if !w.times.Blind {
		watcher, err := fsnotify.NewWatcher()
		if err == nil {
			w.watcher, events, failures = watcher, watcher.Events, watcher.Errors
		} else {
			log.Warn("watching plan files failed; they are compared at intervals", "interval_s", w.times.Reread.Seconds(), "error", err)
		}
	}
	go w.Loop(events, failures)
	return w
}

func NewWatchWith(times watchTiming, log *slog.Logger) *Watch {
	return &Watch{
		times: times, log: log, done: make(chan struct{}), end: make(chan struct{}), again: make(chan struct{}, 1),
		names: make(chan watchNames), tell: make(chan WatchKind, 1), watched: map[string]fs.FileInfo{}, refused: map[string]string{},
	}
}

// Told receives when the plans should be compared with their files.
func (w *Watch) Told() <-chan WatchKind { return w.tell }

// Confirm asks for a comparison once the files have had time to settle.
func (w *Watch) Confirm() {
	select {
	case w.again <- struct{}{}:
	default:
	}
}

func (w *Watch) Close() {
	close(w.end)
	<-w.done
	if w.watcher != nil {
		_ = w.watcher.Close()
	}
}

func (w *Watch) Loop(events <-chan fsnotify.Event, failures <-chan error) {
	defer close(w.done)
	tick := time.NewTicker(w.times.Reread)
	defer tick.Stop()
	var names watchNames
	var first time.Time // of the changes that have not settled yet
	var quiet <-chan time.Time
	kind := WatchConfirm
	touch := func(k WatchKind) {
		now := time.Now()
		if first.IsZero() {
			first = now
		}
		kind = k
		quiet = time.After(min(w.times.Settle, max(first.Add(w.times.Most).Sub(now), 0)))
	}
	for {
		select {
		case <-w.end:
			return
		case names = <-w.names:
		case event, ok := <-events:
			if !ok {
				events = nil
			} else if names.concern(event) {
				touch(WatchSettled)
			}
		case err, ok := <-failures:
			if !ok {
				failures = nil
				continue
			}
			w.log.Warn("file events lost; plan files are compared", "error", err)
			touch(WatchSettled)
		case <-w.again:
			if quiet == nil {
				touch(WatchConfirm)
			}
		case <-quiet:
			quiet, first = nil, time.Time{}
			w.send(kind)
		case <-tick.C:
			if quiet == nil { // else the files are just being written
				w.send(WatchTick)
			}
		}
	}
}

// send tells the caller. What it was told before and has not looked at yet is enough: it compares all files.
func (w *Watch) send(kind WatchKind) {
	select {
	case w.tell <- kind:
	default:
	}
}

// concern says that an event may be about the plans: logs and stores beside them are written all the time.
func (n watchNames) concern(event fsnotify.Event) bool {
	switch filepath.Ext(event.Name) {
	case ".yaml", ".yml":
		return true
	}
	// A new folder where a glob looks may hold plans.
	return n.files[event.Name] || n.folders[filepath.Dir(event.Name)] && !event.Has(fsnotify.Write|fsnotify.Chmod) || n.folders[event.Name]
}

// FollowAll watches what the files that were read last depend on. What changed before its folder was watched is found by
// comparing once more.
func (w *Watch) FollowAll(plans []Checked) {
	if w.follow(plans) {
		w.Confirm()
	}
}

// follow watches what the plans' files depend on now, and says whether that includes anything new.
func (w *Watch) follow(plans []Checked) (news bool) {
	if w.watcher == nil {
		return false
	}
	names := watchNames{map[string]bool{}, map[string]bool{}}
	wanted := map[string]bool{}
	for _, c := range plans {
		for _, name := range c.names() {
			w.Reading.At(name)
			for _, step := range pathSteps(name) {
				wanted[filepath.Dir(step)] = true
				names.files[step] = true
			}
		}
		w.Reading.At(c.Path)
		for _, folder := range c.globbed() {
			wanted[folder], names.folders[folder] = true, true
		}
	}
	select {
	case w.names <- names: // before there can be events
	case <-w.done:
		return false
	}
	for folder := range w.watched {
		if !wanted[folder] {
			_ = w.watcher.Remove(folder) // it may be gone already
			delete(w.watched, folder)
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(wanted)) {
		news = w.watch(folder) || news
	}
	return news
}

// watch watches a folder, anew where another has come in its place.
func (w *Watch) watch(folder string) (news bool) {
	w.Reading.At(folder)
	info, err := os.Stat(folder)
	if err != nil { // whatever brings it back is seen in the folder above
		delete(w.watched, folder)
		return false
	}
	before := w.watched[folder]
	if before != nil && os.SameFile(before, info) && slices.Contains(w.watcher.WatchList(), folder) {
		return false
	}
	_ = w.watcher.Remove(folder)
	if err := w.watcher.Add(folder); err != nil {
		if w.refused[folder] != err.Error() && !errors.Is(err, fs.ErrNotExist) {
			w.log.Warn("watching a plan folder failed; its files are compared at intervals", "folder", folder, "interval_s", w.times.Reread.Seconds(), "error", err)
		}
		w.refused[folder] = err.Error()
		return false
	}
	delete(w.refused, folder)
	w.watched[folder] = info
	return true
}

// maxLinks bounds how many symbolic links lead to one file, as the kernel does.
const maxLinks = 40

// pathSteps are the paths whose change may make a file another: the file, its folder, and each symbolic link on the way
// with the folder that it leads through. All are absolute and, but for their last part, without links.
func pathSteps(name string) (steps []string) {
	whole, err := filepath.Abs(filepath.FromSlash(name))
	if err != nil {
		return nil
	}
	root := filepath.VolumeName(whole) + string(filepath.Separator)
	split := func(p string) []string {
		return strings.FieldsFunc(p, func(r rune) bool { return r == filepath.Separator })
	}
	at, rest, links := root, split(strings.TrimPrefix(whole, root)), 0
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		if part == ".." {
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, part)
		info, err := os.Lstat(next)
		switch {
		case err != nil: // it is looked for where it would appear
			return append(steps, next)
		case info.Mode()&fs.ModeSymlink != 0 && links < maxLinks:
			links++
			steps = append(steps, next)
			target, err := os.Readlink(next)
			if err != nil {
				return steps
			}
			if filepath.IsAbs(target) {
				at = root
			}
			rest = append(split(target), rest...)
			continue
		case len(rest) <= 1: // the file and its folder
			steps = append(steps, next)
		}
		at = next
	}
	return steps
}

// names are the files that a plan is read from.
func (c Checked) names() []string {
	if c.Path == StdinPath || c.Files != nil && c.Files.Once {
		return nil
	}
	names := []string{c.Path}
	if c.Files != nil {
		names = slices.AppendSeq(names, maps.Keys(c.Files.Read))
		names = slices.AppendSeq(names, maps.Keys(c.Files.failed))
	}
	return names
}

// globbed are the folders in which the plan's globs look, without links.
func (c Checked) globbed() (folders []string) {
	if c.Files == nil || c.Files.Once {
		return nil
	}
	for pattern := range c.Files.globs {
		if !hasMeta(pattern) {
			continue
		}
		fixed, parts := splitGlob(path.Clean(pattern))
		for i := range parts {
			found, err := []string{fixed}, error(nil)
			if i > 0 {
				found, err = c.Files.folders.glob(path.Join(fixed, path.Join(parts[:i]...)))
			}
			if err != nil {
				break
			}
			for _, folder := range found {
				real, err := realPath(cmpOrDot(folder))
				if info, unfit := os.Stat(real); err == nil && unfit == nil && info.IsDir() {
					folders = append(folders, real)
				}
			}
		}
	}
	return folders
}
