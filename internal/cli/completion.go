package cli

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"rundown/runner/store"
)

// Completion reads plans and the store as they are. What cannot be read offers nothing: a shell shows no errors.

const (
	completedAhead = 8 * 24 * time.Hour // classes that start later are not offered
	completedPast  = 7 * 24 * time.Hour // nor are those that ended earlier
	completedMost  = 200                // at most so many are offered
)

// completeRecordings offers plan files, and after one the recordings in it.
func (a *app) completeRecordings(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return completePlans(cmd, args, typed)
	}
	c, err := a.loadPlan(args[0])
	if err != nil || c.plan == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, r := range c.plan.Recordings {
		if !slices.Contains(args[1:], r.ID) {
			names = append(names, cobra.CompletionWithDesc(r.ID, oneLine(r.Title)))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeClasses offers the classes of the store for the first argument, as people write them; of ended ones only
// where ended says so.
func (a *app) completeClasses(ended bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		s, err := a.openStore(cmd.Context(), store.Options{})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer s.Close()
		now := a.clock()
		rows, err := s.Occurrences(cmd.Context(), store.Filter{
			Open: !ended, StartBefore: now.Add(completedAhead), EndAfter: now.Add(-completedPast), Limit: completedMost,
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offered(rows), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// offered names each class by the shortest form that means it alone, with its time and state as a description.
func offered(rows []store.Occurrence) []string {
	forms := func(o store.Occurrence) []string {
		day := o.Recording + "@" + o.Day
		return []string{day, day + "T" + o.Clock, o.Plan + "/" + day, o.ID}
	}
	count := map[string]int{}
	for _, o := range rows {
		for _, form := range forms(o) {
			count[form]++
		}
	}
	names := make([]string, len(rows))
	for i, o := range rows {
		for _, form := range forms(o) {
			if names[i] = form; count[form] == 1 {
				break
			}
		}
		zone := zoneOf(o)
		description := fmt.Sprintf("%s %s, %s", o.Start.In(zone).Format("Mon 2006-01-02"), clockOf(o.Start.In(zone), o.End.In(zone)), o.State)
		names[i] = cobra.CompletionWithDesc(names[i], oneLine(description))
	}
	return names
}

// completeRevisions offers the revisions of plans, newest first.
func (a *app) completeRevisions(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	s, err := a.openStore(cmd.Context(), store.Options{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer s.Close()
	revisions, err := s.Revisions(cmd.Context(), "")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	for _, r := range revisions[:min(len(revisions), completedMost)] {
		text := fmt.Sprintf("%s, %s", r.Plan, r.At.UTC().Format(time.RFC3339))
		ids = append(ids, cobra.CompletionWithDesc(strconv.FormatInt(r.ID, 10), oneLine(text)))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
