package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

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
