package cli

import (
	bytesof "encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rundown/plan"
)

// zonesPlan has a class at 09:00 in two zones whose rules changed of late.
const zonesPlan = `version: 1
name: tz
account: {customer_id: "${CID}", customer_secret: "${CS}"}
apps: {main: {id: "${APP}"}}
storage:
  s: {vendor: s3, region: eu-central-1, bucket: b, access_key: "${AK}", secret_key: "${SK}"}
calendars: {y: 2031-01-01..2031-12-31}
defaults: {timezone: ZONE, only: y, ready_timeout: 30s}
recordings:
  r: {url: "https://a.example/1", when: "Mon 09:00-10:00"}
  mx: {url: "https://a.example/2", timezone: America/Mexico_City, when: "Mon 09:00-10:00"}
`

// fixedZone is a file of the machine's time zone database: the zone is so many seconds off UTC all year.
func fixedZone(offset int32) []byte {
	b := append([]byte("TZif"), make([]byte, 16)...)
	for _, count := range []uint32{0, 0, 0, 0, 1, 4} { // one type, and the four bytes of its name
		b = bytesof.BigEndian.AppendUint32(b, count)
	}
	b = bytesof.BigEndian.AppendUint32(b, uint32(offset))
	return append(b, "\x00\x00BAD\x00"...)
}

func TestTheMachinesTimeZonesDoNotCount(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"Africa/Cairo", "America/Mexico_City", "Europe/Madrid", "Europe/Atlantis", "localtime"} {
		path := filepath.Join(folder, "zoneinfo", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, string(fixedZone(5*3600)))
	}
	path := filepath.Join(folder, "tz.yaml")
	write(t, path, strings.Replace(zonesPlan, "ZONE", "Africa/Cairo", 1))
	rundown := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "rundown", args...)
		cmd.Env = append(os.Environ(), "ZONEINFO="+filepath.Join(folder, "zoneinfo"), "TZ=Europe/Atlantis", "RUNDOWN_STORE=sqlite:"+filepath.Join(folder, "none.db"))
		out, _ := cmd.CombinedOutput() // some of these end with status 1
		return string(out)
	}
	list := rundown("list", path, "--from", "2031-07-07", "--until", "2031-07-07", "--format", "json")
	for _, id := range []string{"tz/r/20310707T060000Z", "tz/mx/20310707T150000Z"} {
		if !strings.Contains(list, id) {
			t.Errorf("%s is not listed:\n%s", id, list)
		}
	}
	release := regexp.MustCompile(`time[ _]zones.*` + regexp.QuoteMeta(plan.ZoneRelease()))
	for _, args := range [][]string{{"version"}, {"version", "--format", "json"}, {"doctor", "--offline"}} {
		if said := rundown(args...); !release.MatchString(said) {
			t.Errorf("%v does not name the release %s:\n%s", args, plan.ZoneRelease(), said)
		}
	}
	for _, name := range []string{"localtime", "Europe/Atlantis", "posixrules", "right/Europe/Madrid", "posix/Europe/Madrid", "Europe//Madrid"} {
		write(t, path, strings.Replace(zonesPlan, "ZONE", name, 1))
		if said := rundown("validate", path); !strings.Contains(said, "[timezone-unknown]") {
			t.Errorf("%s passes:\n%s", name, said)
		}
	}
}
