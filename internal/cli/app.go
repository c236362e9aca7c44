package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rundown/internal/host"
	"rundown/runner/view"
)

// app is what the commands share: streams, environment, clock and the flags that all of them have.
type app struct {
	in  io.Reader
	out *output
	err io.Writer
	log *host.LogQueue // before standard error; nil where a command writes to it directly

	env   func(name string) (string, bool)
	clock func() time.Time

	flags sharedFlags

	stopPatience time.Duration // of run --stop-all
}

// sharedFlags are the flags that every command takes, though not every one acts on each.
type sharedFlags struct {
	store     string // "": RUNDOWN_STORE, else the user's state folder
	apiURL    string // "": the service itself
	simulate  bool
	now       timeFlag
	logFormat string
	logLevel  string

	includeDirs []string // of the commands that read plans
}

// newApp is an app as the process has it: its environment and the clock of this machine. Tests set other ones afterwards.
func newApp(s Streams) *app {
	return &app{in: s.In, out: &output{w: s.Out}, err: s.Err, env: os.LookupEnv, clock: time.Now, stopPatience: stopPatience}
}

// now is the current time, or that of --now. Commands that send requests or give orders use clock instead.
func (a *app) now() time.Time {
	if a.flags.now.set {
		return a.flags.now.At
	}
	return a.clock()
}

// newRootCommand assembles the command line.
func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "rundown",
		Short: "Record scheduled classes and meetings from their web pages",
		Long: `Rundown records classes and meetings from their web pages with Agora's web page
recording. Plans in YAML list the recordings and their times. Rundown checks
the plans, and its daemon starts, watches and stops each recording on time.`,
		Example: `  rundown validate plan.yaml
  rundown list plan.yaml --from 2031-09-15 --until 2031-09-21
  rundown run plan.yaml
  rundown status`,
		Args:              cobra.ArbitraryArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.checkFlags(cmd) },
		RunE:              a.noCommand,
		Version:           versionOf().Version,
	}
	root.SetVersionTemplate("rundown {{.Version}}\n")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", a.width())))
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{cmd.CommandPath(), explainFlag(cmd, err)}
	})

	flags := root.PersistentFlags()
	flags.StringVar(&a.flags.store, "store", "", "the store: `STORE` is sqlite:FILE or postgres://USER@HOST/DATABASE (default $RUNDOWN_STORE, else rundown/rundown.db in the user's state folder)")
	flags.StringVar(&a.flags.apiURL, "api-url", "", "base `URL` of the service; http only for a loopback address (default: the documented hosts)")
	flags.BoolVar(&a.flags.simulate, "simulate", false, "use an embedded simulator instead of the service")
	flags.Var(&a.flags.now, "now", "pretend it is `TIME` (RFC 3339 or a day), in commands that only compute")
	flags.StringVar(&a.flags.logFormat, "log-format", "text", "log format: `FORMAT` is text or json")
	flags.StringVar(&a.flags.logLevel, "log-level", "info", "minimum log level: `LEVEL` is debug, info, warn or error")
	complete(root, "log-format", "text", "json")
	complete(root, "log-level", "debug", "info", "warn", "error")

	addCommands(a, root)
	return root
}

// checkFlags rejects invalid shared flags before a command starts.
func (a *app) checkFlags(cmd *cobra.Command) error {
	if _, err := host.NewLogger(io.Discard, a.flags.logFormat, a.flags.logLevel); err != nil {
		return &usageError{cmd.CommandPath(), err}
	}
	if err := checkAPIURL(a.flags.apiURL); err != nil {
		return &usageError{cmd.CommandPath(), err}
	}
	return nil
}

// arguments checks the number of arguments and reports a usage error in our form. names are the required arguments.
func arguments(least, most int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return &usageError{cmd.CommandPath(), fmt.Errorf("%s missing", strings.Join(names[len(args):least], " and "))}
		case most >= 0 && len(args) > most:
			return &usageError{cmd.CommandPath(), fmt.Errorf("unexpected argument %q", args[most])}
		}
		return nil
	}
}

// noCommand runs a command that only groups others: it shows the help and fails.
func (a *app) noCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{cmd.CommandPath(), unknownCommand(cmd, args[0])}
	}
	cmd.SetOut(a.err)
	_ = cmd.Help()
	return &usageError{cmd.CommandPath(), errors.New("no command given")}
}

// Words of other programs for commands and for flags, which are no misspellings of ours.
var (
	otherCommands = map[string]string{"start": "run", "stop-all": "run --stop-all"}
	otherFlags    = map[string]string{"to": "until", "json": "format json"}
)

// unknownCommand suggests the nearest command.
func unknownCommand(root *cobra.Command, name string) error {
	if other := otherCommands[name]; other != "" {
		return fmt.Errorf("unknown command %q, did you mean %q?", name, other)
	}
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return fmt.Errorf("unknown command %q%s", name, didYouMean(name, names))
}

// didYouMean ends a message about a name that does not exist: it asks for the nearest of those that do, if one is near.
func didYouMean(name string, names []string) string {
	if best := view.Nearest(name, names); best != "" {
		return fmt.Sprintf(", did you mean %q?", best)
	}
	return ""
}

// explainFlag improves the errors of pflag: for an unknown flag it names the commands that have it, else the nearest flag;
// for a duration it shows the format.
func explainFlag(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok && invalid.GetFlag().Value.Type() == "duration" {
		return fmt.Errorf("invalid --%s %q: %s", invalid.GetFlag().Name, view.Line(invalid.GetValue()), durationHint(invalid.GetValue()))
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	if other := otherFlags[unknown.GetSpecifiedName()]; cmd.Flags().Lookup(strings.Fields(other + " -")[0]) != nil {
		return fmt.Errorf("%w, did you mean --%s?", err, other)
	}
	if others := commandsWith(cmd.Root(), unknown.GetSpecifiedName()); len(others) > 0 {
		return fmt.Errorf("%w; it is a flag of %s", err, view.JoinSome(others, 4))
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if best := view.Nearest(unknown.GetSpecifiedName(), names); best != "" {
		return fmt.Errorf("%w, did you mean --%s?", err, best)
	}
	return err
}

// commandsWith lists the full names of the commands that have a flag.
func commandsWith(root *cobra.Command, flag string) (commands []string) {
	for _, c := range root.Commands() {
		if f := c.Flags().Lookup(flag); c.IsAvailableCommand() && f != nil && !f.Hidden && root.PersistentFlags().Lookup(flag) == nil {
			commands = append(commands, c.CommandPath())
		}
		commands = append(commands, commandsWith(c, flag)...)
	}
	return commands
}

// durationHint shows the format of a duration that could not be parsed.
func durationHint(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return fmt.Sprintf("write %ss for seconds or %sm for minutes", s, s)
	}
	return "write a number with its unit, such as 45s, 15m or 1h30m"
}

// complete registers the shell completion of a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	mustExist(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// mustExist takes the error of what registers a completion: there is one only for a flag that does not exist, which every test
// would show.
func mustExist(err error) {
	if err != nil {
		panic(err)
	}
}

// completePlans completes plan files.
func completePlans(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// The groups in which the help lists the commands.
const (
	groupPlan    = "plan"
	groupRun     = "run"
	groupLook    = "look"
	groupOperate = "operate"
	groupOther   = "other"
)

// groups are in the order in which the help shows them.
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

// addCommands adds every command, one line for each. A command has a file of its own, or shares that of its opposite, as resume
// does that of pause. The last column lists the shared flags that affect
// the command; help and completion show no others.
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
		{groupOperate, newWithdrawCommand(a), []string{"store"}},
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
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Run, c.RunE = nil, helpOn
		}
	}
}

// helpOn shows the help of the command that the arguments name. That of cobra shows the whole help, with status 0, for one that does
// not exist.
func helpOn(help *cobra.Command, args []string) error {
	cmd := help.Root()
	for _, name := range args {
		all := cmd.Commands()
		i := slices.IndexFunc(all, func(c *cobra.Command) bool { return c.Name() == name || c.HasAlias(name) })
		switch {
		case i >= 0:
			cmd = all[i]
		case cmd.HasAvailableSubCommands():
			return &usageError{cmd.CommandPath(), unknownCommand(cmd, name)}
		default:
			return &usageError{cmd.CommandPath(), fmt.Errorf("unexpected argument %q", name)}
		}
	}
	cmd.InitDefaultHelpFlag() // so that it is shown
	cmd.InitDefaultVersionFlag()
	return cmd.Help()
}

// flagsAnnotation holds the names of the shared flags that act on a command.
const flagsAnnotation = "rundown/flags"

// hideFlags hides the shared flags that do not affect the command in args from help, completion and hints. They are still
// accepted, so that a script may pass the same flags to every command.
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
