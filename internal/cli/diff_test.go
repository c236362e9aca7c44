package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/internal/planfile"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

// writtenOut is a plan with an address that is written out.
const writtenOut = `version: 1
name: school
account: {customer_id: c, customer_secret: "${S}"}
apps: {main: {id: app}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: b, access_key: "${A}", secret_key: "${B}"}}
cdn: {live: "rtmps://ingest.example/app/CANARY"}
defaults: {timezone: UTC, url: "https://school.example/{id}", cdn: live}
recordings:
  german: {when: 2031-09-15 09:00-09:50}
`

func TestAPlanIsComparedWithAsMuchOfItsRevisionAsTheStoreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(writtenOut)
	c, err := (&app{}).loadPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	masked, err := planfile.Revision(c.Plan)
	if err != nil {
		t.Fatal(err)
	}
	bare, err := runner.NewRevision(c.Plan, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	write(writtenOut + "  french: {when: 2031-09-16 09:00-09:50}\n")
	for _, tt := range []struct {
		name     string
		revision store.Revision
		want     []string
	}{
		{"masked", masked, []string{"compared with revision 1, applied at 2031-09-01 00:00:00Z: secrets that are written out in the plan are not compared", "1 added, 0 removed, 0 moved, 0 changed", "classes                  1 "}},
		{"by its hash only", bare, []string{"compared with the times and pages of the stored classes: revision 1 of plan school: the store does not hold its text", "classes                  unknown"}},
		{"withdrawn", store.Revision{Plan: "school"}, []string{"compared with revision 1, applied at 2031-09-01 00:00:00Z: plan school", "2 added, 0 removed", "classes                  0 "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dsn := emptyStore(t)
			s, err := store.Open(t.Context(), dsn, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r := tt.revision
			r.At = time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)
			if _, err := s.AddRevision(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			status, out, said := command(t, "diff", path, "--store", dsn, "--now", "2031-09-01")
			if status != StatusOK || said != "" || strings.Contains(out, "CANARY") {
				t.Fatalf("status %d\n%s%s", status, out, said)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("got\n%swant %q", out, want)
				}
			}
		})
	}
}

// TestARunningClassIsComparedWithItsRow has a revision of which the store holds the hash only, and a class of it that is being recorded.
func TestARunningClassIsComparedWithItsRow(t *testing.T) {
	dsn, path := emptyStore(t), filepath.Join(t.TempDir(), "plan.yaml")
	start := noon.UTC().Add(-30 * time.Minute)
	plan := func(more string) {
		write(t, path, writtenOut+"  latin: {when: "+dated(start, time.Hour)+more+"}\n")
	}
	plan("")
	c, err := (&app{}).loadPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	bare, err := runner.NewRevision(c.Plan, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	bare.At = start.Add(-time.Hour)
	s, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.AddRevision(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	row := storetest.Row{Occurrence: store.Occurrence{
		ID: "school/latin/" + start.Format(view.IdentityForm), Plan: "school", Recording: "latin", Day: start.Format(time.DateOnly), Clock: start.Format("15:04"),
		App: "app", URL: "https://school.example/latin", Start: start, End: start.Add(time.Hour), State: "recording", Doc: []byte(`{"timezone":"UTC"}`),
	}}
	if failures, err := storetest.Write(t.Context(), s, "app", row); err != nil || failures[0] != nil {
		t.Fatal(err, failures)
	}
	for more, want := range map[string]string{
		", changes: {" + start.Format(time.DateOnly) + ": cancelled}": " 1 removed, 0 moved, 0 changed\n1 running class changes:\n  latin@" + start.Format(time.DateOnly) + ": the plan cancels it: its recording stops\n",
		", url: \"https://school.example/b\"":                         " 0 removed, 0 moved, 1 changed\n1 running class changes:\n",
	} {
		plan(more)
		if _, out, said := commandAt(t, noon, "diff", path, "--store", dsn); !strings.Contains(out, want) {
			t.Errorf("got\n%s%swant %q", out, said, want)
		}
	}
}
