package cli

import (
	"context"
	"fmt"
	"strings"

	"rundown/internal/cli/render"
	"rundown/runner/store"
	"rundown/runner/view"
)

// writeRevisions lists the revisions of all plans, newest first.
func (a *app) writeRevisions(ctx context.Context, s *store.Store, format string) error {
	all, err := view.ReadRevisions(ctx, s, "")
	if err != nil {
		return err
	}
	if format == "json" {
		doc := struct {
			Revisions []view.Revision `json:"revisions"`
		}{[]view.Revision{}}
		for _, r := range all {
			doc.Revisions = append(doc.Revisions, r.JSON())
		}
		return render.JSON(a.out, doc)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(a.out, "no plan was applied yet")
		return err
	}
	t := render.Table{Header: []any{"REVISION", "PLAN", "APPLIED", "WHO", "COMMIT", "HASH", "STATE"}, Name: "NOTE", Spare: "HASH"}
	for _, r := range all {
		t.Add(render.Line(r.Note), r.ID, render.Line(r.Plan), r.At.Format("2006-01-02 15:04:05Z07:00"), render.Line(r.Who),
			r.Commit[:min(len(r.Commit), 8)], r.Hash[:min(len(r.Hash), 8)], strings.Replace(r.Standing, "at work", "active", 1))
	}
	t.Print(a.out, a.width())
	return nil
}
