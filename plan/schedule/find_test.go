package schedule

import (
	"testing"
	"time"

	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
)

func TestEachOccurrenceIsFoundByItsIdentity(t *testing.T) {
	p := build.Loaded(t, plantest.Texts{"plan.yaml": `
version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
calendars: {year: 2031-01-01..2031-12-31}
defaults: {timezone: Europe/Madrid, url: "https://school.example/{id}"}
recordings:
  night: {when: Sun 02:30-03:20, only: year}
  day:
    when: [Mon 09:00-09:50, Mon 11:00-11:50, {cron: "0 23 * * FRI", duration: 2h}]
    only: year
    changes:
      2031-03-03 09:00: {to: 2031-10-04 23:30-00:30}
      2031-03-10: cancelled
      2031-03-17 11:00: {to: 18:00-19:00, timezone: America/New_York}
`})
	n, finder := 0, NewFinder(p)
	for b := range Briefs(p, time.Date(2030, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2032, 2, 1, 0, 0, 0, 0, time.UTC)) {
		n++
		want := b.Occurrence()
		found, ok := finder.Find(b.ID())
		if !ok {
			t.Fatalf("%s is not found", b.ID())
		}
		if got := found.Occurrence(); got.ID != want.ID || !got.Start.Equal(want.Start) || !got.End.Equal(want.End) || !got.RecordFrom.Equal(want.RecordFrom) {
			t.Errorf("%s: found %v to %v, want %v to %v", b.ID(), got.Start, got.End, want.Start, want.End)
		}
	}
	if n < 200 {
		t.Errorf("%d classes prove little", n)
	}
	for _, id := range []string{
		"", "school", "school/day", "school/day/", "school/day/20310303T080001Z", "school/night/20310303T080000Z",
		"other/day/20310303T080000Z", "school/other/20310303T080000Z", "school/day/99990303T080000Z", "school/day/00010101T000000Z",
	} {
		if _, ok := finder.Find(id); ok {
			t.Errorf("%q is found", id)
		}
	}
}
