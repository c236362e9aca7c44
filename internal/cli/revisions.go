package cli

import (
	"context"
	"fmt"

	"rundown/internal/cli/render"
	"rundown/runner/store"
)

// revisionJSON is a plan revision as history --plans writes it.
type revisionJSON struct {
	Revision   int64   `json:"revision"`
	Plan       string  `json:"plan"`
	Path       string  `json:"path"`
	At         *string `json:"at"`
	Who        *string `json:"who"`
	Commit     *string `json:"commit"`
	Hash       *string `json:"hash"` // null for the revision that withdraws the plan
	State      string  `json:"state"`
	Note       *string `json:"note"`
	ReasonCode *string `json:"reason_code"` // why it waits or was refused
}

// stateOf says in a word where a revision stands.
func stateOf(r store.Revision, atWork map[int64]bool) string {
	switch {
	case r.Withdrawn():
		return "withdrawn"
	case !r.Usable():
		return string(r.State)
	case atWork[r.ID]:
		return "at work"
	default:
		return "replaced"
	}
}

// writeRevisions lists the revisions of all plans, newest first.
func (a *app) writeRevisions(ctx context.Context, s *store.Store, format string) error {
	all, err := s.Revisions(ctx, "")
	if err != nil {
		return err
	}
	rows, err := s.AtWork(ctx)
	if err != nil {
		return err
	}
	atWork := map[int64]bool{}
	for _, r := range rows {
		atWork[r.ID] = true
	}
	if format == "json" {
		doc := struct {
			Revisions []revisionJSON `json:"revisions"`
		}{[]revisionJSON{}}
		for _, r := range all {
			doc.Revisions = append(doc.Revisions, revisionJSON{
				r.ID, r.Plan, r.Path, render.SessionTime(&r.At), render.OrNull(r.Who), render.OrNull(r.Commit), render.OrNull(r.Hash), stateOf(r, atWork), render.OrNull(r.Note), render.OrNull(r.ReasonCode),
			})
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
			r.Commit[:min(len(r.Commit), 8)], r.Hash[:min(len(r.Hash), 8)], stateOf(r, atWork))
	}
	t.Print(a.out, a.width())
	return nil
}
