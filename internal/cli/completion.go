package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/session"
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
	if err != nil || c.Plan == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, r := range c.Plan.Recordings {
		if !slices.Contains(args[1:], r.ID) {
			names = append(names, cobra.CompletionWithDesc(r.ID, oneLine(r.Title)))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeClasses offers classes for the first argument, as people write them; ended ones only where ended says so. They
// are those that the store has and, once a recording and @ are typed, the classes of that recording in its plan, however
// far ahead. Before that the recordings are offered as well.
func (a *app) completeClasses(ended bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		s, err := a.openStore(cmd.Context(), store.Options{})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer s.Close()
		f := &finder{s: s, now: a.clock()}
		names, err := f.offer(cmd.Context(), typed, ended)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// offer lists what an ID that is being typed may become.
func (f *finder) offer(ctx context.Context, typed string, ended bool) ([]string, error) {
	rows, err := f.s.Occurrences(ctx, store.Filter{StartBefore: f.now.Add(completedAhead), EndAfter: f.now.Add(-completedPast)})
	if err != nil {
		return nil, err
	}
	plans, err := f.active(ctx, "")
	if err != nil {
		return nil, err
	}
	name, _, dated := strings.Cut(typed, "@")
	name = name[strings.IndexByte(name, '/')+1:]
	classes := make([]class, 0, len(rows))
	recordings := map[string]bool{} // of which all classes are looked at, since they may share a day with those of the store
	for _, row := range rows {
		classes = append(classes, class{row: row})
		recordings[row.Recording] = true
	}
	if dated {
		recordings = map[string]bool{name: true}
	}
	classes = append(classes, f.unstored(plans, rows, recordings, dated)...)
	names := make([]classNames, len(classes))
	clashing := clashes(plans)
	for i, c := range classes {
		names[i] = c.names()
		names[i].clashing = clashing[c.row.Recording]
	}
	var out []string
	for i, id := range callings(names) {
		c := classes[i]
		open := c.row.State != string(session.Over)
		if !c.stored() { // a recording's whole term would be too much before it is asked for
			open = dated && c.row.End.After(f.now) && !c.planned.Cancelled()
		}
		if (open || ended && c.stored()) && strings.HasPrefix(id, typed) && len(out) < completedMost {
			out = append(out, cobra.CompletionWithDesc(id, oneLine(c.description())))
		}
	}
	if !dated {
		out = append(out, f.offerRecordings(plans, classes, typed, ended, clashing)...)
	}
	return out, nil
}

// unstored gives the classes of the plans' recordings that the store has no row for; with dated however far ahead.
func (f *finder) unstored(plans []*plan.Plan, rows []store.Occurrence, recordings map[string]bool, dated bool) []class {
	known := map[string]bool{}
	for _, row := range rows {
		known[row.ID] = true
	}
	var found []class
	for _, p := range plans {
		for _, r := range p.Recordings {
			if !recordings[r.ID] {
				continue
			}
			near := f.now.Add(completedAhead)
			if dated {
				near = f.now.Add(moveSpan)
			}
			classes := nearby(p, r, f.now.Add(-completedPast), near)
			if len(classes) == 0 && dated {
				classes = schedule.OccurrencesOf(r, p, near, endOfTime)
			}
			for _, o := range classes {
				if !known[o.ID] {
					found = append(found, class{row: asRow(&o), planned: &o, plan: p})
				}
			}
		}
	}
	return found
}

// offerRecordings offers the recordings with a class that runs or is ahead, or with ended also those of ended classes.
func (f *finder) offerRecordings(plans []*plan.Plan, classes []class, typed string, ended bool, clashing map[string]bool) []string {
	plansOf := map[string][]string{} // by recording
	add := func(recording, of string) {
		if !slices.Contains(plansOf[recording], of) {
			plansOf[recording] = append(plansOf[recording], of)
		}
	}
	for _, c := range classes {
		if ended || c.begun() || c.row.End.After(f.now) && (c.stored() || !c.planned.Cancelled()) {
			add(c.row.Recording, c.row.Plan)
		}
	}
	for _, p := range plans {
		for _, r := range p.Recordings {
			meant := strings.HasPrefix(p.Name+"/"+r.ID, typed) || strings.HasPrefix(r.ID, typed)
			id := parsedID{plan: p.Name, recording: r.ID}
			if meant && len(plansOf) < completedMost && len(id.classesOf(p, f.now)) > 0 {
				add(r.ID, p.Name)
			}
		}
	}
	var out []string
	for _, recording := range slices.Sorted(maps.Keys(plansOf)) {
		for _, of := range plansOf[recording] {
			name := recording
			if len(plansOf[recording]) > 1 || clashing[recording] {
				name = of + "/" + recording
			}
			if strings.HasPrefix(name, typed) && len(out) < completedMost {
				out = append(out, cobra.CompletionWithDesc(name, "recording of plan "+of))
			}
		}
	}
	return out
}

// description is when a class is and how it stands.
func (c class) description() string {
	zone := zoneOf(c.row)
	start := c.row.Start.In(zone)
	return fmt.Sprintf("%s %s, %s", start.Format("Mon 2006-01-02"), clockOf(start, c.row.End.In(zone)), c.row.State)
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
