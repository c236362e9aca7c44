package load

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"rundown/plan/plantest"
)

// largePlan is a plan of so many recordings, each of about 370 bytes, as a school network writes them.
func largePlan(recordings int) string {
	var b strings.Builder
	b.WriteString(plantest.Base)
	b.WriteString(`calendars: {term: 2031-09-15..2031-12-19, holidays: [2031-10-13, 2031-12-08]}
cdn: {parents: "rtmps://live.lingua.example/app/${STREAM_KEY}"}
defaults: {timezone: Europe/Madrid, url: "https://{campus}.lingua.example/rooms/{id}", only: term, skip: holidays, labels: {campus: mitte}}
recordings:
`)
	days := []string{"Mon Wed", "Tue Thu", "Fri", "Mon-Thu", "Sat"}
	for i := range recordings {
		fmt.Fprintf(&b, `  course-%d:
    title: Course number %d for beginners and returning learners
    when: [%s %02d:00-%02d:50, 2031-12-20 09:00-11:00]
    url: https://rooms.lingua.example/course-%d?role=recorder
    padding: {before: 45s, after: 3m}
    video: 1080p30
    labels: {department: languages, room: "%d"}
    changes:
      2031-12-20: {to: 2031-12-21 10:00-12:00, note: hall is taken}
    note: recorded for those who cannot be there
`, i, i, days[i%len(days)], 8+i%10, 8+i%10, i, i%300)
	}
	return b.String()
}

func BenchmarkLoad10000Recordings(b *testing.B) {
	text := largePlan(10_000)
	files := plantest.Texts{"plan.yaml": text}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		p, findings, err := Load(files, "plan.yaml")
		if err != nil || len(findings) > 0 || len(p.Recordings) != 10_000 {
			b.Fatal(err, plantest.Show(findings[:min(len(findings), 5)]))
		}
	}
}

// BenchmarkBareParse10000Recordings is what yaml.v3 takes for the nodes alone, to compare with.
func BenchmarkBareParse10000Recordings(b *testing.B) {
	text := []byte(largePlan(10_000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var n yaml.Node
		if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&n); err != nil {
			b.Fatal(err)
		}
	}
}
