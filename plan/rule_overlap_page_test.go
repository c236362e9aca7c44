package plan

import "testing"

func TestAPageThatIsRecordedTwiceAtOnceIsReported(t *testing.T) {
	hall := must(newText("https://school.example/hall", Pos{}, textURL))
	a, b, c := recording("a", "UTC", "Mon 09:00-12:00"), recording("b", "Europe/Berlin", "Mon 12:00-13:00"), recording("c", "UTC", "Mon 09:00-12:00")
	for i, r := range []*Recording{a, b, c} {
		r.When[0].Pos.Line = 101 + i
		r.URL = hall
	}
	p := termOf("2031-10-06..2031-10-19", a, b, c)
	c.URL = must(newText("https://school.example/rooms/{id}", Pos{}, textURL))
	want := "102 overlap-page … a on 2031-10-06 09:00-12:00, and b on 2031-10-06 12:00-13:00 before it ends; 1 more"
	wantFindings(t, p, "2031-09-01", want)

	c.URL = must(newText("https://school.example/{date}", Pos{}, textURL))
	a.URL = must(newText("https://school.example/{date}", Pos{}, textURL))
	wantFindings(t, p, "2031-09-01", "103 overlap-page … a on 2031-10-06 … c on 2031-10-06")

	a.URL, b.URL, c.URL = hall, hall, must(newText("https://school.example/rooms/{id}", Pos{}, textURL))
	change(a, "2031-10-06", "cancelled")
	change(b, "2031-10-13", "").over = func(s Settings) Settings { s.URL = c.URL; return s }
	wantFindings(t, p, "2031-09-01")
}
