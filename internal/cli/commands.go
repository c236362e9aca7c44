package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The groups in which the help lists the commands.
const (
	groupPlan    = "plan"
	groupRun     = "run"
	groupLook    = "look"
	groupOperate = "operate"
	groupOther   = "other"
)

var groups = []*cobra.Group{
	{ID: groupPlan, Title: "Write and check plans:"},
	{ID: groupRun, Title: "Record:"},
	{ID: groupLook, Title: "Inspect:"},
	{ID: groupOperate, Title: "Operate:"},
	{ID: groupOther, Title: "Other commands:"},
}

// Shared flags that go together.
var (
	serviceFlags = []string{"api-url", "simulate"}
	logFlags     = []string{"log-format", "log-level"}
)

// addCommands adds every command: a command is one file and one line here. The last column names the shared flags that
// act on it; help and completion show no others.
func addCommands(a *app, root *cobra.Command) {
	root.AddGroup(groups...)
	for _, c := range []struct {
		group string
		cmd   *cobra.Command
		flags []string
	}{
		{groupPlan, newValidateCommand(a), []string{"now"}},
		{groupPlan, newListCommand(a), []string{"now"}},
		{groupPlan, newShowCommand(a), []string{"now", "store"}},
		{groupPlan, newForecastCommand(a), []string{"now"}},
		{groupPlan, newDiffCommand(a), []string{"now", "store"}},
		{groupPlan, newRulesCommand(a), nil},
		{groupPlan, newSchemaCommand(a), nil},
		{groupRun, newNowCommand(a), slices.Concat([]string{"store"}, serviceFlags, logFlags)},
		{groupRun, newRunCommand(a), slices.Concat([]string{"store", "now"}, serviceFlags, logFlags)},
		{groupRun, newSimulatorCommand(a), logFlags},
		{groupLook, newStatusCommand(a), []string{"store"}},
		{groupLook, newHistoryCommand(a), []string{"store"}},
		{groupLook, newDoctorCommand(a), slices.Concat([]string{"store", "now"}, serviceFlags)},
		{groupOperate, newApplyCommand(a), []string{"store"}},
		{groupOperate, newCancelCommand(a), []string{"store"}},
		{groupOperate, newExtendCommand(a), []string{"store"}},
		{groupOperate, newPauseCommand(a), []string{"store"}},
		{groupOperate, newResumeCommand(a), []string{"store"}},
		{groupOperate, newNotifyCommand(a), []string{"store", "now"}},
		{groupOperate, newStoreCommand(a), []string{"store"}},
		{groupOperate, newHealthcheckCommand(a), nil},
		{groupOperate, newAddressesCommand(a), slices.Concat([]string{"store"}, serviceFlags, logFlags)},
		{groupOther, newVersionCommand(a), nil},
	} {
		c.cmd.GroupID = c.group
		c.cmd.Annotations = map[string]string{flagsAnnotation: strings.Join(c.flags, " ")}
		root.AddCommand(c.cmd)
	}
	root.SetHelpCommandGroupID(groupOther)
	root.SetCompletionCommandGroupID(groupOther)
}

// flagsAnnotation holds the names of the shared flags that act on a command.
const flagsAnnotation = "rundown/flags"

// hideFlags hides the shared flags that do not act on the command that args name, from help, completion and hints. They
// are taken all the same, so that a script may pass one set of flags to every command.
func hideFlags(root *cobra.Command, args []string) {
	for len(args) > 0 && slices.Contains([]string{"help", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, args[0]) {
		args = args[1:]
	}
	cmd, _, err := root.Find(args)
	if err != nil || cmd == root {
		return
	}
	for cmd.Parent() != root { // a command of a group takes the flags of the group
		cmd = cmd.Parent()
	}
	used := strings.Fields(cmd.Annotations[flagsAnnotation])
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { f.Hidden = !slices.Contains(used, f.Name) })
}
