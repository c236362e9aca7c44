package page

import (
	"net/http"
	"strings"
	"testing"
)

// TestADayOnWhichTheClockChangesSaysSo looks at the day of 25 hours: both hours of the same name are on its axis.
func TestADayOnWhichTheClockChangesSaysSo(t *testing.T) {
	server, _ := schoolDay(t).serve(t)
	status, body := get(t, server, "/day/2031-10-26")
	for _, want := range []string{
		"The clock goes back by 1 h at 03:00, from CEST to CET: this day has 25 hours.", ">02:00 CET<", ">02:00<", "night-watch", "CEST to CET",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%d: the day does not say %q", status, want)
		}
	}
	if _, body := get(t, server, "/day/2031-10-27"); strings.Contains(body, "The clock goes") {
		t.Error("the day after says so too")
	}
	if _, body := get(t, server, "/day/2032-12-31"); strings.Contains(body, "The clock goes") {
		t.Error("the clock is said to change on the last day of a leap year")
	}
	if _, body := get(t, server, "/week/2031-W43"); !strings.Contains(body, "this day has 25 hours") {
		t.Error("the week does not say so")
	}
}

// TestAClassOverMidnightIsOnBothDays looks at the night at the observatory.
func TestAClassOverMidnightIsOnBothDays(t *testing.T) {
	server, _ := schoolDay(t).serve(t)
	for path, want := range map[string]string{"/": "1:00</time></span> <span class=\"zn\">Thu", "/day/2031-09-18": "Wed 17 Sep</span> <span class=\"clocks\"><time datetime=\"2031-09-17T20:30:00Z\">22:30"} {
		if _, body := get(t, server, path); !strings.Contains(body, "observatory") || !strings.Contains(body, want) {
			t.Errorf("%s does not have the class as %q", path, want)
		}
	}
}

// TestTheDayIsSaidInOneSentence holds what the head of the page says against what happened.
func TestTheDayIsSaidInOneSentence(t *testing.T) {
	s := schoolDay(t)
	server, src := s.serve(t)
	says := func(path, want string) {
		t.Helper()
		src.forget() // the page of the second before
		if _, body := get(t, server, path); !strings.Contains(body, `<strong id="verdict-text">`+want+`</strong>`) {
			_, verdict, _ := strings.Cut(body, `<strong id="verdict-text">`)
			t.Errorf("%s says %q, want %q", path, verdict[:min(len(verdict), 80)], want)
		}
	}
	says("/", "chemistry-10 is being lost now")
	says("/day/2031-09-16", "1 class was not recorded whole")
	says("/day/2031-09-18", "17 classes are planned")
	says("/day/2031-09-21", "No classes on this day")
	says("/system", "1 health issue")
	src.State = func() (bool, string) { return false, "it does not move" }
	says("/", "The daemon does not work")
}

// TestAddressesThatNameNothingAreTold asks for what cannot be.
func TestAddressesThatNameNothingAreTold(t *testing.T) {
	server, _ := schoolDay(t).serve(t)
	for path, want := range map[string]int{
		"/day/2031-02-30": http.StatusBadRequest, "/day/tomorrow": http.StatusBadRequest, "/week/2031-W54": http.StatusBadRequest, "/week/2031-W53": http.StatusBadRequest,
		"/?show=nothing": http.StatusBadRequest, "/?hour=99": http.StatusBadRequest, "/?page=0": http.StatusBadRequest, "/?page=7": http.StatusBadRequest,
		"/class/school/german-a1/yesterday": http.StatusNotFound, "/class/other/german-a1/20310917T070000Z": http.StatusNotFound,
		"/plans/school/99": http.StatusNotFound, "/plans/school/x": http.StatusNotFound, "/plans/other/1": http.StatusNotFound, "/.env": http.StatusNotFound,
		"/static/x/../page.go": http.StatusNotFound, "/static/x/page.go": http.StatusNotFound, "/week/2032-W53": http.StatusOK, "/week/2031-W38": http.StatusOK,
	} {
		if status, _ := get(t, server, path); status != want {
			t.Errorf("%s is answered %d, want %d", path, status, want)
		}
	}
}

// TestPagesShowNoSecret looks for what references stand for, and for queries of addresses.
func TestPagesShowNoSecret(t *testing.T) {
	server, _ := schoolDay(t).serve(t)
	for _, p := range pictured {
		if _, body := get(t, server, p.path); strings.Contains(body, "canary") || strings.Contains(body, "token=") {
			t.Errorf("%s shows a secret or a query", p.path)
		}
	}
}
