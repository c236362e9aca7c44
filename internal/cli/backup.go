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
	cmd.AddCommand(newBackupCommand(a), newMigrateCommand(a), newCopyCommand(a))
	return cmd
}

func newBackupCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the store to a new file, while the daemon runs",
		Long: `Copy the store to a new file, while the daemon runs.

The copy is the store as it was at one instant. It is checked before it gets
its name, an existing file is never replaced, and only the owner can read it.

PostgreSQL makes its own copies: use pg_dump.

To restore a copy, stop the daemon, move the files of the store away (FILE,
FILE-wal and FILE-shm), put the copy in place of FILE, and start the daemon.`,
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
		_, err = fmt.Fprintf(a.out, "%s: %d classes, %s\n", view.Line(args[0]), copied.Occurrences, size(copied.Bytes))
		return err
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
