package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rundown/agora"
	"rundown/plan"
)

type ruleJSON struct {
	ID        string  `json:"id"`
	Severity  string  `json:"severity"`
	Check     string  `json:"check"`
	Statement string  `json:"statement"`
	Source    *string `json:"source"`
	Enforced  string  `json:"enforced"`
}

func newRulesCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules [ID]",
		Short: "Explain the rules",
		Long: `Rules lists every rule: those of plans, and the documented restrictions of the service with their sources. Enforced
tells how a rule is kept: by a finding of validate, by construction of the requests, by a figure that validate
reports, at run time, by probing the page, or by a human.`,
		Example: `  rundown rules
  rundown rules calendar-matches-nothing
  rundown rules --format json`,
		Args: arguments(0, 1, "ID"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, r := range allRules() {
				ids = append(ids, r.ID)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
	}
	format := addFormat(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		rules := allRules()
		if len(args) == 1 {
			i := slices.IndexFunc(rules, func(r ruleJSON) bool { return r.ID == args[0] })
			if i < 0 {
				return &usageError{cmd.CommandPath(), unknownRule(args[0], rules)}
			}
			rules = rules[i : i+1]
		}
		switch {
		case format.value == "json":
			return writeJSON(a.out, rules)
		case len(args) == 1:
			return a.printRule(rules[0])
		}
		t := newTable(a.out, "ID", "SEVERITY", "ENFORCED", "STATEMENT")
		for _, r := range rules {
			t.AppendRow([]any{r.ID, r.Severity, r.Enforced, r.Statement})
		}
		t.Render()
		return nil
	}
	return cmd
}

func unknownRule(id string, rules []ruleJSON) error {
	ids := make([]string, len(rules))
	for i, r := range rules {
		ids[i] = r.ID
	}
	if best := nearest(id, ids); best != "" {
		return fmt.Errorf("no rule %q, did you mean %q?", id, best)
	}
	return fmt.Errorf("no rule %q", id)
}

func (a *app) printRule(r ruleJSON) error {
	source := "rundown's own rule"
	if r.Source != nil {
		source = *r.Source
	}
	_, err := fmt.Fprintf(a.out, "%s (%s)\n  %s\n  check: %s, enforced: %s\n  source: %s\n",
		r.ID, r.Severity, r.Statement, r.Check, r.Enforced, source)
	return err
}

// allRules are the plan's own rules and the catalogue, each once, sorted by id.
func allRules() []ruleJSON {
	checked := map[string]plan.Rule{}
	for _, r := range plan.Rules() {
		checked[r.ID] = r
	}
	var rules []ruleJSON
	for _, r := range agora.Restrictions() {
		_, finding := checked[r.ID]
		delete(checked, r.ID)
		rules = append(rules, ruleJSON{r.ID, r.Severity, r.Check, r.Statement, orNull(r.Source), enforcement(r.Check, finding)})
	}
	for _, r := range checked {
		rules = append(rules, ruleJSON{r.ID, string(r.Severity), "plan", r.Statement, orNull(r.Source), "finding"})
	}
	slices.SortFunc(rules, func(x, y ruleJSON) int { return strings.Compare(x.ID, y.ID) })
	return rules
}

// enforcement tells how a restriction is kept. What a plan could break but nothing reports as a finding is either
// never written so by the program, or shows in the figures that validate sums up.
func enforcement(check string, finding bool) string {
	switch {
	case finding:
		return "finding"
	case check == "static":
		return "construction"
	case check == "plan":
		return "figure"
	default:
		return check
	}
}
