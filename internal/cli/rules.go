package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rundown/agora/catalog"
	"rundown/docs"
	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner/view"
)

// ruleJSON is a rule or a restriction of the service, as rules and the manual have it.
type ruleJSON struct {
	ID        string  `json:"id"`
	Severity  string  `json:"severity"`
	Check     string  `json:"check"`
	Statement string  `json:"statement"`
	Source    *string `json:"source"`
	Enforced  string  `json:"enforced"`
	Place     *string `json:"place"`
	Test      *string `json:"test"`
	Note      *string `json:"note"` // what the program does beside it, or instead
}

// newRulesCommand makes rules. What it prints is compiled in, so that it belongs to this version; it reads nothing. An ID that no
// rule has is a usage error.
func newRulesCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules [ID]",
		Short: "List and explain the rules",
		Long: `List every rule, or explain one.

The list has the rules for plans and the documented restrictions of the service
with their sources. ENFORCED says how a rule is enforced: by a finding of
validate, by the construction of requests, by a figure in the output, at run
time, by probing the page, or by a person. With an ID, rules prints the section
of the manual: where the rule is enforced, which test proves it, and for
findings an example of a plan that breaks the rule and of one that does not.`,
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
			return render.JSON(a.out, rules)
		case len(args) == 1:
			return a.printRule(rules[0])
		}
		t := render.Table{Header: []any{"ID", "SEVERITY", "ENFORCED"}, Name: "STATEMENT"}
		for _, r := range rules {
			t.Add(r.Statement, r.ID, render.SeverityWord(plan.Severity(r.Severity)), r.Enforced)
		}
		a.printTable(a.out, &t, a.lineWidth(a.out))
		return nil
	}
	return cmd
}

// unknownRule suggests the nearest rule.
func unknownRule(id string, rules []ruleJSON) error {
	ids := make([]string, len(rules))
	for i, r := range rules {
		ids[i] = r.ID
	}
	return fmt.Errorf("no rule %q%s", id, didYouMean(id, ids))
}

// printRule prints the rule's section of the manual.
func (a *app) printRule(r ruleJSON) error {
	section, ok := docs.Rule(r.ID)
	if !ok {
		return fmt.Errorf("the manual has no section on %s", r.ID)
	}
	render.PrintMarkdown(a.out, a.lineWidth(a.out), r.ID+"\n\n"+section)
	return nil
}

// allRules are the plan's own rules and the catalogue, each once, sorted by id.
func allRules() []ruleJSON {
	ours := map[string]plan.Rule{}
	for _, r := range plan.Rules() {
		ours[r.ID] = r
	}
	var list []ruleJSON
	for _, r := range catalog.Restrictions() {
		by, _ := rules.MechanismOf(r.ID)
		severity := r.Severity
		if checked, ok := ours[r.ID]; ok {
			severity = string(checked.Severity)
			delete(ours, r.ID)
		}
		list = append(list, ruleJSON{r.ID, severity, r.Check, r.Statement, view.OrNull(r.Source), string(by), view.OrNull(r.Enforced.In), view.OrNull(r.Enforced.Test), view.OrNull(rules.NoteOf(r.ID))})
	}
	for _, r := range ours {
		list = append(list, ruleJSON{r.ID, string(r.Severity), "plan", r.Statement, view.OrNull(r.Source), string(rules.ByFinding), nil, nil, nil})
	}
	slices.SortFunc(list, func(x, y ruleJSON) int { return strings.Compare(x.ID, y.ID) })
	return list
}
