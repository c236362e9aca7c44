package page

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"rundown/runner/web/page/pagetest"
)

var shots = flag.String("screenshots", "", "folder to write a picture of each page to")

// pictured are the pages of the scripted day, by the names of their pictures.
var pictured = []struct{ name, path string }{
	{"day", "/"},
	{"week", "/week/"},
	{"class", "/class/school/german-a1/20310917T070000Z"},
	{"closures", "/closures?day=2031-09-18"},
	{"closure", "/closures/new?day=2031-09-18&label=campus%3Dsouth&reason=snow"},
	{"plans", "/plans"},
	{"change", "/plans/school/2"},
	{"forecast", "/forecast"},
	{"system", "/system"},
	{"extend", "/class/school/english-b2/20310917T090000Z/extend"},
	{"stop", "/class/school/english-b2/20310917T090000Z/stop"},
	{"cancel", "/class/school/teachers/20310917T140000Z/cancel"},
	{"undo", "/class/school/teachers/20310917T140000Z/undo"}, // of what is not cancelled
	{"confirm", "/plans/school/2/confirm"},
	{"empty", "/day/2031-09-21"},
	{"not-found", "/class/school/nobody/20310917T070000Z"},
}

// screens are the screens on which pages are pictured.
var screens = []struct {
	name, scheme  string
	width, height int64
	phone         bool
}{
	{"light", "light", 1280, 960, false},
	{"dark", "dark", 1280, 960, false},
	{"phone", "light", 390, 844, true},
	{"phone-dark", "dark", 390, 844, true},
}

// TestScreenshots writes pictures where a folder is named: make screenshots.
func TestScreenshots(t *testing.T) {
	if *shots == "" {
		return
	}
	s := schoolDay(t)
	server, _ := s.serve(t)
	silent, src := schoolDay(t).serve(t)
	src.State = func() (bool, string) { return false, "last seen at 10:52, 28 min ago" }
	broken, src := schoolDay(t).serve(t)
	if err := src.Store.Close(); err != nil {
		t.Fatal(err)
	}
	b := pagetest.Start(t)
	b.Zone("Europe/Berlin")
	for _, screen := range screens {
		b.Screen(screen.width, screen.height, screen.phone)
		b.Scheme(screen.scheme)
		for name, address := range map[string]string{"silent": silent.URL, "error": broken.URL} {
			b.Open(address + "/")
			if err := os.WriteFile(filepath.Join(*shots, name+"-"+screen.name+".png"), b.Window(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range pictured {
			b.Open(server.URL + p.path)
			if err := os.WriteFile(filepath.Join(*shots, p.name+"-"+screen.name+".png"), b.Picture(), 0o644); err != nil {
				t.Fatal(err)
			}
			if first := map[string]string{"day": "glance-", "class": "story-"}[p.name]; first != "" { // what is seen first, for the README
				if err := os.WriteFile(filepath.Join(*shots, first+screen.name+".png"), b.Window(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
