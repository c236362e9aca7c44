package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"rundown/runner/store"
	"rundown/runner/view"
)

// newStoreCommand groups the commands that manage the store.
func newStoreCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "store",
		Short:   "Manage the store",
		Long:    `Manage the store.`,
		Example: `  rundown store backup /backups/rundown.db`,
		Args:    cobra.ArbitraryArgs,
		RunE:    a.noCommand,
	}
	cmd.AddCommand(newBackupCommand(a), newRestoreCommand(a), newMigrateCommand(a), newCopyCommand(a), newReuseCommand(a))
	return cmd
}

// newBackupCommand makes store backup. It ends by a signal without a file: the copy gets its name last. A file that exists is status 2
// and stays as it is.
func newBackupCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the store to a new file, while the daemon runs",
		Long: `Copy the store to a new file, while the daemon runs.

The copy is the store as it was at one instant. It is checked before it gets
its name, an existing file is never replaced, and only the owner can read it.

PostgreSQL makes its own copies: use pg_dump.

store restore puts a copy in the place of the store.`,
		Example: `  rundown store backup /backups/rundown-$(date +%F).db
  rundown history --store sqlite:/backups/rundown-2031-09-17.db`,
		Args: arguments(1, 1, "FILE"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, stop := untilSignal(cmd.Context())
		defer stop()
		s, err := a.openStore(ctx, store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		copied, err := s.Backup(ctx, args[0])
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("back up to %s: interrupted; no file was written", args[0])
		case errors.Is(err, fs.ErrExist):
			return fmt.Errorf("back up to %s: the file exists; choose another name", args[0])
		case err != nil:
			return err
		}
		fmt.Fprintf(a.out, "%s: %d classes, %s\n", view.Line(args[0]), copied.Occurrences, size(copied.Bytes))
		return nil
	}
	return cmd
}

// newRestoreCommand makes store restore. A daemon that works on the store is status 2, and so is a copy that cannot be used; the store
// is then as before.
func newRestoreCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore COPY",
		Short: "Put a copy in the place of the store",
		Long: `Put a copy made by store backup in the place of the store.

The daemon must be stopped. The copy is checked first, and stays as it is. The
files of the store are moved aside, and the owner and the permissions of the
store are kept. Recordings that were started after the copy are unknown to it:
the next daemon reports each that it comes upon as an orphan.

PostgreSQL restores its own copies: use pg_restore.`,
		Example: `  rundown store restore /backups/rundown-2031-09-17.db
  rundown store restore copy.db --store sqlite:/var/lib/rundown/rundown.db`,
		Args: arguments(1, 1, "COPY"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dsn, err := a.storeDSN()
		if err != nil {
			return err
		}
		ctx, stop := untilSignal(cmd.Context())
		defer stop()
		r, err := store.Restore(ctx, dsn, args[0])
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s: %d classes, %s\n", view.Line(r.Path), r.Occurrences, size(r.Bytes))
		if r.Aside != "" {
			a.say("the store that was there before is %s", r.Aside)
		}
		return nil
	}
	return cmd
}

// size writes a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes < 1e6:
		return fmt.Sprintf("%d KB", (bytes+999)/1000)
	case bytes < 1e9:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}

// newMigrateCommand makes store migrate, for those who want the migration before the start of a new version. With --check it only
// reads, and a store that needs a migration is status 1.
func newMigrateCommand(a *app) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables of the store up to date",
		Long: `Bring the tables of the store up to date with this version of rundown.

run, now and apply do so themselves. On PostgreSQL, migrate also makes the
tables of an empty database, and daemons of the version before this one keep
working meanwhile. An SQLite store must not be in use.

--check changes nothing. The exit status is 1 if the store needs a migration.`,
		Example: `  rundown store migrate --check
  rundown store migrate --store postgres://rundown@db.example/rundown`,
		Args: arguments(0, 0),
	}
	cmd.Flags().BoolVar(&check, "check", false, "only say whether the store needs a migration")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		dsn, err := a.storeDSN()
		if err != nil {
			return err
		}
		if check {
			s, err := store.ReadSchema(cmd.Context(), dsn)
			if err != nil {
				return err
			}
			return a.tellSchema(s)
		}
		before, err := store.Migrate(cmd.Context(), dsn)
		switch {
		case err != nil:
			return err
		case before.Current():
			return a.tellSchema(before)
		case before.Have < 0:
			fmt.Fprintf(a.out, "%s: created with schema %d\n", view.Line(before.Path), before.Want)
		default:
			fmt.Fprintf(a.out, "%s: migrated from schema %d to %d\n", view.Line(before.Path), before.Have, before.Want)
		}
		return nil
	}
	return cmd
}

// tellSchema says what the schema of a store is. One that needs a migration is exit status 1.
func (a *app) tellSchema(s store.Schema) error {
	path := view.Line(s.Path)
	switch {
	case s.Newer > 0:
		fmt.Fprintf(a.out, "%s: schema %d is newer than %d, the one of this version\n", path, s.Have, s.Want)
	case s.Current():
		fmt.Fprintf(a.out, "%s: schema %d is up to date\n", path, s.Have)
	case s.Have < 0:
		fmt.Fprintf(a.out, "%s: has no tables yet; this version makes schema %d\n", path, s.Want)
		return errFindings
	default:
		fmt.Fprintf(a.out, "%s: schema %d needs a migration to %d\n", path, s.Have, s.Want)
		return errFindings
	}
	return nil
}

// newReuseCommand makes store reuse.
func newReuseCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reuse",
		Short: "Let daemons use a store again that was copied",
		Long: `Let daemons use a store again that was copied by rundown store copy.

Stop the daemons on the copy first: two stores do not know of each other, and
each class would be recorded twice. What was recorded and ordered since the
copy is only in the copy.`,
		Example: `  rundown store reuse --store sqlite:/var/lib/rundown/rundown.db`,
		Args:    arguments(0, 0),
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, err := a.openStore(cmd.Context(), store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		switch to, err := s.Reuse(cmd.Context()); {
		case err != nil:
			return err
		case to == "":
			fmt.Fprintf(a.out, "%s was not copied; daemons can use it\n", view.Line(s.Path()))
		default:
			fmt.Fprintf(a.out, "%s is used again; it was copied to %s\n", view.Line(s.Path()), view.Line(to))
		}
		return nil
	}
	return cmd
}

// newCopyCommand makes store copy. The addresses are arguments, and references in them are filled in here, so that no password
// stands in the list of processes.
func newCopyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy the store to another database",
		Long: `Copy the whole store to another database: from SQLite to PostgreSQL, or back.

FROM and TO are names of stores, as for --store. TO must be empty. Daemons on
both must be stopped. All is copied or nothing: the copy is one transaction,
and the numbers of rows are compared.

No daemon starts on FROM afterwards, since two would record each class twice.
To go back to FROM, stop the daemons on TO, and run rundown store reuse.`,
		Example: `  rundown store copy sqlite:/var/lib/rundown/rundown.db \
    'postgres://rundown:${file:/etc/rundown/password}@db.example/rundown'`,
		Args: arguments(2, 2, "FROM", "TO"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, stop := untilSignal(cmd.Context())
		defer stop()
		from, err := a.fillIn(args[0])
		if err != nil {
			return err
		}
		to, err := a.fillIn(args[1])
		if err != nil {
			return err
		}
		var rows int64
		err = store.Copy(ctx, from, to, func(c store.TableCopied) {
			rows += c.Rows
			fmt.Fprintf(a.err, "%s: %d rows\n", c.Table, c.Rows)
		})
		switch {
		case ctx.Err() != nil:
			return errors.New("copy the store: interrupted; nothing was copied")
		case err != nil:
			return err
		}
		fmt.Fprintf(a.out, "copied %d rows\n", rows)
		return nil
	}
	return cmd
}
