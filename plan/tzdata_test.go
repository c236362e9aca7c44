package plan

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTheNamedReleaseIsThatOfTheEmbeddedZones(t *testing.T) {
	name, sum, _ := strings.Cut(strings.TrimSpace(zoneRelease), "\n")
	if !regexp.MustCompile(`^20[0-9]{2}[a-z]$`).MatchString(name) || ZoneRelease() != name {
		t.Errorf("release %q", name)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256([]byte(zoneArchive))); got != sum {
		t.Errorf("the archive has the sum %s, the release %s has %s: make zones", got, name, sum)
	}
	// The Go distribution says which release its archive holds. Where it holds the same, they are the same archive.
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(strings.TrimSpace(string(root)), "lib", "time")
	script, err := os.ReadFile(filepath.Join(folder, "update.bash"))
	if err != nil || !strings.Contains(string(script), "\nDATA="+name+"\n") {
		t.Logf("the Go distribution has in %s no archive of %s to compare with", folder, name)
		return
	}
	theirs, err := os.ReadFile(filepath.Join(folder, "zoneinfo.zip"))
	if err != nil || string(theirs) != zoneArchive {
		t.Errorf("the archive is not the one of release %s: %v", name, err)
	}
}

func TestOnlyNamesOfTheDatabaseAreZones(t *testing.T) {
	for _, name := range []string{
		"", "Local", "localtime", "posixrules", "right/Europe/Madrid", "posix/Europe/Madrid", "Europe//Madrid", "Europe/", "Europe",
		"/Europe/Madrid", "./Europe/Madrid", "../zoneinfo/Europe/Madrid", "europe/madrid", "Factory", "zone.tab", "tzdata.zi", "leapseconds",
		"/usr/share/zoneinfo/Europe/Madrid", "Europe/Madrid ", "Europe\\Madrid",
	} {
		if zone, ok := Zone(name); ok {
			t.Errorf("%q is taken for %v", name, zone)
		}
	}
	for _, name := range []string{"UTC", "Etc/UTC", "Europe/Madrid", "EST5EDT", "US/Eastern", "America/Argentina/Buenos_Aires", "America/Coyhaique"} {
		if zone, ok := Zone(name); !ok || zone.String() != name {
			t.Errorf("%q is not a zone: %v", name, zone)
		}
	}
}

func TestEgyptHasSummerTimeAndMexicoHasNone(t *testing.T) {
	for name, want := range map[string]int{"Africa/Cairo": 3, "America/Mexico_City": -6} {
		zone, _ := Zone(name)
		if _, offset := time.Date(2031, 7, 7, 9, 0, 0, 0, zone).Zone(); offset != want*3600 {
			t.Errorf("%s is %d seconds off UTC in July 2031, want %d h", name, offset, want)
		}
	}
}
