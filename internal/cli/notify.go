package cli

import "github.com/spf13/cobra"

// newNotifyCommand groups what is done about notifications.
func newNotifyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Test notifications, and list those that wait",
		Long: `Test notifications, and list those that wait.

The entries of notify in a plan say who hears of classes, plans and the health
of the daemon. The daemon sends.`,
		Example: `  rundown notify test
  rundown notify list`,
		Args: cobra.ArbitraryArgs,
		RunE: a.noCommand,
	}
	cmd.AddCommand(newNotifyTestCommand(a), newNotifyListCommand(a))
	return cmd
}
