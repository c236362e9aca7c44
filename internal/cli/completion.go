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
	"rundown/runner/view"
)

// Completion reads plans and the store. If they cannot be read it offers nothing, since a shell shows no errors. It runs at each
// press of a key, so it reads a bounded span and never a whole term, unless a recording was typed first.

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
		return a.completeFromStore(cmd, func(ctx context.Context, s *store.Store) ([]string, error) {
			return offer(ctx, view.NewFinder(s, a.clock()), typed, ended)
		})
	}
}

// completeFromStore offers what find gives of the store, in that order; nothing where the store cannot be read.
func (a *app) completeFromStore(cmd *cobra.Command, find func(context.Context, *store.Store) ([]string, error)) ([]string, cobra.ShellCompDirective) {
	s, err := a.openStore(cmd.Context(), store.Options{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer s.Close()
	names, err := find(cmd.Context(), s)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// offer lists the completions of an ID.
func offer(ctx context.Context, f *view.Finder, typed string, ended bool) ([]string, error) {
	rows, err := f.Store.Occurrences(ctx, store.Filter{StartBefore: f.Now.Add(completedAhead), EndAfter: f.Now.Add(-completedPast)})
	if err != nil {
		return nil, err
	}
	plans, err := f.Active(ctx, "")
	if err != nil {
		return nil, err
	}
	name, _, dated := strings.Cut(typed, "@")
	name = name[strings.IndexByte(name, '/')+1:]
	classes := make([]view.Class, 0, len(rows))
	recordings := map[string]bool{} // of which all classes are looked at, since they may share a day with those of the store
	for _, row := range rows {
		classes = append(classes, view.Class{Row: row})
		recordings[row.Recording] = true
	}
	if dated {
		recordings = map[string]bool{name: true}
	}
	classes = append(classes, unstored(f, plans, rows, recordings, dated)...)
	names := make([]view.Names, len(classes))
	clashing := view.Clashes(plans)
	for i, c := range classes {
		names[i] = c.Names()
		names[i].Clashing = clashing[c.Row.Recording]
	}
	var out []string
	for i, id := range view.ShortestNames(names) {
		c := classes[i]
		open := c.Row.State != string(session.Ended)
		if !c.Stored() { // a recording's whole term would be too much before it is asked for
			open = dated && c.Row.End.After(f.Now) && !c.Planned.Cancelled()
		}
		if (open || ended && c.Stored()) && strings.HasPrefix(id, typed) && len(out) < completedMost {
			out = append(out, cobra.CompletionWithDesc(id, oneLine(descriptionOf(c))))
		}
	}
	if !dated {
		out = append(out, offerRecordings(f, plans, classes, typed, ended, clashing)...)
	}
	return out, nil
}

// unstored gives the classes of the plans' recordings that the store has no row for; with dated however far ahead.
func unstored(f *view.Finder, plans []*plan.Plan, rows []store.Occurrence, recordings map[string]bool, dated bool) []view.Class {
	known := map[string]bool{}
	for _, row := range rows {
		known[row.ID] = true
	}
	var found []view.Class
	for _, p := range plans {
		for _, r := range p.Recordings {
			if !recordings[r.ID] {
				continue
			}
			near := f.Now.Add(completedAhead)
			if dated {
				near = f.Now.Add(view.MoveSpan)
			}
			classes := view.Nearby(p, r, f.Now.Add(-completedPast), near)
			if len(classes) == 0 && dated {
				classes = schedule.OccurrencesOf(r, p, near, view.EndOfTime)
			}
			for _, o := range classes {
				if !known[o.ID] {
					found = append(found, view.Class{Row: view.AsRow(&o), Planned: &o, Plan: p})
				}
			}
		}
	}
	return found
}

// offerRecordings offers the recordings with a class that runs or is ahead, or with ended also those of ended classes.
func offerRecordings(f *view.Finder, plans []*plan.Plan, classes []view.Class, typed string, ended bool, clashing map[string]bool) []string {
	plansOf := map[string][]string{} // by recording
	add := func(recording, of string) {
		if !slices.Contains(plansOf[recording], of) {
			plansOf[recording] = append(plansOf[recording], of)
		}
	}
	for _, c := range classes {
		if ended || c.Begun() || c.Row.End.After(f.Now) && (c.Stored() || !c.Planned.Cancelled()) {
			add(c.Row.Recording, c.Row.Plan)
		}
	}
	for _, p := range plans {
		for _, r := range p.Recordings {
			meant := strings.HasPrefix(p.Name+"/"+r.ID, typed) || strings.HasPrefix(r.ID, typed)
			id := view.ID{Plan: p.Name, Recording: r.ID}
			if meant && len(plansOf) < completedMost && len(id.ClassesOf(p, f.Now)) > 0 {
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

// descriptionOf gives the time and the state of a class.
func descriptionOf(c view.Class) string {
	zone := view.ZoneOf(c.Row)
	start := c.Row.Start.In(zone)
	return fmt.Sprintf("%s %s, %s", start.Format("Mon 2006-01-02"), view.ClockText(start, c.Row.End.In(zone)), c.Row.State)
}

// completeRevisions offers the revisions of plans, newest first.
func (a *app) completeRevisions(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.completeFromStore(cmd, func(ctx context.Context, s *store.Store) (ids []string, err error) {
		revisions, err := s.Revisions(ctx, "")
		for _, r := range revisions[:min(len(revisions), completedMost)] {
			text := fmt.Sprintf("%s, %s", r.Plan, r.At.UTC().Format(time.RFC3339))
			ids = append(ids, cobra.CompletionWithDesc(strconv.FormatInt(r.ID, 10), oneLine(text)))
		}
		return ids, err
	})
}

// completeActivePlans offers the names of active plans.
func (a *app) completeActivePlans(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeFromStore(cmd, func(ctx context.Context, s *store.Store) (names []string, err error) {
		rows, err := activeRevisions(ctx, s)
		for _, r := range rows {
			text := fmt.Sprintf("revision %d, %s", r.ID, r.At.UTC().Format(time.RFC3339))
			names = append(names, cobra.CompletionWithDesc(r.Plan, oneLine(text)))
		}
		return names, err
	})
}
