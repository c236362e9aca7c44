package cli

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"rundown/plan"
)

// settle is how long the files must have been quiet before they are read: an editor or a git checkout writes many.
const settle = 300 * time.Millisecond

// planWatch tells when a file in a folder of a plan changes. Folders are watched and not files, since editors and
// mounted configuration replace files. A nil one never tells anything.
type planWatch struct {
	watcher *fsnotify.Watcher
	tell    chan struct{}
	done    chan struct{}
	log     *slog.Logger
}

func newPlanWatch(plans []checkedPlan, log *slog.Logger) (*planWatch, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &planWatch{watcher: watcher, tell: make(chan struct{}, 1), done: make(chan struct{}), log: log}
	w.follow(plans)
	if len(plans) > 0 && len(watcher.WatchList()) == 0 && !slices.ContainsFunc(plans, func(c checkedPlan) bool { return c.path == stdinPath }) {
		return nil, errors.Join(errors.New("no folder can be watched"), watcher.Close())
	}
	go w.loop()
	return w, nil
}

// follow watches the folders of all files of the plans.
func (w *planWatch) follow(plans []checkedPlan) {
	if w == nil {
		return
	}
	watched := w.watcher.WatchList()
	for _, c := range plans {
		for _, f := range c.plan.Files {
			if f.Path == stdinPath {
				continue
			}
			folder := filepath.Dir(filepath.FromSlash(f.Path))
			if slices.Contains(watched, folder) {
				continue
			}
			if err := w.watcher.Add(folder); err != nil {
				w.log.Warn("a folder of the plan cannot be watched; SIGHUP reads it again", "folder", folder, "error", err)
				continue
			}
			watched = append(watched, folder)
		}
	}
}

func (w *planWatch) loop() {
	defer close(w.done)
	var quiet <-chan time.Time
	for {
		select {
		case event, ok := <-w.watcher.Events:
			switch {
			case !ok:
				return
			case concerns(event.Name) && quiet == nil: // later ones do not push it back: there may be no end of them
				quiet = time.After(settle)
			}
		case err, ok := <-w.watcher.Errors:
			if !ok {
				return
			}
			w.log.Warn("watching the plans", "error", err)
			quiet = time.After(settle) // what was missed is found by reading
		case <-quiet:
			quiet = nil
			select {
			case w.tell <- struct{}{}:
			default:
			}
		}
	}
}

// concerns says that a file may belong to a plan: logs and stores beside it are written all the time. Mounted
// configuration is swapped by way of a link named ..data.
func concerns(name string) bool {
	switch filepath.Ext(name) {
	case ".yaml", ".yml":
		return true
	}
	return filepath.Base(name) == "..data"
}

// changed receives when the files have changed and are quiet again.
func (w *planWatch) changed() <-chan struct{} {
	if w == nil {
		return nil
	}
	return w.tell
}

func (w *planWatch) close() {
	if w != nil {
		_ = w.watcher.Close()
		<-w.done
	}
}

// sameFiles says that two readings of a plan found the same text.
func sameFiles(a, b *plan.Plan) bool {
	return slices.EqualFunc(a.Files, b.Files, func(x, y plan.File) bool {
		return x.Path == y.Path && bytes.Equal(x.Text, y.Text)
	})
}
