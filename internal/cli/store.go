package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"rundown/runner/store"
)

// storeDSN names the store: --store, else RUNDOWN_STORE, else rundown/rundown.db in the user's state folder.
func (a *app) storeDSN() (string, error) {
	dsn := a.flags.store
	if dsn == "" {
		dsn, _ = a.env("RUNDOWN_STORE")
	}
	if dsn == "" {
		file, err := a.defaultStoreFile()
		if err != nil {
			return "", err
		}
		dsn = "sqlite:" + file
	}
	return dsn, nil
}

// defaultStoreFile follows the XDG base directories: a relative XDG_STATE_HOME is as good as none.
func (a *app) defaultStoreFile() (string, error) {
	folder, _ := a.env("XDG_STATE_HOME")
	if !filepath.IsAbs(folder) {
		home, _ := a.env("HOME")
		if home == "" {
			return "", errors.New("no folder for the store: set --store, RUNDOWN_STORE or HOME")
		}
		folder = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(folder, "rundown", "rundown.db"), nil
}

// storeNamed says whether a store is named, by --store or RUNDOWN_STORE.
func (a *app) storeNamed() bool {
	name, _ := a.env("RUNDOWN_STORE")
	return a.flags.store != "" || name != ""
}

// openStore opens the store that the flags name.
func (a *app) openStore(ctx context.Context, opts store.Options) (*store.Store, error) {
	dsn, err := a.storeDSN()
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, dsn, opts)
	if errors.Is(err, store.ErrNotExist) {
		return nil, fmt.Errorf("%w: run, now and apply create one, --store names another", err)
	}
	return s, err // the store's errors name it, without any password
}

// findStored gives the one occurrence that an ID names: a whole identity, or recording@day where that is enough.
func findStored(ctx context.Context, s *store.Store, id string) (store.Occurrence, error) {
	found, err := s.Occurrences(ctx, store.Filter{ID: id})
	if err != nil {
		return store.Occurrence{}, fmt.Errorf("look up %s: %w", id, err)
	}
	switch len(found) {
	case 0:
		return store.Occurrence{}, fmt.Errorf("no occurrence %s in the store, which holds the classes of the next eight days and what was; rundown list PLAN tells the names of classes", shown(id))
	case 1:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, o := range found {
		ids[i] = o.ID
	}
	return store.Occurrence{}, fmt.Errorf("%s names %d occurrences, name one of them: %s", shown(id), len(ids), strings.Join(ids, ", "))
}
